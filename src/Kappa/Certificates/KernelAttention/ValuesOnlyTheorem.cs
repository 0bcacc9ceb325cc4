using System.Globalization;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.KernelAttention;

/// <summary>Values only (G.4): model G is linear in its W_V, and the singular
/// values of the features B_h = S_h X and of W_O bound the rate.</summary>
/// <remarks>Theory: kernel attention, G.4. Costs the singular values of B [M, HD]; the sharp
/// constants and the floor those of the map itself, where it fits the memory limit.</remarks>
internal sealed class ValuesOnlyTheorem() : KernelAttentionTheorem(new TheoremText(
    Name: "values-only",
    Label: "G.4",
    Title: "Kernel attention with trained values: linear convergence from the features S_h X",
    Statement:
        "Model G with some W_V^h trained and nothing else; B_h = S_h X stacked over the M = Nn token rows, B and W_O those of the "
        + "trained heads together. Let μ be the larger of min_h σ_{D_out}(W_O^h)² σ_M(B)² (for d ≥ D_out, HD ≥ M) and σ_{D_out}(W_O)² "
        + "min_h σ_M(B_h)² (for Hd ≥ D_out, D ≥ M), and β = max_h ‖W_O^h‖₂² ‖B‖₂². If μ > 0, gradient descent with η ≤ 1/β has ℒ_t ≤ "
        + "(1 − ημ)^{2t} ℒ_0 ≤ (1 − ημ)^t ℒ_0.",
    Page: "docs/theory/kernel-attention.md",
    Sources: [Source.Song("the form of its Theorem 1."), Source.Derived]))
{
    /// <inheritdoc/>
    internal override string? WhyNotApplicable(TransformerPoint point) =>
        point.TrainedMatrices.FirstOrDefault(block => block.Kind != ParameterKind.Value) is ParameterBlock other
            ? $"Only matrices W_V may be trained but {other.Name} is too; train the values alone."
            : null;

    /// <inheritdoc/>
    internal override Certificate Compute(TransformerPoint point, CertificateOptions options)
    {
        var constants = ValuesOnlyConstants.Of(point);
        LowerBound plConstant = constants.PlConstant;
        double largestStep = (1 / constants.Smoothness).Value, stepSize = options.StepSize ?? largestStep,
            rate = Guarantee.SquaredContraction(stepSize, plConstant);
        List<Condition> conditions =
        [
            constants.IsJoint
                ? new Condition(
                    "heads wide enough for the features of all together", "HD", "G.4", constants.JointWidth, ConditionRelation.AtLeast,
                    constants.Rows)
                : new Condition(
                    "inputs at least as wide as there are token rows", "D", "G.4", point.Model.Shape.Width, ConditionRelation.AtLeast,
                    constants.Rows),
            new Condition("PL constant", "μ", "G.4", plConstant.Value, ConditionRelation.Above, 0),
            new Condition("step size", "η", "G.4", stepSize, ConditionRelation.AtMost, largestStep),
        ];

        // A rate that underflows to 0 promises nothing.
        bool holds = conditions.TrueForAll(condition => condition.Holds) && rate > 0;
        string explanation = holds
            ? Invariant($"Every step with η = {NumberText.Of(stepSize)} removes at least {NumberText.Of(rate, 3)} of the loss.")
            : plConstant > 0
                && stepSize <= largestStep ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The guaranteed rate, η = {NumberText.Of(stepSize)} times μ = {NumberText.Of(plConstant.Value)}, is 0 in double "
                        + $"precision; scale the data.")
            : plConstant > 0 ? Invariant(
                $"The step size {NumberText.Of(stepSize)} exceeds 1/β = {NumberText.Of(largestStep)}; take a smaller step.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Neither bound on μ is positive: the features have {constants.Rows} rows and their smallest singular values are not "
                    + $"above 0 by more than rounding can make, or W_O is too narrow.");
        return new Certificate
        {
            Theorem = this,
            Outcome = holds ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified,
            Explanation = explanation,
            Conditions = conditions,
            Constants = [.. constants.List(), .. SharpConstants(point, constants, options, stepSize)],
            Guarantee = holds ? Promise(point, constants, stepSize, largestStep) : null,
        };
    }

    // The linear map of the trained values: its own singular values, and the part of the residual outside its range.
    private static IEnumerable<Constant> SharpConstants(
        TransformerPoint point, ValuesOnlyConstants constants, CertificateOptions options, double stepSize)
    {
        Transformer model = point.Model;
        long outputs = (long)model.Samples * model.OutputRows * model.OutputColumns,
            parameters = point.TrainedMatrices.Sum(block => (long)block.Length);
        if (3 * outputs * parameters * sizeof(double) > options.MemoryLimit || outputs * parameters > Array.MaxLength)
        {
            yield break;
        }

        EnclosedMatrix map = constants.Map();
        LowerBound plConstant = LowerBound.Square(map.RowFloor());
        (double floor, int rank) = LeastSquaresFloor.Of(Transposition.Of(map.Values), Residual(model, point.Parameters));
        yield return new Constant("PL constant of the map itself", "σ_min(J)²", "G.4", plConstant.Value);
        yield return new Constant(
            "smoothness of the map itself", "σ_max(J)²", "G.4", UpperBound.Square(map.Largest(new SpectralNorm())).Value);
        yield return new Constant(
            "share of the loss that a step removes at least, from σ_min(J)", "1 − (1 − ησ_min²)²", "G.4",
            Guarantee.SquaredContraction(stepSize, plConstant));
        yield return new Constant("numerical rank of the map", "rank J", "G.4", rank, ConstantGrade.Estimated);
        yield return new Constant("least-squares floor of the loss", "min ℒ", "G.4", floor, ConstantGrade.Estimated);
    }

    private static double[] Residual(Transformer model, ModelParameters parameters)
    {
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(parameters, model.AllSamples, output);
        double[] residual = output.Span.ToArray();
        Vectors.AddScaled(residual, -1, model.Targets.Span);
        return residual;
    }

    // ‖W_V^h(t) − W_V^h(0)‖ ≤ Σ η‖J‖‖e_t‖ ≤ √β √(2ℒ_0)/μ.
    private static Guarantee Promise(TransformerPoint point, ValuesOnlyConstants constants, double stepSize, double largestStep)
    {
        LowerBound plConstant = constants.PlConstant;
        double radius = (UpperBound.Sqrt(constants.Smoothness) * constants.ResidualNorm / plConstant).Value;
        return new Guarantee
        {
            StepSize = stepSize,
            LargestStepSize = largestStep,
            Rate = Guarantee.SquaredContraction(stepSize, plConstant),
            PlConstant = plConstant.Value,
            Radii = [.. point.TrainedMatrices.Select(block => new BlockRadius(block, radius))],
        };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
