using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Phases;

/// <summary>A line that the theory draws through a phase diagram: where a quantity of
/// the initial point takes a value. Nothing in it is fitted to outcomes.</summary>
/// <param name="Name">What the legend says, as an equation.</param>
/// <param name="Meaning">What it is and from what it is computed.</param>
/// <param name="Level">The value.</param>
/// <param name="Field">The quantity of one run.</param>
internal sealed record PhaseBoundary(string Name, string Meaning, double Level, Func<ExperimentSpecification, InitialPoint, double> Field)
{
    private static readonly string[] ConditioningKeys = [
        "model.attentionResidual", "model.temperature", "initialisation.queryGain", "initialisation.keyGain"];
    private static readonly string[] SizeKeys = ["model.width", "model.ffnWidth", "data.samples", "data.tokens"];
    private static readonly double[] ConditionNumbers = [1e1, 1e2, 1e3];

    /// <summary>The boundaries that concern a diagram over these keys.</summary>
    public static IReadOnlyList<PhaseBoundary> For(SweptKey x, SweptKey y) =>
    [
        new(
            "η λ_max(K_0) = 2",
            "linearised descent is stable below it (P.4); λ_max of the kernel at θ_0, of a mean loss divided by the samples as the loss "
                + "is, estimated",
            2, (specification, point) => StepSize(specification, point) * point.LambdaMax),
        new(
            "η β = 1", "η times a proven bound on the curvature at θ_0 (C.8); a step itself needs the bound along its way", 1,
            (specification, point) => StepSize(specification, point) * point.Smoothness),
        .. Concerns(SizeKeys, x, y) ?
        [
            new PhaseBoundary(
                "M = d", "above it the stack of M = N n rows is rank-limited: σ_M(H) = 0 for any weights (P.2); exact", 1,
                (specification, _) => Rows(specification) / specification.Model.Width),
            new PhaseBoundary(
                "M = m", "above it the hidden features are rank-limited: σ_M(Φ) = 0 (P.2, P.5); exact", 1,
                (specification, _) => Rows(specification) / (specification.Model.FfnWidth ?? double.NaN)),
        ]
        : Array.Empty<PhaseBoundary>(),
        .. Concerns(ConditioningKeys, x, y) && x.Key.Path != "descent.stepSize" && y.Key.Path != "descent.stepSize"
            ? ConditionNumbers.Select(number =>
                new PhaseBoundary(
                    $"κ(H) = {number:0}", "condition number of the last block's attention output at θ_0 (P.2)", number,
                    (_, point) => point.ConditionNumber))
            : [],
    ];

    /// <summary>The median of the field over the runs of each cell; NaN where there is none.</summary>
    public double[,] Over(PhaseCell?[,] cells, IReadOnlyDictionary<string, InitialPoint> points) =>
        Median(cells, outcome => Field(outcome.Run.Specification, points[outcome.Run.Name]));

    /// <summary>The median over the runs of each cell of any quantity of a run.</summary>
    public static double[,] Median(PhaseCell?[,] cells, Func<RunOutcome, double> quantity)
    {
        double[,] field = new double[cells.GetLength(0), cells.GetLength(1)];
        for (int row = 0; row < cells.GetLength(0); row++)
        {
            for (int column = 0; column < cells.GetLength(1); column++)
            {
                double[] values = [.. (cells[row, column]?.Outcomes ?? []).Select(quantity).Order()];
                field[row, column] = values.Length == 0 || double.IsNaN(values[0]) ? double.NaN : Quantiles.OfSorted(values, 0.5);
            }
        }

        return field;
    }

    /// <summary>η of the first step; NaN when another run has it, and for
    /// momentum and Adam, which these boundaries are not about.</summary>
    public static double StepSize(ExperimentSpecification specification, InitialPoint point) => specification.Descent.StepSize switch
    {
        _ when specification.Descent.Method != DescentMethod.GradientDescent => double.NaN,
        { Kind: StepSizeKind.Fixed } rule => rule.Value,
        { Kind: StepSizeKind.Auto or StepSizeKind.Adaptive } rule => rule.Value / point.LambdaMax,
        _ => double.NaN,
    };

    // Only the residual Transformer has one row of H and Φ for each token row.
    private static double Rows(ExperimentSpecification specification) =>
        specification is { Form: ModelForm.Residual, Data: { Samples: { } samples, Tokens: { } tokens } }
            ? (double)samples * tokens
            : double.NaN;

    private static bool Concerns(string[] keys, SweptKey x, SweptKey y) => keys.Contains(x.Key.Path) || keys.Contains(y.Key.Path);
}
