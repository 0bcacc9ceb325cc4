using System.Text.Json;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What a user sees of a folder of runs in which something is odd: it is named, the
/// rest answers, nothing acts on the terminal, and nothing is written outside.</summary>
public sealed class OddStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunFiles _good;
    private readonly RunFiles _odd;

    public OddStoreTests()
    {
        _good = CommandLine.Run(Store, [.. CommandLine.Tiny, "quantities=loss"]);
        _odd = CommandLine.Run(Store, [.. CommandLine.Tiny, "quantities=loss", "seed=1"]);
    }

    private string Store => _folder.At("runs");

    private string Odd => Path.GetFileName(_odd.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("status.json", "{\"formatVersion\":\"x\",\"state\":\"done\"}")]
    [InlineData("status.json", "{\"\\ud800\":1,\"formatVersion\":2,\"state\":\"done\"}")]
    [InlineData("status.json", "[[[[1]]]]")]
    [InlineData("status.json", "{\"formatVersion\":2,\"state\":\"done\",\"sessions\":[null]}")]
    [InlineData("spec.yaml", "depth: !<> 1\n")]
    [InlineData("spec.yaml", "<!:>\n")]
    [InlineData("telemetry.csv", "step,gradientNorm\n0,1\n1,0.5\n")]
    public void Every_command_names_the_odd_run_and_answers_for_the_other(string document, string content)
    {
        File.WriteAllText(Path.Combine(_odd.Path, document), content);
        foreach (string[] words in new string[][] { ["list"], ["index"], ["query", "SELECT name FROM runs"], ["aggregate"] })
        {
            CommandOutcome outcome = Invoke(words);
            Assert.Equal(0, outcome.ExitCode);
            Assert.StartsWith(
                $"kappa: {Odd} was left out: {Path.Combine(_odd.Path, document)}", Assert.Single(outcome.MessageLines),
                StringComparison.Ordinal);
        }

        Assert.Contains(Path.GetFileName(_good.Path), Invoke("list").Results, StringComparison.Ordinal);
        foreach (string[] words in new string[][] { ["show", Odd], ["report", Odd], ["compare", Odd, _good.Path] })
        {
            Assert.Equal(3, Invoke(words).ExitCode);
        }
    }

    [Fact]
    public void A_run_whose_process_is_dead_is_lost_for_every_command()
    {
        File.WriteAllText(_odd.Status, File.ReadAllText(_odd.Status).Replace("\"done\"", "\"running\"", StringComparison.Ordinal));
        string resume = $"kappa run --resume {Odd} --out {Store}";
        CommandOutcome list = Invoke("list");
        Assert.Matches($@"{Odd} │[^│]*│ lost", list.Results);
        Assert.Equal($"kappa: the process of {Odd} has died. Continue it: {resume}\n", list.Messages);
        Assert.Contains(
            $"lost: its process ended at step 50 without a word. Continue it: {resume}",
            Invoke("show", Odd).Results.ReplaceLineEndings(" "), StringComparison.Ordinal);
        using var show = JsonDocument.Parse(Invoke("show", Odd, "--json").Results);
        Assert.Equal(
            ("lost", resume), (show.RootElement.GetProperty("state").GetString(), show.RootElement.GetProperty("resume").GetString()));
        Assert.Equal($"state\nlost\n", Invoke("query", $"SELECT state FROM runs WHERE name = '{Odd}'", "--format", "csv").Results);

        // As soon as somebody holds the lock it is running again, though no file has changed.
        using (new FileStream(Path.Combine(_odd.Path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Equal($"state\nrunning\n", Invoke("query", $"SELECT state FROM runs WHERE name = '{Odd}'", "--format", "csv").Results);
        }
    }

    [Fact]
    public void What_stands_in_a_file_does_not_act_on_the_terminal()
    {
        const string Escape = "\\u001b]0;title\\u0007\\u001b[2J";
        File.WriteAllText(
            _odd.Status, $"{{\"formatVersion\":2,\"state\":\"failed\",\"step\":3,\"message\":\"{Escape}\",\"stopReason\":\"{Escape}\"}}");
        File.WriteAllText(_good.Status, $"{{\"formatVersion\":2,\"state\":\"{Escape}\"}}");
        foreach (
            string[] words in new string[][]
            {
                ["list"], ["show", Odd], ["show", Path.GetFileName(_good.Path)], ["query", "SELECT message, outcome FROM runs"],
                ["query", "SELECT message FROM runs", "--format", "csv"], ["index"],
            })
        {
            CommandOutcome outcome = Invoke(words);
            Assert.DoesNotContain(outcome.Results + outcome.Messages, letter => char.IsControl(letter) && letter != '\n');
        }
    }

    [Fact]
    public void A_text_that_a_spreadsheet_would_compute_is_marked_as_text_and_a_number_is_not()
    {
        Assert.Equal(
            "a,b,c,d,e,f\n'=1+1,'@x,'-x,-1.5,'+y,\"'\tz,\"\"\"\n",
            Invoke(
                "query", "SELECT '=1+1' AS a, '@x' AS b, '-x' AS c, '-1.5' AS d, '+y' AS e, char(9) || 'z,\"' AS f", "--format",
                "csv").Results);
        Assert.Contains("\"=1+1\"", Invoke("query", "SELECT '=1+1' AS a", "--json").Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_not_continued_through_a_link_and_nothing_behind_it_is_touched()
    {
        string elsewhere = Directory.CreateDirectory(_folder.At("elsewhere")).FullName, kept = Path.Combine(elsewhere, ".mine.tmp");
        File.WriteAllText(kept, "mine");
        File.WriteAllText(_odd.Status, File.ReadAllText(_odd.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        _ = Directory.CreateSymbolicLink(_odd.Spectra, elsewhere);
        CommandOutcome outcome = Invoke("run", "--resume", Odd);
        Assert.Equal(
            (
                3,
                $"kappa: {_odd.Spectra}: must be a regular file of its own to be written but is a link. Nothing was written; put a "
                    + $"file in its place.\n"),
            (outcome.ExitCode, outcome.Messages));
        Assert.Equal([kept], Directory.GetFileSystemEntries(elsewhere));
    }

    [Fact]
    public void Where_no_index_can_be_written_runs_are_listed_and_asked_from_memory()
    {
        // A folder in its place cannot be opened as a database, on any disk and for any user.
        _ = Directory.CreateDirectory(Path.Combine(Store, "index.sqlite"));
        Assert.Equal("count(*)\n2\n", Invoke("query", "SELECT count(*) FROM runs", "--format", "csv").Results);
        Assert.Contains($"2 runs in {Store}.", Invoke("list").Results, StringComparison.Ordinal);
        Assert.StartsWith("2 runs in memory, for ", Invoke("index").Results, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Store, "index.sqlite")));
    }

    [Fact]
    public void Runs_are_listed_newest_first_and_chosen_by_words_or_by_a_condition()
    {
        RunFiles newest = CommandLine.Run(Store, [.. CommandLine.Tiny, "quantities=loss", "seed=2"]);
        File.WriteAllText(
            newest.Status,
            System.Text.RegularExpressions.Regex.Replace(
                File.ReadAllText(newest.Status), "\"started\": \"[^\"]*\"", "\"started\": \"2999-01-01T00:00:00+00:00\""));
        using var all = JsonDocument.Parse(Invoke("list", "--json").Results);
        Assert.Equal(
            (3, Path.GetFileName(newest.Path)),
            (all.RootElement.GetProperty("total").GetInt32(), all.RootElement.GetProperty("runs")[0].GetProperty("name").GetString()));
        Assert.Contains("seed=2", all.RootElement.GetProperty("runs")[0].GetProperty("settings").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(
            "2 runs that match in " + Store + ".\n", Invoke("list", "--filter", "seed=1,2 kind=residual").Results,
            StringComparison.Ordinal);
        Assert.EndsWith(
            "1 runs that match in " + Store + ".\n", Invoke("list", "--filter", "seed > 1 and state = 'done'").Results,
            StringComparison.Ordinal);
        Assert.EndsWith(
            $"The newest 1 of 3 runs in {Store}; --limit shows more.\n", Invoke("list", "--limit", "1").Results, StringComparison.Ordinal);
        Assert.Equal(3, Invoke("list", "--filter", "deph > 1").ExitCode);
    }

    [Fact]
    public void A_run_or_a_sweep_is_named_by_its_folder_too()
    {
        Assert.Equal(0, Invoke(["sweep", .. CommandLine.Tiny, "quantities=loss", "seed=range(5,7)", "--quiet"]).ExitCode);
        string sweep = Assert.Single(Directory.GetDirectories(Path.Combine(Store, "sweeps")));
        Assert.Contains("report.html", Invoke("report", _good.Path).Results, StringComparison.Ordinal);
        Assert.Contains(sweep, Invoke("report", sweep, "--quiet").Results, StringComparison.Ordinal);
        CommandOutcome exported = Invoke("export", sweep + "/", "--as", "npz", "--to", _folder.At("exports"));
        Assert.Equal((0, 3), (exported.ExitCode, exported.Results.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        string table = File.ReadAllText(Path.Combine(_folder.At("exports"), Path.GetFileName(sweep), "runs.csv"));
        Assert.StartsWith("file,run,seed\n", table, StringComparison.Ordinal);
        Assert.Equal(
            ["5", "6"], table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[2]).Order());
    }

    private CommandOutcome Invoke(params string[] words) => CommandLine.Invoke([.. words, "--out", Store]);
}
