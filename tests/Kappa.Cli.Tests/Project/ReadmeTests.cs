using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands that the README shows exist. That they do what it says is run by .ci/run.</summary>
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

    [GeneratedRegex(@"(?<=\s|^)(src|tests|benchmarks|docs|\.ci)/[\w./-]*")]
    private static partial Regex PathInCommand();
}
