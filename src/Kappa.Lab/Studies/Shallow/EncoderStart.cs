using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>How model S starts: the three schemes of [C] (S.3) and others for the open question.</summary>
/// <param name="Scheme">Variances and τ₁.</param>
/// <param name="IsOrthogonal">Whether W_Q, W_K and W_V have orthogonal columns (or rows, where d_m &lt; d) of the length that the variance makes expected.</param>
internal sealed record EncoderStart(EncoderScheme Scheme, bool IsOrthogonal = false)
{
    /// <summary>The same as a specification.</summary>
    public InitialisationSpecification Law { get; init; } = new();

    public static EncoderStart LeCun { get; } = new(EncoderScheme.LeCun);

    public static EncoderStart He { get; } = new(EncoderScheme.He) { Law = new() { EncoderStart = Specifications.EncoderStart.He } };

    public static EncoderStart Ntk { get; } = new(EncoderScheme.Ntk) { Law = new() { EncoderStart = Specifications.EncoderStart.Ntk } };

    /// <summary>LeCun's variances with orthogonal matrices.</summary>
    public static EncoderStart Orthogonal { get; } = new(EncoderScheme.LeCun with { Name = "orthogonal" }, IsOrthogonal: true) { Law = new() { EncoderStart = Specifications.EncoderStart.Orthogonal } };

    public string Name => Scheme.Name;

    /// <summary>Variances 2/(fan in + fan out), W_Q, W_K, W_V [d_m, d] and w_O [1, d_m].</summary>
    public static EncoderStart Xavier(int width) =>
        new(new EncoderScheme("Xavier", columns => 2.0 / (columns + 1), inputs => 2.0 / (inputs + width), _ => 1))
        {
            Law = new() { EncoderStart = Specifications.EncoderStart.Xavier },
        };

    /// <summary>LeCun with every matrix multiplied by a factor.</summary>
    public static EncoderStart Gain(double gain) =>
        new(new EncoderScheme(FormattableString.Invariant($"LeCun × {gain}"), width => gain * gain / width, inputs => gain * gain / inputs, _ => 1))
        {
            Law = new() { Gain = gain },
        };

    public (TransformerShape Shape, ModelParameters Parameters) Create(TransformerShape shape, long seed)
    {
        (TransformerShape scaled, ModelParameters parameters) = Scheme.Create(shape, seed);
        foreach (ParameterBlock block in parameters.Layout.Blocks.Where(block => IsOrthogonal && block.Kind != ParameterKind.Readout))
        {
            Orthogonalise(parameters[block], Math.Sqrt(Math.Max(block.Rows, block.Columns) * Scheme.InputVariance(shape.InputWidth)));
        }

        return (scaled, parameters);
    }

    // Gram–Schmidt, twice for orthogonality to rounding, along the shorter side.
    private static void Orthogonalise(Matrix matrix, double length)
    {
        bool byRows = matrix.Rows <= matrix.Columns;
        double[][] vectors = [.. Enumerable.Range(0, Math.Min(matrix.Rows, matrix.Columns)).Select(k => byRows ? matrix.Row(k).ToArray() : Column(matrix, k))];
        for (int k = 0; k < vectors.Length; k++)
        {
            for (int pass = 0; pass < 2; pass++)
            {
                for (int other = 0; other < k; other++)
                {
                    Vectors.AddScaled(vectors[k], -Vectors.Dot(vectors[other], vectors[k]), vectors[other]);
                }
            }

            Vectors.Scale(vectors[k], 1 / Vectors.Norm(vectors[k]));
        }

        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                matrix[row, column] = length * (byRows ? vectors[row][column] : vectors[column][row]);
            }
        }
    }

    private static double[] Column(Matrix matrix, int column) => [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix[row, column])];
}
