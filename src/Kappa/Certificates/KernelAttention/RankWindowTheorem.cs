using System.Globalization;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Certificates.KernelAttention;

/// <summary>The rank window (G.5): with trained queries alone the Jacobian's rank is bounded, lower for
/// a softmax than for a Gaussian; where it cannot be full no local PL inequality can hold.</summary>
/// <remarks>Theory: kernel attention, G.5. It excludes, it never certifies. Costs
/// the Jacobian of the queries in full, where it fits the memory limit.</remarks>
internal sealed class RankWindowTheorem() : KernelAttentionTheorem(new TheoremText(
    Name: "rank-window",
    Label: "G.5",
    Title: "Kernel attention with trained queries: the rank that a PL inequality needs",
    Statement:
        "Model G with the queries trained and nothing else, M = Nn token rows. The Jacobian of the outputs has rank at most "
        + "min(M·min(D_out, H·min(n − 1, d)), H d_k D) when the rows of S sum to one, and the same with min(n, d) for a Gaussian with "
        + "free rows. ‖∇ℒ‖² ≥ 2μℒ with μ > 0 for every target near the output needs rank M·D_out. It is a necessary condition: it "
        + "excludes and does not certify.",
    Page: "docs/theory/kernel-attention.md",
    Sources: [Source.Song("the spirit of its Theorem 3."), Source.Derived]))
{
    /// <inheritdoc/>
    public override bool CanCertify => false;

    /// <summary>The bound on the rank.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="rows">M.</param>
    /// <param name="tokens">n.</param>
    public static long RankBound(TransformerShape shape, long rows, int tokens)
    {
        int ofHead = Math.Min(shape.Kernel.HasUnitRows ? tokens - 1 : tokens, shape.ValueWidth);
        return Math.Min(rows * Math.Min(shape.OutputWidth, (long)shape.Heads * ofHead), (long)shape.Heads * shape.KeyWidth * shape.Width);
    }

    /// <inheritdoc/>
    internal override string? WhyNotApplicable(TransformerPoint point) =>
        point.TrainedMatrices.Any(block => block.Kind != ParameterKind.Query) || point.TrainedMatrices.Count() < point.Model.Shape.Heads
            ? "The queries of all heads and nothing else must be trained; train these alone."
            : null;

    /// <inheritdoc/>
    internal override Certificate Compute(TransformerPoint point, CertificateOptions options)
    {
        Transformer model = point.Model;
        long rows = (long)model.Samples * model.OutputRows, outputs = rows * model.OutputColumns;
        long bound = RankBound(model.Shape, rows, model.OutputRows);
        var condition = new Condition("rank that the Jacobian can have", "rank J ≤", "G.5", bound, ConditionRelation.AtLeast, outputs);
        List<Constant> constants = [];
        if (2 * outputs * point.TrainedMatrices.Sum(block => (long)block.Length) * sizeof(double) <= options.MemoryLimit)
        {
            SpectrumSummary spectrum = JacobianMatrix.Spectrum(JacobianMatrix.Of(model, point.Parameters, point.Trained), out _);
            constants.Add(new Constant("numerical rank of the Jacobian", "rank J", "G.5", spectrum.NumericalRank, ConstantGrade.Estimated));
            constants.Add(
                new Constant(
                    "smallest eigenvalue of the kernel", "λ_min(K)", "P.4", spectrum.SigmaMinRow * spectrum.SigmaMinRow,
                    ConstantGrade.Estimated));
            constants.Add(
                new Constant(
                    "largest eigenvalue of the kernel", "λ_max(K)", "P.4", spectrum.SigmaMax * spectrum.SigmaMax, ConstantGrade.Estimated));
        }

        return new Certificate
        {
            Theorem = this,
            Outcome = CertificateOutcome.NotCertified,
            Explanation = condition.Holds
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The rank may reach {bound}, enough for the {outputs} output numbers: a local PL inequality is not excluded, and "
                        + $"this theorem does not prove one.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The rank is at most {bound} for {outputs} output numbers: no PL inequality holds for all targets near the output, "
                        + $"and most of them are out of reach to first order."),
            Conditions = [condition],
            Constants = constants,
        };
    }
}
