using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The path certificate (C.14): the features of the last block cannot move
/// far while the residual shrinks, because W_2 always takes its share.</summary>
/// <remarks>
/// Theory: the page of the path certificate, derived for this project. Cost about
/// <see cref="CertificateOptions.Pieces"/> propagations of O(M d² (m + d)). The chain, and who computes each link:
/// <code>
/// point     θ_0, X, Y      ResidualTransformerPoint
/// exact     R.1–R.4, C.39  PreciseForward ← PreciseLayer            every matrix with its error, R = ‖F − Y‖
/// floor     C.38           SingularValueFloor                       s_0 = σ_M(Φ); of KernelFloorCertificate σ_min(J)
/// centre    C.15, C.37     LayerAtCentre ← TokenRowsAtCentre        what a block is at θ_0: norms, token row by token row
///           C.17           JacobianNormsAtCentre                    ‖J_b‖, Λ_0 and the norm of each block in its input,
///                            ← WeightJacobianGrams, InputJacobian   where TokenRowStacks keep what they are made of
/// ball 𝔹(r) C.15 a–f       LocalAttentionBounds ← AttentionRowBounds
///           C.15 g–i       LocalFeedForwardBounds ← ActivationRowBounds
///           C.17           DepthComposition; LocalPropagation walks the blocks, a LocalBound for each matrix
///                                                                   κ(r) of Φ, Λ(r) and c(r) of F
/// step      C.12, C.13     StepLemma                                p, g: path for each unit of residual
/// march     C.16           PathMarch ← PathPieces                   balls of growing r until U(r) ≥ R
/// verdict   C.14, C.14'    PathReport                               η, μ, radii; or why not, and by what factor
/// </code>
/// A new layer of a model needs its centre and its local bounds; from the step on nothing knows a model.
/// </remarks>
internal sealed class PathCertificate() : Theorem(new TheoremText(
    Name: "path",
    Label: "C.14",
    Title: "Path certificate: linear convergence from the features of the last block",
    Statement:
        "Model R of any depth without readout, ψ smooth, W_2 of the last block trained, R = ‖F(θ_0) − Y‖. On the ball ‖Δ_rest‖ ≤ r, "
        + "‖ΔW_2‖ ≤ C let κ(r) bound the derivative of Φ, Λ(r) that of F and c(r) its second derivative, and s(r) = σ_M(Φ(θ_0)) − "
        + "∫₀^r κ. If for some r: s(r) > 0, ηΛ(r)² < 2, the constants p, g of the step lemma (C.13) exist and ∫₀^r s / p ≥ R, then "
        + "gradient descent with η stays in the ball and ℒ_t ≤ (1 − ημ)^{2t} ℒ_0 with μ = s(r)²(1 − ½c(r)ηR).",
    Page: "docs/theory/path-certificate.md",
    Sources: [Source.Derived, Source.NguyenMondelli("the proof pattern.")]))
{
    /// <inheritdoc/>
    internal override string? WhyNotApplicable(ResidualTransformerPoint point)
    {
        ParameterBlock last = LastOutWeight(point);
        return PathReport.WhyNotApplicable(point)
            ?? (
                !point.Trained.Includes(last)
                    ? $"{last.Name} (W_2 of the last block) must be trained, for the floor is that of its features, but is not; ask for "
                        + $"kernel-floor."
                    : null)
            ?? (point.Shape.FfnWidth < point.Rows
                ? $"Φ must have at least as many columns as rows for σ_M(Φ) > 0 but has m = {point.Shape.FfnWidth} columns and M = "
                    + $"{point.Rows} rows; widen m, use fewer token rows, or ask for kernel-floor."
                : null);
    }

    /// <inheritdoc/>
    internal override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options)
    {
        var forward = new PreciseForward(point);
        LowerBound floor = EnclosedMatrix.Of(forward.Last.Hidden).RowFloor();
        return PathReport.Report(this, point, forward, options, PathFloor.Features, floor);
    }

    private static ParameterBlock LastOutWeight(ResidualTransformerPoint point) =>
        point.Weights.Layout.Blocks[BlockIndices.Of(point.Shape.Depth - 1, point.Shape.Depth).FfnOut];
}
