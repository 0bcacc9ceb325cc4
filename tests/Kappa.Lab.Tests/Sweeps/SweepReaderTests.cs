using Kappa.Lab.Specifications;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Sweeps;

/// <summary>What a description of a sweep expands to, and what is refused.</summary>
public sealed class SweepReaderTests
{
    private const string Tiny = "base: {depth: 1, width: 8, samples: 2, tokens: 4, steps: 5}\n";

    [Fact]
    public void Axes_derived_values_and_conditions_give_the_runs_that_they_say()
    {
        SweepReading reading = SweepReader.ReadText(
            "s",
            Tiny
                + "grid: {scheme: [leCun, he]}\nzip: {gain: [1, 2], ffnOutGain: [3, 4]}\nseeds: range(0, 3)\nderived: {ffnWidth: 4*width "
                + "+ seed}\nwhere: seed != 1\nexclude: [scheme == he and gain == 2]\n",
            []);
        Assert.Empty(reading.Problems);
        Assert.Equal(
            ["leCun 1 3 0 32", "leCun 1 3 2 34", "leCun 2 4 0 32", "leCun 2 4 2 34", "he 1 3 0 32", "he 1 3 2 34"],
            reading.Plan!.Runs.Select(run => $"{string.Join(' ', run.Values.Values)} {run.Specification.Model.FfnWidth}"));
    }

    [Fact]
    public void Words_replace_what_the_file_says()
    {
        SweepReading reading = SweepReader.ReadText("s", Tiny + "seeds: [7]\n", ["depth=1,2", "seed=range(0,20,10)"]);
        Assert.Equal(["1 0", "1 10", "2 0", "2 10"], reading.Plan!.Runs.Select(run => string.Join(' ', run.Values.Values)));
    }

