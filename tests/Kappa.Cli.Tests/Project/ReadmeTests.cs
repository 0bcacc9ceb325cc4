using System.Diagnostics;
using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands that the README shows exist. That they do what it says is run by .ci/run, and of the first screen here.</summary>
public sealed partial class ReadmeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static string[] Commands =>
        !Repository.Files.Contains("README.md")
            ? []
            : [.. Fence().Matches(Repository.Read("README.md")).SelectMany(block => block.Groups["body"].Value.Split('\n'))
            .Select(line => line.TrimStart('$', ' ').Trim())
            .Where(line =>
                line.StartsWith("dotnet ", StringComparison.Ordinal) || line.StartsWith("kappa ", StringComparison.Ordinal)
                || line.StartsWith(".ci/", StringComparison.Ordinal))];

    [Fact]
    public void Every_path_in_a_command_of_the_README_exists()
    {
        IEnumerable<string> missing = Commands.SelectMany(command =>
            PathInCommand().Matches(command.Split(" -- ")[0])).Select(match => match.Value)
            .Where(path =>
                !Repository.Files.Any(file => file == path || file.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal)));
        Assert.True(!missing.Any(), $"The README's commands must name what exists. Missing: {string.Join(", ", missing)}.");
    }

    [Fact]
    public void Every_command_of_the_README_is_known_to_the_program()
    {
        IEnumerable<string> words = Commands.Select(Words).Where(words => words.Length > 0).Select(words => words[0])
            .Where(word => !word.StartsWith('-')).Distinct();
        string help = Commands.Length == 0 ? "" : Help();
        IEnumerable<string> unknown = words.Where(word => !Regex.IsMatch(help, $@"^\s+{Regex.Escape(word)}\b", RegexOptions.Multiline));
        Assert.True(!unknown.Any(), $"The README shows commands that --help does not list: {string.Join(", ", unknown)}.\n{help}");
    }

    /// <summary>Numbers apart: their last digits belong to a machine.</summary>
    [Fact]
    public void The_first_command_begins_as_the_README_shows()
    {
        string[] blocks = [.. Fence().Matches(Repository.Read("README.md")).Select(block => block.Groups["body"].Value)];
        string command = blocks[0].Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        CommandOutcome outcome = CommandLine.InvokeAt(100, Words(command));
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith(Plain(blocks[1]), Plain(outcome.Results), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_program_is_a_sample()
    {
        string program = CSharp().Match(Repository.Read("README.md")).Groups["body"].Value;
        Assert.Equal(Repository.Read("samples/residual.cs").Split('\n')[2..], program.Split('\n'));
    }

    [Fact]
    public void Every_sample_fits_on_a_screen_and_is_listed_and_run()
    {
        string page = Repository.Read("samples/README.md"), script = Repository.Read("tests/packages/run");
        foreach (string path in Repository.Under("samples/", ".cs"))
        {
            string[] lines = Repository.Read(path).Split('\n');
            Assert.True(lines.Length <= 41, $"{path} must have at most 40 lines but has {lines.Length - 1}.");
            Assert.StartsWith("#:project ../src/", lines[0], StringComparison.Ordinal);
            Assert.Contains($"]({Path.GetFileName(path)})", page, StringComparison.Ordinal);
            Assert.Contains($"[{Path.GetFileNameWithoutExtension(path)}]=", script, StringComparison.Ordinal);
        }
    }

    private static string Plain(string text) => Number().Replace(Spaces().Replace(text, " ").Trim(), "#");

    /// <summary>What is given to the program in a line of the README.</summary>
    private static string[] Words(string command)
    {
        if (command.StartsWith("kappa ", StringComparison.Ordinal))
            return command.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
        int start = command.IndexOf(" -- ", StringComparison.Ordinal);
        return command.Contains("src/Kappa.Cli", StringComparison.Ordinal) && start >= 0
            ? command[(start + 4)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : [];
    }

    private static string Help()
    {
        ProcessStartInfo start = new(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll"), "--help"])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet must start but did not.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Assert.True(process.WaitForExit(Patience), $"--help must end within {Patience.TotalSeconds} s.");
        return output.Result;
    }

    [GeneratedRegex(@"^```\w*\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^```csharp\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"(?<![\w.])\d[\d.]*(?:[eE][+-]?\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<=\s|^)(src|tests|benchmarks|docs|\.ci)/[\w./-]*")]
    private static partial Regex PathInCommand();
}
