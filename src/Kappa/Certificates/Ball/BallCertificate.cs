using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>The ball certificate (C.9): a PL constant and a smoothness
/// constant on a ball of weights that gradient descent cannot leave.</summary>
/// <remarks>
/// Theory: ball certificate, C.1–C.10. Any depth, any trained blocks, any coefficients, any activation with bounded second derivative.
/// Costs the singular values of the matrices of one forward pass and a few dozen evaluations of bounds that do not depend on the sizes.
/// The chain, and who computes each link:
/// <code>
/// point     θ_0, X, Y      ResidualTransformerPoint
/// exact     R.1–R.4, C.39  PreciseForward ← PreciseLayer            every matrix with its error, √(2ℒ_0)
/// centre    C.37, C.38     SpectralNormsAtCentre                    ‖W_b‖₂, ‖A‖₂, ‖Φ‖₂ …; σ_M(Φ), σ_M(H), σ_M(Z^L) from below
/// ball 𝔹(C) C.1–C.4        BoundCalculus on a ParameterBall         the rules by which DerivativeBounds follow from each other
///           C.5, C.6       AttentionDerivativeBounds                softmax and mixing, sample by sample
///           R.1–R.4        ResidualTransformerBounds                the model written down in these rules
///           C.7, C.8       BallFunction → BallConstants             μ(C) by P.5 and Weyl; ℓ_b(C), β(C)
/// radius    C.10           BallRadii                                the least C with C ≥ 2ℓ(C)√(2ℒ_0)/μ(C)
/// verdict   C.9            BallReport                               η ≤ 1/β, rate ημ; or why not, and by what factor
/// </code>
/// </remarks>
internal sealed class BallCertificate() : Theorem(new TheoremText(
    Name: "ball",
    Label: "C.9",
    Title: "Convergence inside a ball of weights",
    Statement:
        "Let 𝔹(C) be the weights with ‖W_b − W_b⁰‖ ≤ C_b for every trained block b. On 𝔹(C) let ‖∂F/∂W_b‖ ≤ ℓ_b, let ‖∇ℒ‖² ≥ 2μℒ "
        + "and let ∇ℒ be Lipschitz with constant β. If C_b ≥ 2ℓ_b√(2ℒ_0)/μ for every b, then gradient descent with a step size η ≤ "
        + "1/β stays in 𝔹(C) and ℒ_t ≤ (1 − ημ)^t ℒ_0 for every t ≥ 0.",
    Page: "docs/theory/ball-certificate.md",
    Sources: [Source.Derived, Source.NguyenMondelli("the pattern of the proof.")]))
{
    /// <inheritdoc/>
    internal override string? WhyNotApplicable(ResidualTransformerPoint point)
    {
        if (!double.IsFinite(point.Loss))
        {
            return $"The loss must be a finite number but is {point.Loss}; begin from smaller weights or scale the data.";
        }

        Activation activation = point.Shape.Activation;
        if (!activation.IsSmooth)
        {
            return $"The activation must have a bounded second derivative but {activation.Kind} has a kink; take the smooth leaky ReLU, "
                + $"GELU or the identity.";
        }

        var features = TrainedFeatures.Of(point);
        return features.AreAbsent
            ? $"W_2 or W_1 of the last block or the readout must be trained and its features must have at least M = {point.Rows} "
                + $"columns, but {features.FfnOut}, {features.FfnIn} and {features.Readout}; train W_2 with m ≥ M."
            : null;
    }

    /// <inheritdoc/>
    internal override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options)
    {
        var function = new BallFunction(point);
        if (!function.Centre.AreFinite)
        {
            return Certificate.NotApplicable(
                this,
                "The norms of all weights and intermediate matrices must be finite numbers but one overflows; scale the weights down.");
        }

        var report = new BallReport(this, point, function, options);
        UpperBound residualNorm = function.Centre.ResidualNorm;
        double[]? radii = function.At(new double[function.Blocks], withSecond: false).Pl.Sum > 0
            ? BallRadii.Find(function, residualNorm)
            : null;
        return radii is null ? report.WithoutRadii(residualNorm) : report.WithRadii(radii, residualNorm);
    }
}
