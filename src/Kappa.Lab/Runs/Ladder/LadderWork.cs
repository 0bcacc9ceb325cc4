using Kappa.Models;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>Operations that the parts of a ladder take, counted from the sizes.</summary>
/// <param name="Outputs">Numbers of F.</param>
/// <param name="Parameters">Trained parameters P.</param>
/// <param name="Step">One step of the descent.</param>
/// <param name="Theorem">One evaluation of a theorem.</param>
internal sealed record LadderWork(long Outputs, long Parameters, double Step, double Theorem)
{
    // By measurement: a theorem about model R takes about a thousand steps of the descent, the others the products of a few.
    private const double StepsOfResidualTheorem = 1000;
    private const double StepsOfTheorem = 20;

    public static LadderWork Of(Experiment experiment)
    {
        IModel model = experiment.Model;
        double step = model is ResidualTransformer residual ? StepOf(residual) : StepOf((Transformer)model);
        return new LadderWork(
            (long)model.Samples * model.OutputRows * model.OutputColumns,
            model.Layout.Blocks.Where(experiment.Trained.Includes).Sum(parameters => (long)parameters.Length),
            step,
            step * (model is ResidualTransformer ? StepsOfResidualTheorem : StepsOfTheorem));
    }

    /// <summary>The spectrum of J at one state: its rows by one backward pass each, and 2 P o² for their reduction.</summary>
    public double Kernel => (Outputs * Step) + (2.0 * Outputs * Parameters * Math.Min(Outputs, Parameters));

    /// <summary>Lanczos at one state: 200 products of about a step each, and
    /// each new vector made orthogonal to those before, twice.</summary>
    public double MatrixFree => (200 * Step) + (8.0 * 200 * 200 * Outputs / 2);

    // Forward and twice that backward; products only.
    private static double StepOf(ResidualTransformer model)
    {
        ResidualTransformerShape shape = model.Shape;
        double perRow = ((3.0 * shape.KeyWidth) + (2.0 * shape.FfnWidth) + (2.0 * model.Tokens) + shape.Width) * shape.Width;
        return 6 * shape.Depth * (model.Rows * perRow);
    }

    private static double StepOf(Transformer model) => 2 * model.Shape.GradientMultiplyAdds(model.Samples, model.Tokens);
}
