using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests;

/// <summary>No line is wider than the screen, and no number is torn: one that is printed is one of the wide output.</summary>
public sealed partial class ResultTableTests(FinishedRun finished) : IClassFixture<FinishedRun>
{
    public static TheoryData<string, int> Screens
    {
        get
        {
            string[] commands =
            [
                "run {words} --out {store} --quiet", "show {run} --out {store}", "evaluate {run} --out {store}",
                "certify {run} --out {store} --check 0", "query --out {store} {sql}",
                "aggregate --out {store}", "compare {run} {run} --out {store}", "list --out {store}", "list keys", "list theorems", "cite",
                "sweep {words} --show", "run --help", "certify --help", "--help",
            ];
            var data = new TheoryData<string, int>();
            foreach (string command in commands)
            {
                foreach (int width in new[] { 60, 80, 120 })
                {
                    data.Add(command, width);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Screens))]
    public void No_line_is_wider_than_the_screen_and_no_number_is_torn(string command, int width)
    {
        string[] arguments = [.. command.Split(' ').SelectMany(Arguments)];
        CommandOutcome wide = CommandLine.InvokeAt(10_000, arguments), narrow = CommandLine.InvokeAt(width, arguments);
        Assert.Equal((0, 0), (wide.ExitCode, narrow.ExitCode));

        // A path is not broken, for it is there to be copied; no other word of the program is as long.
        Assert.All(
            narrow.Results.Split('\n').Where(line => !line.Contains(finished.Store, StringComparison.Ordinal)),
            line => Assert.True(PlainText.Length(line) <= width, $"{width}: {line}"));
        HashSet<string> whole = [.. Numbers(wide.Results)];
        string[] torn = [
            .. Numbers(narrow.Results).Where(number => !whole.Contains(number) && number != width.ToString(CultureInfo.InvariantCulture))];
        Assert.True(
            torn.Length == 0 || command.Contains("sweep", StringComparison.Ordinal), $"Torn: {string.Join(' ', torn)}\n{narrow.Results}");
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    public void Random_tables_fit_and_keep_their_numbers(int width)
    {
        var random = new Random(7);
        for (int trial = 0; trial < 200; trial++)
        {
            ResultColumn[] columns = [
                .. Enumerable.Range(0, random.Next(1, 12)).Select(k =>
                    new ResultColumn($"column {k}", random.Next(3) == 0 ? null : random.Next(9)))];
            var table = new ResultTable(columns);
            string[][] cells = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => columns.Select(_ => Cell(random)).ToArray())];
            using var text = new StringWriter { NewLine = "\n" };
            table.Rows(cells).Print(new Terminal(text, TextWriter.Null, false, false) { Width = width });
            HashSet<string> whole = [
                .. cells.SelectMany(row => row).Concat(columns.Select(column => column.Header)).SelectMany(Numbers),
                width.ToString(CultureInfo.InvariantCulture)];
            Assert.All(text.ToString().Split('\n'), line => Assert.True(PlainText.Length(line) <= width, line));
            Assert.All(Numbers(text.ToString()), number => Assert.Contains(number, whole));
        }
    }

    [Fact]
    public void Columns_of_least_importance_are_left_out_first_and_named()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new ResultTable("name", new ResultColumn("last to go", 2), new ResultColumn("first to go", 1))
            .Row("a", new string('b', 15), new string('c', 15)).Print(new Terminal(text, TextWriter.Null, false, false) { Width = 40 });
        Assert.Contains("bbb", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ccc", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("Left out at 40 columns: first to go.", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_can_lose_no_column_is_a_block_for_each_row()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new ResultTable("name", "one", "two").Row("a", "0.00029142857142", "1.2345678901234").Row("b", "", "3")
            .Print(new Terminal(text, TextWriter.Null, false, false) { Width = 30 });
        Assert.Equal("name: a\n  one: 0.00029142857142\n  two: 1.2345678901234\n\nname: b\n  two: 3\n", text.ToString());
    }

    private static string Cell(Random random) => random.Next(4) switch
    {
        0 => random.NextDouble().ToString("R", CultureInfo.InvariantCulture)[..Math.Min(12, 8 + random.Next(5))],
        1 => $"{random.Next(1000)} [{random.NextDouble():F5}, {random.NextDouble():F5}]",
        2 =>
            string.Join(
                ' ', Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(100_000).ToString(CultureInfo.InvariantCulture))),
        _ => "",
    };

    private static IEnumerable<string> Numbers(string text) => Number().Matches(text).Select(match => match.Value);

    private IEnumerable<string> Arguments(string word) => word switch
    {
        "{words}" => FinishedRun.Words,
        "{sql}" => ["SELECT name, depth, width, initialLoss, finalLoss, rate, rateLow, rateHigh, decades FROM runs"],
        _ => [word.Replace("{store}", finished.Store, StringComparison.Ordinal).Replace("{run}", finished.Name, StringComparison.Ordinal)],
    };

    [GeneratedRegex(@"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w])")]
    private static partial Regex Number();
}
