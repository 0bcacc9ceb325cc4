
namespace Kappa.Lab.Experiments;

/// <summary>Whether the branches of a deep model are scaled down at the start.</summary>
public enum BranchScale
{
    /// <summary>Not scaled.</summary>
    None,

    /// <summary>Value and ffnOut matrices are multiplied by 1/√L.</summary>
    InverseSqrtDepth,
}

/// <summary>The initial point: a scheme, a common gain, and one gain per parameter kind that multiplies it.</summary>
public sealed record InitialisationSpecification
{
    /// <summary>Law of the entries.</summary>
    public InitialisationScheme Scheme { get; init; } = InitialisationScheme.Gaussian;

    /// <summary>Factor on every matrix.</summary>
    public double Gain { get; init; } = 1;

    /// <summary>Factor on W_Q.</summary>
    public double QueryGain { get; init; } = 1;

    /// <summary>Factor on W_K.</summary>
    public double KeyGain { get; init; } = 1;

    /// <summary>Factor on W_V.</summary>
    public double ValueGain { get; init; } = 1;

    /// <summary>Factor on W_1.</summary>
    public double FfnInGain { get; init; } = 1;

    /// <summary>Factor on W_2.</summary>
    public double FfnOutGain { get; init; } = 1;

    /// <summary>Factor on W_U.</summary>
    public double ReadoutGain { get; init; } = 1;

    /// <summary>Whether W_2 starts at zero.</summary>
    public bool ZeroFfnOut { get; init; }

    /// <summary>Scaling of the branches with depth.</summary>
    public BranchScale BranchScale { get; init; }
}
