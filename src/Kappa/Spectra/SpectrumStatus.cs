namespace Kappa.Spectra;

/// <summary>What the smallest singular value of a spectrum can be trusted to say (P.1, P.2).</summary>
public enum SpectrumStatus
{
    /// <summary>Every value lies at or above the floor, and there are as many as rows.</summary>
    WellDefined,

    /// <summary>More rows than columns: σ_M is 0 whatever the weights are. Widen the matrix or look at the values it has.</summary>
    RankLimited,

    /// <summary>Wide enough, but the smallest value is lost in rounding:
    /// numerically rank-deficient. Condition numbers are lower bounds.</summary>
    BelowFloor,

    /// <summary>The zero matrix.</summary>
    Zero,

    /// <summary>The matrix had NaN or infinity in it; every quantity is NaN.</summary>
    NonFinite,
}
