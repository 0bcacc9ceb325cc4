using Kappa.Certificates;

namespace Kappa.Lab.Runs.Certification;

/// <summary>What is asked about a target: which theorems, at which step or from which step on, for which step size.</summary>
internal sealed record CertificationRequest
{
    /// <summary>Most bytes for a Jacobian when its theorem is one of several and nothing else was said.</summary>
    public const long MemoryAmongOthers = 1L << 26;

    /// <summary>The theorems, each answered for itself; all about the target's model when empty.</summary>
    public IReadOnlyList<Theorem> Theorems { get; init; } = [];

    /// <summary>K: the step that is evaluated, or the first one tried when searching.</summary>
    public long Step { get; init; }

    /// <summary>Whether to look for the first certified step from <see cref="Step"/> on (C.20).</summary>
    public bool IsSearch { get; init; }

    /// <summary>η that the guarantee must be for; <c>null</c> lets each theorem choose.</summary>
    public double? StepSize { get; init; }

    /// <summary>h of the path theorems' own step size 1/(hΛ²), above ½.</summary>
    public double StepDivisor { get; init; } = CertificateOptions.Default.StepDivisor;

    /// <summary>f of the path theorems: the smallest share of its first value that the floor may fall to, in (0, 1).</summary>
    public double FloorFraction { get; init; } = CertificateOptions.Default.FloorFraction;

    /// <summary>Whether the guarantee must be for the run's own η.</summary>
    public bool UsesRunStepSize { get; init; }

    /// <summary>Whether to carry a certificate found by the search back to <see cref="Step"/> (C.19).</summary>
    public bool LooksAhead { get; init; }

    /// <summary>Whether to look for the certifiable initialisation as well: the price of a certificate (C.11).</summary>
    public bool FindsScale { get; init; }

    /// <summary>Steps to descend with the certified η, to see the bound hold:
    /// 0 for none, <c>null</c> for as many as a few seconds allow.</summary>
    public long? CheckSteps { get; init; }

    /// <summary>Most bytes for a Jacobian; <c>null</c> for 1 GiB when one theorem
    /// is asked and <see cref="MemoryAmongOthers"/> when several are.</summary>
    public long? MemoryLimit { get; init; }

    internal CertificateOptions OptionsFor(double? stepSize)
    {
        var options = new CertificateOptions { StepSize = stepSize, StepDivisor = StepDivisor, FloorFraction = FloorFraction };
        return options with { MemoryLimit = MemoryLimit ?? (Theorems.Count == 1 ? options.MemoryLimit : MemoryAmongOthers) };
    }
}
