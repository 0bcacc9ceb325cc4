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

    /// <summary>A worker of a sweep was told to leave before its share was done; its state is saved and it should be started again.</summary>
    public const int Requeue = 75;

    /// <summary>Interrupted; the state is saved.</summary>
    public const int Interrupted = 130;
}
