using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What every refusal of bad input has in common.</summary>
internal static class BadInput
{
    /// <summary>Runs a command line that must be refused: exit code 3, these
    /// lines and no others, no result, and the folder as it was before.</summary>
    public static void Refuse(TemporaryFolder folder, string[] arguments, params string[] messages)
    {
        IReadOnlyList<string> before = folder.Entries;
        CommandOutcome outcome = CommandLine.Invoke(arguments);
        Assert.Equal(messages.Select(message => $"kappa: {message}"), outcome.MessageLines);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        Assert.Equal(before, folder.Entries);
    }
}
