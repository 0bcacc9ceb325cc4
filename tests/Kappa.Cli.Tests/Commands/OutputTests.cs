using System.Text.Json;
using Kappa.Lab.Store;
using Spectre.Console;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What is printed: for people with help, for programs with a version, and plainly where no terminal is.</summary>
public sealed class OutputTests(FinishedRun finished) : IClassFixture<FinishedRun>
{
    [Theory]
    [InlineData("", "kappa reproduce residual --quick")]
    [InlineData("reproduce", "kappa reproduce residual --quick")]
    [InlineData("reproduce residual", "kappa reproduce residual --quick")]
    [InlineData("reproduce shallow", "kappa reproduce shallow --quick")]
    [InlineData("run", "kappa run --resume RUN")]
    [InlineData("list", "kappa list keys")]
    [InlineData("list keys", "kappa list keys --json")]
    [InlineData("show", "kappa show 3f9a")]
    [InlineData("evaluate", "kappa evaluate point.json")]
    [InlineData("certify", "kappa certify --find-scale")]
    [InlineData("cite", "kappa cite path --bibtex")]
    [InlineData("list theorems", "kappa list theorems --json")]
    [InlineData("selftest", "kappa selftest")]
    public void The_help_of_every_command_ends_with_examples(string command, string example)
    {
        CommandOutcome outcome = CommandLine.Invoke([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        string examples = outcome.Results[outcome.Results.IndexOf("Examples:\n", StringComparison.Ordinal)..];
        Assert.Contains(examples.Split('\n'), line => line.StartsWith($"  {example}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("list", "runs")]
    [InlineData("list --out {store}", "runs")]
    [InlineData("list keys", "keys")]
    [InlineData("list theorems", "theorems")]
    [InlineData("cite", "references")]
    [InlineData("show {run} --out {store}", "layers")]
    [InlineData("run {words} --out {store} --quiet", "layers")]
    public void Output_for_programs_is_one_JSON_object_with_a_version(string command, string list)
    {
        CommandOutcome outcome = CommandLine.Invoke([.. Arguments(command), "--json"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        using var document = JsonDocument.Parse(outcome.Results);
        Assert.Equal(1, document.RootElement.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(JsonValueKind.Array, document.RootElement.GetProperty(list).ValueKind);
    }

    [Fact]
    public void A_run_is_the_same_in_its_list_and_on_its_own()
    {
        using var list = JsonDocument.Parse(CommandLine.Invoke([.. Arguments("list --out {store}"), "--json"]).Results);
        using var show = JsonDocument.Parse(CommandLine.Invoke([.. Arguments("show {run} --out {store}"), "--json"]).Results);
        JsonElement listed = Assert.Single(list.RootElement.GetProperty("runs").EnumerateArray());
        Assert.Equal(finished.Name, show.RootElement.GetProperty("run").GetString());
        Assert.Equal(finished.Name, listed.GetProperty("name").GetString());
        foreach ((string key, string expected) in new[] { ("state", "\"done\""), ("stopReason", "\"StepBudget\""), ("step", "50") })
        {
            Assert.Equal((expected, expected), (listed.GetProperty(key).GetRawText(), show.RootElement.GetProperty(key).GetRawText()));
        }
    }

    [Fact]
    public void A_run_is_shown_by_prefix_and_by_folder()
    {
        CommandOutcome byName = CommandLine.Invoke(Arguments("show {run} --out {store}"));
        CommandOutcome byPrefix = CommandLine.Invoke("show", finished.Name[..4], "--out", finished.Store);
        CommandOutcome byFolder = CommandLine.Invoke("show", Path.Combine(finished.Store, finished.Name));
        Assert.Equal((byName, byName), (byPrefix, byFolder));
        Assert.Contains($"Run {finished.Name}: All 50 steps were made", byName.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_is_listed()
    {
        string table = CommandLine.Invoke("list", "keys").Results;
        Assert.All(Lab.Specifications.SpecificationKeys.All, key => Assert.Contains($"│ {key.Path} ", table, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("list keys")]
    [InlineData("list --out {store}")]
    [InlineData("show {run} --out {store}")]
    [InlineData("run {words} --out {store}")]
    [InlineData("evaluate {run} --out {store}")]
    [InlineData("run --help")]
    public void Nothing_but_text_goes_where_no_terminal_is(string command)
    {
        CommandOutcome outcome = CommandLine.Invoke(Arguments(command));
        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain('\e', outcome.Results + outcome.Messages);
        Assert.DoesNotContain('\r', outcome.Results + outcome.Messages);
    }

    [Fact]
    public void A_terminal_gets_styles_unless_NO_COLOR_is_set()
    {
        string? before = Environment.GetEnvironmentVariable("NO_COLOR");
        try
        {
            Environment.SetEnvironmentVariable("NO_COLOR", null);
            Assert.Contains('\e', BoldOnATerminal());
            Environment.SetEnvironmentVariable("NO_COLOR", "1");
            Assert.DoesNotContain('\e', BoldOnATerminal());
        }
        finally
        {
            Environment.SetEnvironmentVariable("NO_COLOR", before);
        }
    }

    private static string BoldOnATerminal()
    {
        using var results = new StringWriter();
        new Terminal(results, TextWriter.Null, ResultsAreATerminal: true, MessagesAreATerminal: false)
            .Render(new Text("word", new Style(decoration: Decoration.Bold)));
        return results.ToString();
    }

    private string[] Arguments(string command) =>
        [
            .. command.Split(' ').SelectMany(word =>
                word == "{words}"
                    ? FinishedRun.Words
                    : [
                        word.Replace(
                            "{store}", finished.Store,
                            StringComparison.Ordinal).Replace("{run}", finished.Name, StringComparison.Ordinal)])];
}

/// <summary>A store with one finished run.</summary>
public sealed class FinishedRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FinishedRun() => Name = RunRecord.Read(CommandLine.Run(_folder.Path, [.. Words]).Path).Name;

    internal static IReadOnlyList<string> Words => CommandLine.Tiny;

    internal string Name { get; }

    internal string Store => _folder.Path;

    public void Dispose() => _folder.Dispose();
}
