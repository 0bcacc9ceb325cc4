namespace Kappa.Lab.Runs.Ladder;

/// <summary>What a ladder may cost. All are counts that follow from the
/// sizes, so the same run has the same ladder on every machine.</summary>
internal sealed record LadderLimits
{
    /// <summary>Every default: some seconds on one core.</summary>
    public static LadderLimits Default { get; } = new();

    /// <summary>States of the run that are looked at, both ends included; at least 2.</summary>
    public int States { get; init; } = 10;

    /// <summary>Operations for making the states again by descending once more.</summary>
    public double DescentWork { get; init; } = 2e10;

    /// <summary>Operations for the kernel's spectrum at all states together; fewer states are looked at when it does not suffice.</summary>
    public double KernelWork { get; init; } = 2e10;

    /// <summary>Bytes for a Jacobian in full; beyond it the kernel's ends come from products.</summary>
    public long JacobianMemory { get; init; } = Spectra.JacobianSpectrum.DefaultMemoryLimit;

    /// <summary>Operations for all evaluations of theorems.</summary>
    public double TheoremWork { get; init; } = 2e10;
}
