using Kappa.Models;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>Operations that the parts of a ladder take, counted from the sizes.</summary>
/// <param name="Outputs">M·d_out.</param>
/// <param name="Parameters">Trained parameters P.</param>
/// <param name="Rows">M token rows.</param>
/// <param name="Step">One step of the descent.</param>
internal sealed record LadderWork(long Outputs, long Parameters, long Rows, double Step)
{
    public static LadderWork Of(Experiment experiment)
    {
        ResidualTransformer model = experiment.Residual;
        ResidualTransformerShape shape = model.Shape;
        long rows = model.Rows, tokens = model.Tokens;

        // Forward and twice that backward; products only.
        double block = rows * (((3.0 * shape.KeyWidth) + (2.0 * shape.FfnWidth) + (2.0 * tokens) + shape.Width) * shape.Width);
        return new LadderWork(
            rows * model.OutputColumns,
            model.Layout.Blocks.Where(experiment.Trained.Includes).Sum(parameters => (long)parameters.Length),
            rows,
            6 * shape.Depth * block);
    }

    /// <summary>The spectrum of J at one state: its rows by one backward pass each, and 2 P o² for their reduction.</summary>
    public double Kernel => (Outputs * Step) + (2.0 * Outputs * Parameters * Math.Min(Outputs, Parameters));

    /// <summary>Lanczos at one state: 200 products of about a step each, and each new vector made orthogonal to those before, twice.</summary>
    public double MatrixFree => (200 * Step) + (8.0 * 200 * 200 * Outputs / 2);

    /// <summary>One evaluation of a theorem: by measurement about a thousand steps of the descent.</summary>
    public double Theorem => 1000 * Step;
}
