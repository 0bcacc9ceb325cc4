using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What one command line printed and returned.</summary>
internal sealed record CommandOutcome(int ExitCode, string Results, string Messages)
{
    public IReadOnlyList<string> MessageLines => Messages.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs command lines in this process, with streams that are no terminals.</summary>
internal static class CommandLine
{
    /// <summary>A run of a few milliseconds: one layer, 8 rows, width 8.</summary>
    public static readonly string[] Tiny = ["depth=1", "width=8", "ffnWidth=8", "samples=2", "tokens=4", "steps=50"];

    public static CommandOutcome Invoke(params string[] arguments) => InvokeAt(1000, arguments);

    /// <summary>The same where a line has so many columns; <see cref="Invoke"/> has more than any table takes.</summary>
    public static CommandOutcome InvokeAt(int width, params string[] arguments)
    {
        using var results = new StringWriter { NewLine = "\n" };
        using var messages = new StringWriter { NewLine = "\n" };
        int code = Program.Invoke(
            arguments, new Terminal(results, messages, ResultsAreATerminal: false, MessagesAreATerminal: false) { Width = width });
        return new CommandOutcome(code, results.ToString(), messages.ToString());
    }

    /// <summary>Runs an experiment to its end and returns its files; the store must hold no other run of the same name before.</summary>
    public static RunFiles Run(string store, params string[] words)
    {
        string[] before = Runs(store);
        CommandOutcome outcome = Invoke(["run", .. words, "--out", store, "--quiet"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        return new RunFiles(Assert.Single(Runs(store).Except(before)));
    }

    private static string[] Runs(string store) => Directory.Exists(store) ? Directory.GetDirectories(store) : [];
}