    [Theory]
    [InlineData("grid: {dpth: [1]}", "s:2:8: unknown key 'dpth'. Did you mean 'depth'?")]
    [InlineData("grid: {gain: []}", "s:2:14: gain has no values: an empty grid has no runs. Remove it or list values.")]
    [InlineData("zip: {gain: [1, 2], keyGain: [1]}", "s:2:6: zipped keys must have equally many values but have gain: 2, keyGain: 1.")]
    [InlineData("seeds: [1, 1]", "are the same run")]
    [InlineData("seeds: range(0, 10001)", "must have at most 10000 combinations but has 10001.")]
    [InlineData("where: dpth > 1", "has an unknown key 'dpth'. Did you mean 'depth'?")]
    [InlineData("where: depth > 1", "has no runs")]
    [InlineData("seeds: range(3, 3)", "s:2:8: 'range(3, 3)' is empty")]
    [InlineData(
        "seeds: range(0, 9999999999999999999)",
        "s:2:8: 'range(0, 9999999999999999999)' must have integers from -9223372036854775808 to 9223372036854775807.")]
    [InlineData(
        "derived: {ffnWidth: max(width, 4)}",
        "s:2:21: 'max(width' has a bracket that is not closed: inside { } and [ ] YAML ends a value at a comma. Put the value in "
            + "quotes.")]
    [InlineData(
        "grid: {seed: range(0, 4), gain: [1, 2]}",
        "s:2:14: 'range(0' has a bracket that is not closed: inside { } and [ ] YAML ends a value at a comma.")]
    [InlineData(
        "where: [max(width, 4) > 3, seed == 0]",
        "s:2:9: 'max(width' has a bracket that is not closed: inside { } and [ ] YAML ends a value at a comma.")]
    [InlineData("where: max(width, 4", "s:2:8: 'max(width, 4' a bracket is not closed.")]
    [InlineData("where: width = 8", "s:2:8: 'width = 8' has '=' at character 7, which has no meaning there; equality is '=='.")]
    [InlineData(
        "where: seed > 1 && width > 1", "'seed > 1 && width > 1' has '&' at character 10, which has no meaning there; write 'and'.")]
    [InlineData("where: {width: 8}", "s:2:8: must be an expression, such as 'width >= depth', but is a mapping.")]
    [InlineData("where:", "s:2:7: must be an expression, such as 'width >= depth', but is empty.")]
    [InlineData("exclude: [[seed == 0]]", "s:2:11: must be an expression, such as 'width >= depth', but is a list.")]
    [InlineData("derived: {ffnWidth: [1]}", "s:2:21: must be an expression, such as '4*width', but is a list.")]
    [InlineData("zip: {dpth: [1]}", "s:2:7: unknown key 'dpth'.")]
    [InlineData("zip: {}", "s:2:6: zip has no keys.")]
    [InlineData("zip: 3", "s:2:6: must be a mapping of keys")]
    [InlineData("zip: {gain: [{a: 1}], keyGain: [1]}", "gain must be a value or a flat list.")]
    [InlineData("grid: {width: [4, 8]}", "width is given twice; the first is at s:1:25.")]
    [InlineData("grd: {gain: [1]}", "unknown section 'grd'. Did you mean 'grid'?")]
    [InlineData("grid: {width: [4]}", "width is given twice; the first is at s:1:25.")]
    public void A_wrong_description_is_one_line_with_its_place(string text, string expected)
    {
        SweepReading reading = SweepReader.ReadText("s", Tiny + text + "\n", []);
        Assert.Null(reading.Plan);
        Assert.Contains(expected, Assert.Single(reading.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_are_not_there_are_named_with_the_swept_values_if_there_are_any()
    {
        string[] words = ["data.source=text", "data.path=/not/there"];
        Assert.Equal(
            "sweep: /not/there: does not exist. Check the path.",
            Assert.Single(SweepReader.ReadText("s", Tiny, words).Problems).ToString());
        Assert.Equal(
            "sweep: 'seed=0': /not/there: does not exist. Check the path.",
            Assert.Single(SweepReader.ReadText("s", Tiny, [.. words, "seed=0,1"]).Problems).ToString());
    }

    /// <summary>What cannot be read may have been what makes the rest right.</summary>
    [Theory]
    [InlineData("grid: {stpes: [9]}\nzip: {spectraAt: [[100000]]}", "unknown key 'stpes'")]
    [InlineData("grid: {steps: []}\nzip: {spectraAt: [[100000]]}", "steps has no values")]
    [InlineData("grid: {spectraAt: [[100000]]}\nwhere: stpes > 5", "unknown key 'stpes'")]
    [InlineData("grid: {spectraAt: [[100000]]}\nwher: seed > 5", "unknown section 'wher'")]
    [InlineData("grid: {spectraAt: [[100000]]}\nderived: {steps: 2*wdth}", "unknown key 'wdth'")]
    [InlineData("grid: {gian: [9]}\nwhere: 1 / gain > 7", "unknown key 'gian'")]
    [InlineData("seeds: [1, 1]\nderived: {sed: width + 1}", "unknown key 'sed'")]
    public void What_may_follow_from_a_problem_is_not_reported_beside_it(string text, string expected)
    {
        SweepReading reading = SweepReader.ReadText("s", $"base: {{depth: 1, width: 8, samples: 2, tokens: 4}}\n{text}\n", []);
        Assert.Contains(expected, Assert.Single(reading.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_of_thousands_of_combinations_is_one_line_and_hides_no_other()
    {
        SweepReading reading = SweepReader.ReadText(
            "s", Tiny + "seeds: range(0, 3000)\nderived: {ffnWidth: 8 - 8 * floor(seed / 2999)}\n", ["spectraAt=[6]"]);
        Assert.Equal(2, reading.Problems.Count);
        Assert.Contains("spectraAt lists step 6", reading.Problems[0].Message, StringComparison.Ordinal);
        Assert.StartsWith("s:3:21: ffnWidth must be", reading.Problems[1].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 + 2 * 3", 7.0)]
    [InlineData("2 ^ 3 ^ 2", 512.0)]
    [InlineData("-2 ^ 2", -4.0)]
    [InlineData("8 - 3 - 2", 3.0)]
    [InlineData("7 % 4 / 2", 1.5)]
    [InlineData("max(1, min(5, 3)) + sqrt(16)", 7.0)]
    [InlineData("not 1 > 2 and 3 >= 3 or false", true)]
    public void Expressions_have_the_usual_values(string text, object expected) =>
        Assert.Equal(expected, SweepExpression.Evaluate(text, name => name));

    [Fact]
    public void No_text_of_expression_letters_does_anything_but_give_a_value_or_a_reason()
    {
        string[] letters = [
            "1", "2.5", "x", "(", ")", "+", "-", "*", "/", "^", "%", "==", "<", " and ", " or ", " not ", ",", "min(", "'", "$", " "];
        int refused = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)]));
            try
            {
                _ = SweepExpression.Evaluate(text, _ => 3.0);
            }
            catch (ExpressionException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 19_999);
        _ = Assert.Throws<ExpressionException>(() => SweepExpression.Evaluate(new string('(', 900), _ => 1.0));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("derived: {kind: '\"classifier\"'}", "")]
    [InlineData("derived: {stepSize: 1/width}", "stepSize=0.0625")]
    [InlineData("derived: {batchSize: 2*width}", "batchSize=32")]
    [InlineData("derived: {ffnWidth: samples/10}", "ffnWidth=100")]
    public void A_classifier_of_a_sweep_is_the_one_that_runs_alone(string text, string derived)
    {
        string[] shared = ["width=16", "heads=2"];
        string[] kind = text.Contains("kind", StringComparison.Ordinal) ? [] : ["model.kind=classifier"];
        SweepReading reading = SweepReader.ReadText("s", text, [.. shared, .. kind, "seed=3,4"]);
        Assert.Empty(reading.Problems);
        SpecificationReading alone = SpecificationReader.ReadText(
            "s", "", [.. shared, "model.kind=classifier", "seed=3", .. derived.Length == 0 ? [] : new[] { derived }]);
        Assert.Empty(alone.Problems);
        Assert.Equal(alone.Specification!.Resolve(), reading.Plan!.Runs[0].Specification);
    }

    [Theory]
    [InlineData("where: [depth > 1, width / (depth - 1) > 4]")]
    [InlineData("where: [width / (depth - 1) > 4, depth > 1]")]
    [InlineData("where: depth > 1\nexclude: width / (depth - 1) < 4")]
    public void A_rule_without_a_value_is_no_problem_where_another_leaves_the_combination_out(string rules)
    {
        SweepReading reading = SweepReader.ReadText(
            "s", "base: {width: 8, samples: 2, tokens: 4, steps: 5}\ngrid: {depth: [1, 2]}\n" + rules + "\n", []);
        Assert.Empty(reading.Problems);
        _ = Assert.Single(reading.Plan!.Runs);
    }

    [Theory]
    [InlineData(
        "seed=range(3)",
        "seed is 'range(3)', but a range is range(first, end) or range(first, end, step) of integers, the end excluded: range(0,3) "
            + "is 0, 1, 2. Write other lists out: seed=1,2,4")]
    [InlineData("gain=range(0,1,0.25)", "gain is 'range(0,1,0.25)', but a range is range(first, end)")]
    [InlineData("gain=linspace(0, 1, 5)", "Write other lists out: gain=0,0.25,0.5")]
    [InlineData("gain=np.logspace(0,1,5)", "Write other lists out: gain=0,0.25,0.5")]
    [InlineData("seed=0..4", "seed is '0..4', but a range is")]
    [InlineData("seed=0:10:2", "seed is '0:10:2', but a range is")]
    [InlineData("seed=Range(0,4)", "seed is 'Range(0,4)', but a range is")]
    [InlineData("seed=range(0,5", "seed is 'range(0,5', but a range is")]
    [InlineData("seed=range(0,3),7", "seed is 'range(0,3)', but a range stands alone, without quotes and without other values.")]
    [InlineData(
        "seed=[0,1,2,3]",
        "seed takes one value at a time: on the command line several are written without brackets, seed=0,1,2,…; "
            + "in a file under grid.")]
    public void A_list_in_another_notation_is_told_what_to_write(string word, string expected)
    {
        SweepReading reading = SweepReader.ReadText("s", Tiny, [word]);
        Assert.Contains(expected, Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_is_told_of_a_file()
    {
        SweepReading reading = SweepReader.ReadText("s", Tiny + "seeds: range(3)\ngrid: {gain: ['linspace(0,1,3)', 2]}\n", []);
        Assert.Equal(["s:2:8", "s:3:15"], reading.Problems.Select(problem => problem.Location).Order(StringComparer.Ordinal));
        Assert.All(
            reading.Problems, problem => Assert.Contains("but a range is range(first, end)", problem.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("seed=range(0,999950)", 999950)]
    [InlineData("seed=range(-9223372036854775808,9223372036854775807,2)", 9223372036854775808)]
    public void A_range_beyond_the_limit_is_counted_and_not_made(string word, ulong count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        SweepReading reading = SweepReader.ReadText("s", Tiny, [word]);
        Assert.Contains(
            $"must have at most 10000 combinations but has {count}.", Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Fact]
    public void An_unknown_key_of_many_values_is_one_problem()
    {
        SweepReading reading = SweepReader.ReadText("s", Tiny, ["sed=range(0,1000000)"]);
        Assert.Contains("unknown key 'sed'", Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }
}
