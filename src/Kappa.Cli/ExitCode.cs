namespace Kappa.Cli;

/// <summary>What the process returns; scripts rely on these numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done, also when runs diverged: an outcome is not a failure.</summary>
    public const int Done = 0;

    /// <summary>A verdict is negative: a claim did not reproduce, a check failed, runs of a sweep failed.</summary>
    public const int NegativeVerdict = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A file or specification is wrong.</summary>
    public const int BadInput = 3;

    /// <summary>A computation failed numerically.</summary>
    public const int NumericalFailure = 4;

    /// <summary>A sweep ended before all its runs were done: other processes have some, or a worker was told to leave. What was computed is saved; start it again.</summary>
    public const int NotDone = 75;

    /// <summary>Interrupted; the state is saved.</summary>
    public const int Interrupted = 130;
}
