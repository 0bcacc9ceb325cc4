using System.Globalization;
using Kappa.Certificates.Enclosures;

namespace Kappa.Certificates.Path;

/// <summary>The path certificate with the smallest singular value of the whole Jacobian as
/// its floor (C.14'): also for fewer features than rows, or an untrained W_2.</summary>
/// <remarks>Theory: the page of the path certificate, derived for this project. The floor is that of the Gram matrix of J in
/// closed form (C.38), which is told from 0 above about 1e-7 σ_max(J); where both apply it certifies later than (C.14).</remarks>
internal sealed class KernelFloorCertificate() : Theorem(new TheoremText(
    Name: "kernel-floor",
    Label: "C.14'",
    Title: "Kernel floor: linear convergence from the smallest eigenvalue of the neural tangent kernel",
    Statement:
        "Model R of any depth without readout, ψ smooth, any trained blocks, R = ‖F(θ_0) − Y‖. On the ball ‖Δθ‖ ≤ r let Λ(r) bound "
        + "the derivative of F, c(r) its second derivative, and s(r) = σ_min(J(θ_0)) − ∫₀^r c. If for some r: s(r) > 0, ηΛ(r)² < 2, "
        + "the constant g of the step lemma (C.13) exists and ∫₀^r s / g ≥ R, then gradient descent with η stays in the ball and ℒ_t "
        + "≤ (1 − ημ)^{2t} ℒ_0 with μ = s(r)²(1 − ½c(r)ηR).",
    Page: "docs/theory/path-certificate.md",
    Sources: [Source.Derived]))
{
    /// <inheritdoc/>
    internal override string? WhyNotApplicable(ResidualTransformerPoint point) => PathReport.WhyNotApplicable(point) ?? WhyNoFloor(point);

    /// <inheritdoc/>
    internal override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options)
    {
        if (WhyTooLarge(point, options.MemoryLimit) is string reason)
        {
            return Certificate.NotApplicable(this, reason);
        }

        var forward = new PreciseForward(point);
        var propagation = new LocalPropagation(point, forward, wantsFloor: true);
        return PathReport.Report(this, point, forward, options, PathFloor.Kernel, propagation.StartFloor, propagation);
    }

    /// <summary>Bytes of the Gram matrices of J, one for each weight matrix, that are held at a time: those of Z⁺,
    /// those of H as they are and weighted, those of the block before, or the factorisation of their sum.</summary>
    /// <param name="outputs">M·d, the order of each.</param>
    /// <param name="depth">L.</param>
    internal static double ForecastBytes(long outputs, int depth) => sizeof(double) * ((20.0 * depth) - 6) * outputs * outputs;

    private static string? WhyTooLarge(ResidualTransformerPoint point, long limit)
    {
        const double Mebibyte = 1 << 20;
        long outputs = Sizes(point).Outputs;
        double bytes = ForecastBytes(outputs, point.Shape.Depth);
        return bytes > limit || (double)outputs * outputs > Array.MaxLength
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The Gram matrices of the Jacobian must fit into {limit / Mebibyte:F0} MiB but for {outputs} output numbers and "
                    + $"{point.Shape.Depth} {(point.Shape.Depth == 1 ? "block" : "blocks")} they need "
                    + $"{Math.Ceiling(bytes / Mebibyte):F0} MiB; allow more memory, ask for path, which does without large ones, or use "
                    + $"fewer token rows.")
            : null;
    }

    private static (long Outputs, long Parameters) Sizes(ResidualTransformerPoint point) =>
        (
            (long)point.Rows * point.Shape.OutputWidth,
            point.Weights.Layout.Blocks.Where(point.Trained.Includes).Sum(block => (long)block.Length));

    private static string? WhyNoFloor(ResidualTransformerPoint point)
    {
        (long outputs, long parameters) = Sizes(point);
        return parameters < outputs
            ? $"There must be at least as many trained parameters as output numbers for λ_min(K) > 0 but there are {parameters} and "
                + $"{outputs}; train more blocks or use fewer token rows."
            : null;
    }
}
