using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>What keeps the residual shrinking along the path.</summary>
internal enum PathFloor
{
    /// <summary>σ_M(Φ) of the last block's features, which W_2 acts on (C.14).</summary>
    Features,

    /// <summary>σ_min(J) of the whole Jacobian (C.14').</summary>
    Kernel,
}

/// <summary>Why a march ended.</summary>
internal enum PathEnd
{
    /// <summary>The certified decrease reaches the whole residual.</summary>
    Certified,

    /// <summary>The floor fell below the allowed share of its first value.</summary>
    FloorSpent,

    /// <summary>ηΛ² reached 2.</summary>
    StepTooLong,

    /// <summary>The second-order remainder of a step may undo its decrease (A ≤ 0).</summary>
    CurvatureTooLarge,

    /// <summary>W_2 may move farther than the ball allows it (g/p above the ratio of the radii).</summary>
    OutWeightTooFar,

    /// <summary>The bounds grew beyond all measure.</summary>
    BoundsExploded,

    /// <summary>The radius did not suffice within a hundred pieces.</summary>
    TooManyPieces,
}

/// <summary>Where a march ended, with the constants of its last ball.</summary>
internal sealed record PathResult
{
    public required PathEnd End { get; init; }

    /// <summary>r̄.</summary>
    public double Radius { get; init; }

    /// <summary>C_A.</summary>
    public double OutRadius { get; init; }

    /// <summary>s at the end of the path.</summary>
    public LowerBound Floor { get; init; }

    /// <summary>sup of the change of the floor per unit of path.</summary>
    public UpperBound FloorSlope { get; init; }

    /// <summary>The same composed of the bounds of the blocks, without the norm of all together.</summary>
    public UpperBound FloorSlopeByBlock { get; init; }

    /// <summary>c.</summary>
    public UpperBound Curvature { get; init; }

    /// <summary>Λ.</summary>
    public UpperBound Lambda { get; init; }

    /// <summary>η.</summary>
    public double StepSize { get; init; }

    /// <summary>ξ.</summary>
    public UpperBound Remainder { get; init; }

    /// <summary>p and g of the last ball, when the curvature allows them.</summary>
    public StepLemma? Lemma { get; init; }

    /// <summary>U(r̄): the residual that is certain to be removed before the path leaves the last ball.</summary>
    public LowerBound Covered { get; init; }

    /// <summary>Pieces marched.</summary>
    public int Pieces { get; init; }
}
