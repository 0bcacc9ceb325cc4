using System.CommandLine;
using Kappa.Cli.Tests.Commands;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Cli.Tests.Completion;

/// <summary>What <c>kappa complete</c> answers: the words that a shell offers at a place of the command line.</summary>
public sealed class CompletionTests
{
    // Numbers, texts and names of a cluster: nothing is known beforehand that could be offered.
    private static readonly string[] Free =
    [
        "--account", "--depth", "--first", "--floor-fraction", "--from-step", "--name", "--of", "--partition", "--sbatch", "--sizes",
        "--span", "--step-divisor", "--threads", "--time", "sql", "words of complete",
    ];

    [Theory]
    [InlineData("ru", "run")]
    [InlineData("s", "sweep show selftest")]
    [InlineData("list ", "keys theorems")]
    [InlineData("reproduce k", "kernels")]
    [InlineData("completion ", "bash zsh fish powershell")]
    [InlineData("run attentionR", "attentionResidual=")]
    [InlineData("run descent.ste", "descent.steps= descent.stepSize=")]
    [InlineData("run depth=2 norm=", "norm=none norm=post norm=pre")]
    [InlineData("run model.bias=a", "model.bias=attention")]
    [InlineData("run centred=t", "centred=true")]
    [InlineData("run readoutWidth=", "readoutWidth=none")]
    [InlineData("run stepSize=a", "stepSize=adaptive( stepSize=auto(")]
    [InlineData("sweep norm=none,p", "norm=none,post norm=none,pre")]
    [InlineData("run --res", "--resume")]
    [InlineData("run depth=2 --th", "--threads")]
    [InlineData("selftest --j", "--json")]
    [InlineData("run --tr", "--trace")]
    [InlineData("certify --theorem pa", "path")]
    [InlineData("cite pa", "path")]
    [InlineData("query --format c", "csv")]
    [InlineData("query --format=c", "--format=csv")]
    [InlineData("export x --as t", "tensorboard")]
    [InlineData("report x --x attentionR", "attentionResidual")]
    [InlineData("bench --precision s", "single")]
    public void Words_are_completed(string line, string expected) =>
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), Complete(line.Split(' ')).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("frobnicate ")]
    [InlineData("run depth=")]
    [InlineData("run nonsense=x")]
    [InlineData("show --out /nowhere/at/all a")]
    [InlineData("run path=/nowhere/at/all/")]
    [InlineData("list other ")]
    [InlineData("@response")]
    [InlineData("run --threads ")]
    public void Nothing_is_offered_where_nothing_is_known(string line) => Assert.Empty(Complete(line.Split(' ')));

    [Fact]
    public void Without_a_word_there_are_all_commands() =>
        Assert.Equal(
            Program.BuildRoot(Nowhere()).Subcommands.Where(command => !command.Hidden).Select(command => command.Name), Complete(""));

    [Fact]
    public void Every_key_is_offered_by_a_name_that_the_reader_takes()
    {
        string[] offered = Complete("run", "");
        string[] keys = [.. offered.Where(word => word.EndsWith('=')).Select(word => word[..^1])];
        var resolver = new KeyResolver(SpecificationKeys.All);
        Assert.Equal(
            SpecificationKeys.All.Select(key => key.Path).Order(StringComparer.Ordinal),
            keys.Select(key => resolver.Find(key, out _)!.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_finished_word_of_a_key_is_a_value_of_it()
    {
        foreach (SpecificationKey key in SpecificationKeys.All)
        {
            foreach (string word in key.Words.Where(word => !word.EndsWith('(')))
            {
                string text = word is "all" or "loss" || key.Path != "telemetry.quantities" ? word : $"[{word}]";
                SpecificationReading reading = SpecificationReader.Read(null, [$"{key.Path}={text}"]);
                Assert.DoesNotContain(reading.Problems, problem => problem.Message.Contains("must be one of", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Runs_and_sweeps_of_the_folder_are_offered_and_to_continue_only_what_is_not_done()
    {
        using var folder = new TemporaryFolder();
        string run = Path.GetFileName(CommandLine.Run(folder.Path, CommandLine.Tiny).Path);
        Assert.Equal(0, CommandLine.Invoke(["sweep", .. CommandLine.Tiny, "seed=5,6", "--out", folder.Path, "--quiet"]).ExitCode);
        string sweep = Path.GetFileName(Assert.Single(Directory.GetDirectories(folder.At("sweeps"))));

        Assert.Equal([run], Complete("show", "--out", folder.Path, run[..4]));
        Assert.Equal([$"stepSize=same({run})"], Complete("run", "--out", folder.Path, $"stepSize=same({run[..4]}"));
        Assert.Equal([$"from={run}"], Complete("run", "--out", folder.Path, $"from={run[..4]}"));
        Assert.Equal([sweep], Complete("sweep", "status", "--out", folder.Path, ""));
        Assert.Contains(sweep, Complete("report", "--out", folder.Path, ""));
        Assert.Empty(Complete("run", "--out", folder.Path, "--resume", run[..4]));

        string status = Path.Combine(folder.Path, run, "status.json");
        File.WriteAllText(status, File.ReadAllText(status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        Assert.Equal([run], Complete("run", "--out", folder.Path, "--resume", run[..4]));
    }

    [Fact]
    public void Files_and_folders_are_offered_with_their_way()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("one.yaml", "");
        _ = folder.Write("other.txt", "");
        _ = Directory.CreateDirectory(folder.At("onward"));
        Assert.Equal([folder.At("one.yaml"), folder.At("onward/")], Complete("run", folder.At("on")));
        Assert.Equal([folder.At("onward/")], Complete("run", "--out", folder.At("o")));
        Assert.Equal([$"path={folder.At("other.txt")}"], Complete("run", $"path={folder.At("ot")}"));
    }

    [Fact]
    public void Every_option_and_argument_says_what_completes_it_or_is_listed_as_free()
    {
        List<string> silent = [];
        foreach (Command command in All(Program.BuildRoot(Nowhere())))
        {
            silent.AddRange(
                command.Options.Where(option => option.ValueType == typeof(string) || option.ValueType == typeof(string[]))
                    .Where(option => option.CompletionSources.Count == 0).Select(option => option.Name));
            silent.AddRange(
                command.Arguments.Where(argument => argument.CompletionSources.Count == 0)
                    .Select(argument => argument.Name == "words" ? $"words of {command.Name}" : argument.Name));
        }

        Assert.Equal(Free, silent.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_help_of_no_command_lists_candidates() =>
        Assert.All(
            All(Program.BuildRoot(Nowhere())),
            command =>
            {
                IEnumerable<string> way = command.Parents.OfType<Command>().Where(parent => parent is not RootCommand)
                    .Select(parent => parent.Name).Append(command.Name);
                CommandOutcome help = CommandLine.InvokeAt(80, [.. command is RootCommand ? [] : way, "--help"]);
                Assert.DoesNotContain("=|", help.Results, StringComparison.Ordinal);
                Assert.All(help.Results.Split('\n'), line => Assert.True(line.Length <= 80, line));
            });

    [Fact]
    public void A_candidate_comes_with_one_line_of_description()
    {
        CommandOutcome outcome = CommandLine.Invoke("complete", "--", "run", "dept");
        Assert.Equal("depth=\tnumber of blocks L\n", outcome.Results);
        Assert.All(CommandLine.Invoke("complete", "--", "").Results.Split('\n'), line => Assert.True(line.Count(c => c == '\t') <= 1));
    }

    [Fact]
    public void Two_quotes_stand_for_the_empty_word_that_a_shell_cannot_pass() =>
        Assert.Equal(Complete("list", ""), Complete("list", "\"\""));

    private static string[] Complete(params string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke(["complete", "--", .. words]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        return [.. outcome.Results.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static Terminal Nowhere() => new(TextWriter.Null, TextWriter.Null, false, false);
}
