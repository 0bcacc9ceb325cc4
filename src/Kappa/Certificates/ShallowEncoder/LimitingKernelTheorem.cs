using System.Globalization;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>The limiting kernel (S.7): what linear convergence of a very wide
/// model S rests on, and how far the kernel of this width is from it.</summary>
/// <remarks>Theory: shallow encoder, S.7. A statement about the limit: it never certifies a finite width.</remarks>
internal sealed class LimitingKernelTheorem() : ShallowEncoderTheorem(new TheoremText(
    Name: "limiting-kernel",
    Label: "S.7",
    Title: "Shallow encoder: the neural tangent kernel of infinite width",
    Statement:
        "Model S with NTK initialisation, τ₀ = d_m⁻¹ and all matrices trained: for d_m → ∞ the kernel tends to K_nm = d_s² "
        + "E[ReLU(w·x̄_n)ReLU(w·x̄_m)] + d_s² ⟨x̄_n, x̄_m⟩ E[1(w·x̄_n > 0)1(w·x̄_m > 0)], w ~ N(0, I), x̄_n the token mean (mean "
        + "pooling: without d_s²). Gradient descent on the limit converges linearly when λ_min(K) > 0, which needs token means that "
        + "are not zero and no two of one direction.",
    Page: "docs/theory/shallow-encoder.md",
    Sources: [Source.Wu("the limiting kernel.")]))
{
    /// <inheritdoc/>
    public override bool CanCertify => false;

    /// <inheritdoc/>
    internal override string? WhyNotApplicable(TransformerPoint point)
    {
        if (!point.IsTrained.All(trained => trained))
        {
            return "All four matrices must be trained, for the limit is that of the whole kernel; train all.";
        }

        TransformerShape shape = point.Model.Shape;
        if (!IsNear(shape.LogitScale, 1.0 / shape.ValueWidth) || !IsNear(shape.OutputScale, 1 / Math.Sqrt(shape.ValueWidth)))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The limit is that of the NTK initialisation with τ₀ = 1/d_m = {NumberText.Of(1.0 / shape.ValueWidth)} and τ₁ = 1/√d_m "
                    + $"= {NumberText.Of(1 / Math.Sqrt(shape.ValueWidth))}, but they are {NumberText.Of(shape.LogitScale)} and "
                    + $"{NumberText.Of(shape.OutputScale)}; take these scales.");
        }

        return point.Parameters.Layout.Blocks.FirstOrDefault(block => !HasUnitVariance(point.Parameters[block].Span)) is { } odd
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The limit is that of weights of variance 1, but the mean square of {odd.Name} is "
                    + $"{NumberText.Of(MeanSquare(point.Parameters[odd].Span))}; take the NTK initialisation.")
            : null;
    }

    /// <inheritdoc/>
    internal override Certificate Compute(TransformerPoint point, CertificateOptions options)
    {
        Transformer model = point.Model;
        var limit = ShallowEncoderLimit.Of(model.Inputs, model.Samples, model.Shape.Pooling);

        // An element is right to a few dozen ε of the largest; angles, sines and
        // cosines come from the runtime library, which promises nothing: an estimate.
        double floor = 64 * SpectrumSummary.Epsilon * limit.Eigenvalues[0] * model.Samples;
        var condition = new Condition(
            "smallest eigenvalue of the limiting kernel, above rounding", "λ_min(K_∞)", "S.7", limit.Eigenvalues[^1],
            ConditionRelation.Above, floor)
        {
            Grade = ConstantGrade.Estimated,
        };
        List<Constant> constants = [
            new("largest eigenvalue of the limiting kernel", "λ_max(K_∞)", "S.7", limit.Eigenvalues[0], ConstantGrade.Estimated)];
        if (2.0 * model.Samples * model.Layout.Length * sizeof(double) <= options.MemoryLimit)
        {
            constants.Add(
                new Constant(
                    "relative distance of the kernel of this width", "‖K_0 − K_∞‖/‖K_∞‖", "S.7", Distance(point, limit),
                    ConstantGrade.Estimated));
        }

        return new Certificate
        {
            Theorem = this,
            Outcome = CertificateOutcome.NotCertified,
            Explanation = condition.Holds
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"In the limit of infinite width the loss falls linearly if λ_min(K_∞) = {NumberText.Of(condition.Value)}, an "
                        + $"estimate, is right; about this width nothing is proven.")
                : "The limiting kernel is singular up to rounding: some token mean is zero or two have one direction, and in this limit "
                    + "their residual is not learned.",
            Conditions = [condition],
            Constants = constants,
        };
    }

    private static bool IsNear(double value, double expected) => Math.Abs(value - expected) <= 1e-9 * expected;

    private static double MeanSquare(ReadOnlySpan<double> weights) => Vectors.SquaredNorm(weights) / weights.Length;

    // The mean square of n standard Gaussians has deviation √(2/n); six of them is more than any chance.
    private static bool HasUnitVariance(ReadOnlySpan<double> weights) =>
        Math.Abs(MeanSquare(weights) - 1) <= 6 * Math.Sqrt(2.0 / weights.Length);

    private static double Distance(TransformerPoint point, ShallowEncoderLimit limit)
    {
        Matrix jacobian = JacobianMatrix.Of(point.Model, point.Parameters, point.Trained),
            kernel = Matrix.Allocate(jacobian.Rows, jacobian.Rows);
        Products.MultiplyByTransposed(jacobian, jacobian, kernel);
        return Math.Sqrt(Vectors.SquaredDistance(kernel.Span, limit.Kernel.Span)) / Vectors.Norm(limit.Kernel.Span);
    }
}
