using System.Globalization;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>Writes what was found about (C.9) at a point as a certificate: conditions, constants, conclusion.</summary>
internal sealed class BallReport(Theorem theorem, ResidualTransformerPoint point, BallFunction function, CertificateOptions options)
{
    /// <summary>The certificate when the map of C.10 has a fixed point.</summary>
    /// <param name="radii">C_b.</param>
    /// <param name="residualNorm">√(2ℒ_0).</param>
    public Certificate WithRadii(double[] radii, UpperBound residualNorm)
    {
        BallConstants constants = function.At(radii, withSecond: true);
        UpperBound[] path = BallRadii.PathLengths(constants, residualNorm);
        List<Condition> conditions = [.. Opening()];
        conditions.AddRange(
            Trained().Select(b =>
                new Condition(
                    $"path of {Block(b).Name} within its radius", "2ℓ_b√(2ℒ_0)/μ", "C.9", path[b].Value, ConditionRelation.AtMost,
                    radii[b])));
        return Conclude(constants, radii, residualNorm, conditions);
    }

    /// <summary>The certificate when there are no radii, with the factor by which √(2ℒ_0) would have to be smaller.</summary>
    /// <param name="residual">√(2ℒ_0).</param>
    public Certificate WithoutRadii(UpperBound residual)
    {
        double residualNorm = residual.Value;
        BallConstants atCentre = function.At(new double[function.Blocks], withSecond: true);
        double largest = BallRadii.LargestResidual(function, residualNorm);
        var radius = new Condition(
            "residual small enough for radii to exist", "√(2ℒ_0)", "C.10", residualNorm, ConditionRelation.AtMost, largest);
        string explanation = atCentre.Pl.Sum > 0 && largest == 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"No radii satisfy C_b ≥ 2ℓ_b√(2ℒ_0)/μ for any √(2ℒ_0): a constant underflows or overflows (μ = "
                    + $"{NumberText.Of(atCentre.Pl.Sum.Value, 3)} at θ_0); scale data and weights towards 1.")
            : atCentre.Pl.Sum > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"No radii satisfy C_b ≥ 2ℓ_b√(2ℒ_0)/μ: with the weights' derivatives √(2ℒ_0) would have to be "
                    + $"{NumberText.Of(radius.Shortfall, 3)} times smaller than {NumberText.Of(residualNorm)}.")
            : function.Centre.Underflows
            ? "The PL constant at θ_0 underflows: numbers of the forward pass are so small that their squares are no doubles; scale data "
                + "and weights up."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The PL constant at θ_0 is not positive (σ_M(Φ) = {NumberText.Of(function.Centre.HiddenFloor.Value, 3)}): the features' "
                    + $"rows are linearly dependent up to rounding, so no radii can be shown.");
        return new Certificate
        {
            Theorem = theorem,
            Outcome = CertificateOutcome.NotCertified,
            Explanation = explanation,
            Conditions = [.. Opening(), radius],
            Constants = Constants(atCentre, residual, "at θ_0"),
        };
    }

    private Certificate Conclude(BallConstants constants, double[] radii, UpperBound residualNorm, List<Condition> conditions)
    {
        // (C.8) η ≤ 1/β
        LowerBound plConstant = constants.Pl.Sum;
        UpperBound smoothness = constants.Smoothness(residualNorm);
        double largestStep = (1 / smoothness).Value;
        double stepSize = options.StepSize ?? largestStep, rate = ((LowerBound)stepSize * plConstant).Value;
        conditions.Add(
            new Condition(
                "smoothness on the ball is finite", "β", "C.8", smoothness.Value, ConditionRelation.Below, double.PositiveInfinity));
        conditions.Add(new Condition("step size", "η", "C.9", stepSize, ConditionRelation.AtMost, largestStep));

        // A rate that underflows to 0 promises nothing.
        bool holds = conditions.TrueForAll(condition => condition.Holds) && rate > 0;
        return new Certificate
        {
            Theorem = theorem,
            Outcome = holds ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified,
            Explanation = holds
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"Gradient descent with η = {NumberText.Of(stepSize)} stays in the ball and removes at least "
                        + $"{NumberText.Of(rate, 3)} of the loss at every step.")
                : !smoothness.IsFinite ? "The radii exist, but no finite smoothness constant is known on the ball: a bound overflows; "
                    + "scale data and weights down."
                : stepSize <= largestStep ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The radii exist, but the guaranteed rate, η = {NumberText.Of(stepSize)} times μ = "
                        + $"{NumberText.Of(plConstant.Value)}, is 0 in double precision; scale data and weights towards 1.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The radii exist, but the step size {NumberText.Of(stepSize)} exceeds 1/β = {NumberText.Of(largestStep)}; take a "
                        + $"smaller step."),
            Conditions = conditions,
            Constants = Constants(constants, residualNorm, "on the ball"),
            Guarantee = holds ? Promise(stepSize, largestStep, rate, plConstant, radii) : null,
        };
    }

    private Guarantee Promise(double stepSize, double largestStep, double rate, LowerBound plConstant, double[] radii) => new()
    {
        StepSize = stepSize,
        LargestStepSize = largestStep,
        Rate = rate,
        PlConstant = plConstant.Value,
        Radii = [.. Trained().Select(b => new BlockRadius(Block(b), radii[b]))],
    };

    private IEnumerable<Condition> Opening()
    {
        yield return new Condition("loss is finite", "ℒ_0", "C.9", point.Loss, ConditionRelation.Below, double.PositiveInfinity);
        var features = TrainedFeatures.Of(point);
        (string name, string symbol, int columns) = features.FfnOut is null ? (
            "features Φ at least as wide as there are rows", "m", point.Shape.FfnWidth)
            : features.FfnIn is null ? ("attention output H at least as wide as there are rows", "d", point.Shape.Width)
            : ("last output Z^L at least as wide as there are rows", "d", point.Shape.Width);
        yield return new Condition(name, symbol, "C.7", columns, ConditionRelation.AtLeast, point.Rows);
        double plConstant = function.At(new double[function.Blocks], withSecond: false).Pl.Sum.Value;
        yield return new Condition("PL constant at θ_0", "μ(0)", "C.7", plConstant, ConditionRelation.Above, 0);
    }

    private List<Constant> Constants(BallConstants constants, UpperBound residualNorm, string where)
    {
        List<Constant> list = [new($"PL constant {where}", "μ", "C.7", constants.Pl.Sum.Value)];
        Add($"share of W_2 in μ {where}", "μ(W_2)", constants.Pl.FfnOut);
        Add($"share of W_1 in μ {where}", "μ(W_1)", constants.Pl.FfnIn);
        Add($"share of the readout in μ {where}", "μ(W_U)", constants.Pl.Readout);
        list.Add(new($"smoothness {where}", "β", "C.8", constants.Smoothness(residualNorm).Value));
        list.Add(new("norm of the residual", "√(2ℒ_0)", "C.9", residualNorm.Value));
        list.Add(new("smallest singular value of Φ", "σ_M(Φ)", "C.7", function.Centre.HiddenFloor.Value));
        list.Add(new("smallest singular value of H", "σ_M(H)", "C.7", function.Centre.AttentionOutputFloor.Value));
        list.AddRange(
            Trained().Select(b => new Constant($"derivative in {Block(b).Name} {where}", "ℓ_b", "C.3", constants.OutputFirst[b].Value)));
        return list;

        void Add(string name, string symbol, LowerBound? value)
        {
            if (value is LowerBound number)
            {
                list.Add(new Constant(name, symbol, "C.7", number.Value));
            }
        }
    }

    private ParameterBlock Block(int b) => point.Weights.Layout.Blocks[b];

    private IEnumerable<int> Trained() => Enumerable.Range(0, function.Blocks).Where(b => point.IsTrained[b]);
}
