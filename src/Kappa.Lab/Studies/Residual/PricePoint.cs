namespace Kappa.Lab.Studies.Residual;

/// <summary>Where the price of a certificate and the first certified step are measured.</summary>
/// <param name="Size">Sizes; m ≥ M, or no certificate of the features applies.</param>
/// <param name="Depths">L.</param>
/// <param name="AttentionResiduals">ρ_a, 0 and 1 among them.</param>
/// <param name="LastStep">Last step at which a certificate is asked for along a run.</param>
internal sealed record PriceGrid(ProblemSize Size, IReadOnlyList<int> Depths, IReadOnlyList<double> AttentionResiduals, long LastStep)
{
    /// <summary>The search for c gives up beyond it.</summary>
    public const double LargestScale = 1e12;
}

/// <summary>What a certificate costs at one depth, ρ_a and seed.</summary>
/// <param name="Depth">L.</param>
/// <param name="AttentionResidual">ρ_a; ρ_f is 1.</param>
/// <param name="Seed">Seed of data and weights.</param>
/// <param name="Scale">Smallest c of a certifiable initialisation for the ball certificate
/// (C.11); null when there is none up to <see cref="PriceGrid.LargestScale"/>.</param>
/// <param name="GuaranteedRate">Rate guaranteed at that c; NaN without one.</param>
/// <param name="FirstStep">First step of an ordinary run that was found certified by the path
/// certificate (C.20); null when there is none up to <paramref name="LastStep"/>.</param>
/// <param name="FirstRelativeLoss">ℒ there over ℒ_0; NaN without one.</param>
/// <param name="LastStep">Last step at which it was looked for.</param>
internal sealed record PricePoint(
    int Depth, double AttentionResidual, long Seed, double? Scale, double GuaranteedRate, long? FirstStep, double FirstRelativeLoss,
    long LastStep)
{
    /// <summary>c, or the end of the search as a lower bound.</summary>
    public (double Value, bool IsLowerBound) Price => Scale is { } scale ? (scale, false) : (PriceGrid.LargestScale, true);

    /// <summary>The first certified step, or one more than the last one looked at as a lower bound.</summary>
    public (double Value, bool IsLowerBound) CertifiedFrom => FirstStep is { } step ? (step, false) : (LastStep + 1.0, true);
}
