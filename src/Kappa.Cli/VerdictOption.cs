using System.CommandLine;

namespace Kappa.Cli;

/// <summary><c>--exit-code</c>: a verdict is a finding and no failure, so a command that ran to its
/// end returns 0; scripts ask for 1 where the verdict is negative, as of <c>git diff</c>.</summary>
internal static class VerdictOption
{
    /// <summary>The option.</summary>
    /// <param name="negative">What a negative verdict is for this command: "a claim does not hold".</param>
    public static Option<bool> Create(string negative) =>
        new("--exit-code") { Description = $"End with exit code 1 when {negative}; without it with 0, for a verdict is no failure." };

    /// <summary>The exit code of a command that ran to its end.</summary>
    /// <param name="isNegative">Whether its verdict is negative.</param>
    /// <param name="isAsked">Whether the option was given.</param>
    public static int Code(bool isNegative, bool isAsked) => isNegative && isAsked ? ExitCode.NegativeVerdict : ExitCode.Done;
}
