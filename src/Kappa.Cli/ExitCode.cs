namespace Kappa.Cli;

/// <summary>What the process returns; scripts rely on these numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done, whatever was found: a run that diverged and a verdict that is negative are outcomes and no failures.</summary>
    public const int Done = 0;

    /// <summary>With <c>--exit-code</c> a verdict that is negative; without it a check
    /// that failed: <c>selftest</c>, <c>rerun --verify</c>, runs of a sweep.</summary>
    public const int NegativeVerdict = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A file or specification is wrong.</summary>
    public const int BadInput = 3;

    /// <summary>A computation failed numerically.</summary>
    public const int NumericalFailure = 4;

    /// <summary>A sweep ended before all its runs were done: other living processes have
    /// the rest, or a worker was told to leave. What was computed is saved.</summary>
    public const int NotDone = 75;

    /// <summary>Interrupted; the state is saved.</summary>
    public const int Interrupted = 130;
}
