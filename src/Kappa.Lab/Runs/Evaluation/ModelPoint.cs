using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A point of model R, from whichever program: a model, its data and its weights, and which of them are trained.</summary>
/// <remarks>The matrices belong to the point: read them, do not write to them. Checked where it is read, see <see cref="PointFile"/> and <see cref="WeightsFile"/>.</remarks>
/// <param name="Name">What it is called in results.</param>
/// <param name="Shape">Sizes and coefficients of the model (R.1–R.5).</param>
/// <param name="Samples">N.</param>
/// <param name="Inputs">X [N·n, d], sample after sample.</param>
/// <param name="Targets">Y [N·n, d_out].</param>
/// <param name="Weights">θ, of the layout of <paramref name="Shape"/>.</param>
/// <param name="Trained">The parameters that the gradient and the kernel are taken in.</param>
public sealed record ModelPoint(string Name, ResidualTransformerShape Shape, int Samples, Matrix Inputs, Matrix Targets, ResidualTransformerWeights Weights, TrainedSet Trained)
{
    // Beyond this, unless more is allowed, the intermediate matrices of one pass are no longer a small point; a run of that size is made with kappa run.
    private const long MostEvaluatorBytes = 1L << 32;

    /// <summary>n, the tokens of a sample.</summary>
    public int Tokens => Inputs.Rows / Samples;

    /// <summary>The trained matrices, in layout order.</summary>
    public IEnumerable<ParameterBlock> TrainedBlocks => Weights.Layout.Blocks.Where(Trained.Includes);

    /// <summary>What is wrong with evaluating so many rows with this model, or null: its intermediate matrices take about 8 L (6d + 2m + n) M + 8 (6d + m + n) M bytes.</summary>
    internal static string? TooLarge(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens;
        double perRow = (shape.Depth * ((6.0 * shape.Width) + (2.0 * shape.FfnWidth) + tokens)) + (6.0 * shape.Width) + shape.FfnWidth + tokens;
        double bytes = sizeof(double) * perRow * rows;
        double widest = rows * Math.Max(Math.Max(shape.Width, shape.OutputWidth), Math.Max(shape.FfnWidth, tokens));
        long most = MemoryLimit.Given ?? MostEvaluatorBytes;
        string pass = FormattableString.Invariant($"one pass over N = {samples} samples of n = {tokens} tokens");
        return bytes > most ? $"{pass} must fit into {MemoryLimit.Mebibytes(most)} MiB but needs {MemoryLimit.Mebibytes(bytes)} MiB. Take fewer samples, or allow more with --memory."
            : widest > Array.MaxLength ? FormattableString.Invariant($"a matrix of {pass} must have at most {Array.MaxLength} elements but has {widest:F0}. Take fewer samples.")
            : null;
    }
}
