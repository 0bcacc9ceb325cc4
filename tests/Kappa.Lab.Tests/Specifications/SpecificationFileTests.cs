using System.Text;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

public sealed class SpecificationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_with_a_byte_order_mark_is_read()
    {
        File.WriteAllText(_folder.At("a.yaml"), "depth: 2\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(2, SpecificationReader.Read(_folder.At("a.yaml"), []).Specification!.Model.Depth);
    }

    [Fact]
    public void An_empty_file_gives_the_defaults()
    {
        File.WriteAllText(_folder.At("a.yaml"), "# nothing\n");
        Assert.Equal(new(), SpecificationReader.Read(_folder.At("a.yaml"), []).Specification);
    }

    [Fact]
    public void A_missing_file_is_reported_together_with_the_words() => Assert.Equal(
        ["nowhere.yaml: no such file.", "command line: 'depth=0': depth must be from 1 to 4096 but is 0."],
        SpecificationReader.Read("nowhere.yaml", ["depth=0"]).Problems.Select(problem => problem.ToString()));

    [Fact]
    public void A_folder_is_no_file() => Assert.Equal("is a folder; give a YAML file.", Only(_folder.Path));

    [Fact]
    public void A_file_that_is_too_large_is_refused()
    {
        File.WriteAllBytes(_folder.At("a.yaml"), new byte[SpecificationReader.LargestFile + 1]);
        Assert.Equal("a specification must have at most 65536 bytes but this file has more.", Only(_folder.At("a.yaml")));
    }

    [Fact]
    public void A_file_that_is_not_utf8_is_refused_with_the_place()
    {
        File.WriteAllBytes(_folder.At("a.yaml"), [.. "path: "u8, 0xE9, .. "\n"u8]);
        Assert.Equal("must be UTF-8 text, but byte 6 is not. Save the file as UTF-8.", Only(_folder.At("a.yaml")));
    }

    [Fact]
    public void A_syntax_error_has_its_place_and_what_came_before_it_is_still_checked()
    {
        SpecificationReading reading = SpecificationReader.ReadText("a.yaml", "depth: 0\nmodel: {width: 3\nsteps: 4\n", []);
        Assert.Equal(2, reading.Problems.Count);
        Assert.Matches("^a\\.yaml:2:14: not valid YAML: .+\\.$", reading.Problems[0].ToString());
        Assert.Equal("a.yaml:1:8: depth must be from 1 to 4096 but is 0.", reading.Problems[1].ToString());
    }

    [Fact]
    public void Of_very_many_problems_the_first_hundred_are_listed()
    {
        IReadOnlyList<Problem> problems = SpecificationReader.ReadText(
            "a.yaml", string.Concat(Enumerable.Repeat("dept: 1\n", 300)), []).Problems;
        Assert.Equal(101, problems.Count);
        Assert.Equal("specification: has 200 more problems, which are not listed.", problems[^1].ToString());
    }

    [Fact]
    public void Nested_aliases_are_refused_before_they_can_grow()
    {
        const string Bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ndepth: 2\n";
        Assert.Contains(
            SpecificationReader.ReadText("a.yaml", Bomb, []).Problems,
            problem => problem.Message.StartsWith("anchors", StringComparison.Ordinal));
    }

    [Fact]
    public void A_specification_built_in_code_is_checked_for_ranges_and_rules()
    {
        ExperimentSpecification specification = new()
        {
            Model = new() { Width = 0, Activation = (Models.ActivationKind)99 },
            Data = new() { Path = "x" },
            Descent = new() { StepSize = StepSizeSpecification.Fixed(double.NaN) },
        };
        Assert.Equal(
            [
                "specification: width must be from 1 to 1048576 but is 0.",
                "specification: activation must be one of identity, relu, leakyRelu, smoothLeakyRelu, gelu but is 99.",
                "specification: stepSize must be finite but is NaN.",
                "specification: path does not apply to data.source 'gaussian'; remove it or choose another source.",
            ],
            SpecificationRules.Check(specification).Select(problem => problem.ToString()));
    }

    [Fact]
    public void Every_short_name_but_seed_means_one_key() =>
        Assert.Equal(["seed"], SpecificationKeys.All.GroupBy(key => key.Name).Where(group => group.Count() > 1).Select(group => group.Key));

    [Fact]
    public void A_short_name_of_several_keys_is_ambiguous_unless_it_is_a_full_name()
    {
        var resolver = new KeyResolver([.. SpecificationKeys.All.Where(key => key.Path != "seed"), Named("other.seed")]);
        Assert.Null(resolver.Find("seed", out string problem));
        Assert.Equal("'seed' is ambiguous: write one of data.seed, other.seed.", problem);
        Assert.Equal("seed", new KeyResolver(SpecificationKeys.All).Find("seed", out _)!.Path);
    }

    [Fact]
    public void Every_key_says_what_it_takes_and_means()
    {
        Assert.All(
            SpecificationKeys.All,
            key => Assert.True(key.Values.Length > 0 && key.Documentation.Length > 0 && key.Default.Length > 0, key.Path));
        Assert.Equal("default (1/√d_k)", SpecificationKeys.Find("model.temperature")!.Default);
        Assert.Equal("integer from 1 to 4096", SpecificationKeys.Find("model.depth")!.Values);
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("step", "step", 0)]
    [InlineData("stpe", "step", 1)]
    [InlineData("steps", "step", 1)]
    [InlineData("stop", "step", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ca", "abc", 3)] // Optimal string alignment; unrestricted Damerau–Levenshtein would give 2.
    public void Edits_are_counted_with_swaps_of_neighbours(string from, string to, int edits) =>
        Assert.Equal(edits, Suggestion.Distance(from, to));

    [Theory]
    [InlineData("wdith", "width")]
    [InlineData("ReadoutWidth", "readoutWidth")]
    [InlineData("zzz", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_suggested_when_it_is_near(string mistyped, string? word) =>
        Assert.Equal(word, Suggestion.Nearest(mistyped, SpecificationKeys.All.Select(key => key.Name)));

    private static SpecificationKey Named(string path) =>
        SpecificationKey.Of(
            new KeyText(path, "a second seed"), new IntegerKind(NumberRange.Finite), s => s.Seed, (s, v) => s with { Seed = v });

    private static string Only(string path) => Assert.Single(SpecificationReader.Read(path, []).Problems).Message;
}
