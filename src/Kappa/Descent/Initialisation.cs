using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>The law of a parameter matrix [rows, columns] before its gain g is applied; tokens are rows, so rows is the fan-in.</summary>
public enum InitialisationScheme
{
    /// <summary>N(0, g²/d) for every matrix, d the model width, whatever the matrix's own shape.</summary>
    Gaussian,

    /// <summary>N(0, g²/rows).</summary>
    LeCun,

    /// <summary>N(0, 2g²/rows).</summary>
    He,

    /// <summary>N(0, 2g²/(rows + columns)), also called Glorot.</summary>
    Xavier,

    /// <summary>
    /// N(0, g²/rows): the start of the kernel parametrisation, where entries are N(0, 1) and a factor 1/√rows stands in the model. Model R
    /// has no such factor, so the factor goes into the law: the initial function is that of the kernel parametrisation and equals LeCun's.
    /// Its dynamics (steps divided by the fan-in of each matrix) is not reproduced by one step size.
    /// </summary>
    Ntk,

    /// <summary>g times a matrix with orthonormal columns (rows ≥ columns)
    /// or rows (rows &lt; columns), uniform (Haar) among them.</summary>
    Orthogonal,
}

/// <summary>How weights start: a scheme, a gain, a gain per kind of matrix.</summary>
/// <remarks>
/// The numbers of a matrix come from the sequence <c>initialisation.&lt;block name&gt;</c> of the seed: another depth, or another scheme
/// elsewhere, does not change them, and changing a gain scales them. Immutable and thread-safe.
/// </remarks>
public sealed record Initialisation
{
    private const double PositionDeviation = 0.02;

    /// <summary>The law.</summary>
    public InitialisationScheme Scheme { get; init; } = InitialisationScheme.Gaussian;

    /// <summary>Factor of every matrix.</summary>
    public double Gain { get; init; } = 1;

    /// <summary>Further factor of W_Q.</summary>
    public double QueryGain { get; init; } = 1;

    /// <summary>Further factor of W_K.</summary>
    public double KeyGain { get; init; } = 1;

    /// <summary>Further factor of W_V.</summary>
    public double ValueGain { get; init; } = 1;

    /// <summary>Further factor of W_1.</summary>
    public double FfnInGain { get; init; } = 1;

    /// <summary>Further factor of W_2; 0 starts every feed-forward branch at zero.</summary>
    public double FfnOutGain { get; init; } = 1;

    /// <summary>Further factor of W_U.</summary>
    public double ReadoutGain { get; init; } = 1;

    /// <summary>Further factor of W_O.</summary>
    public double OutputGain { get; init; } = 1;

    /// <summary>g of a matrix of the given kind: <see cref="Gain"/> times the kind's own.</summary>
    /// <param name="kind">The kind.</param>
    public double GainOf(ParameterKind kind) => Gain * kind switch
    {
        ParameterKind.Query => QueryGain,
        ParameterKind.Key => KeyGain,
        ParameterKind.Value => ValueGain,
        ParameterKind.FfnIn => FfnInGain,
        ParameterKind.FfnOut => FfnOutGain,
        ParameterKind.Readout => ReadoutGain,
        ParameterKind.Output => OutputGain,
        _ => 1,
    };

    /// <summary>New weights of <paramref name="shape"/>.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a gain not finite.</exception>
    public ResidualTransformerWeights Create(ResidualTransformerShape shape, long seed)
    {
        var weights = new ResidualTransformerWeights(shape);
        foreach (ParameterBlock block in weights.Layout.Blocks)
        {
            double gain = GainOf(block.Kind);
            if (!double.IsFinite(gain))
            {
                throw new ArgumentException($"The gain of {block.Name} must be finite but is {gain}.");
            }

            Fill(weights[block], StandardDeviation(block, shape.Width), gain, new RandomSequence(seed, $"initialisation.{block.Name}"));
        }

        return weights;
    }

    /// <summary>
    /// New parameters of any Transformer: its matrices by the law, token vectors of identifiers N(0, 1), positions N(0, 0.02²), gains of
    /// normalisations 1, shifts and biases 0.
    /// </summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a gain not finite.</exception>
    public ModelParameters Create(TransformerShape shape, long seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var parameters = new ModelParameters(shape.NewLayout());
        foreach (ParameterBlock block in parameters.Layout.Blocks)
        {
            if (block.Kind == ParameterKind.Position
                || (block.Kind == ParameterKind.Embedding && shape.Input == TransformerInput.Identifiers))
            {
                Span<double> values = parameters[block].Span;
                new RandomSequence(seed, $"initialisation.{block.Name}").FillGaussian(values);
                Vectors.Scale(values, block.Kind == ParameterKind.Position ? PositionDeviation : 1);
            }
            else if (!block.IsRow)
            {
                double gain = GainOf(block.Kind);
                if (!double.IsFinite(gain))
                {
                    throw new ArgumentException($"The gain of {block.Name} must be finite but is {gain}.");
                }

                int fanIn = shape.FanIn(block);
                Fill(
                    parameters[block], StandardDeviation(fanIn, block.Length / fanIn, shape.Width), gain,
                    new RandomSequence(seed, $"initialisation.{block.Name}"));
            }
            else if (block.Kind == ParameterKind.NormGain)
            {
                parameters[block].Fill(1);
            }
        }

        return parameters;
    }

    /// <summary>The standard deviation of an entry at gain 1; for orthogonal matrices its root mean square 1/√max(rows, columns).</summary>
    /// <param name="block">The matrix.</param>
    /// <param name="width">Model width d.</param>
    internal double StandardDeviation(ParameterBlock block, int width) => StandardDeviation(block.Rows, block.Columns, width);

    private double StandardDeviation(int rows, int columns, int width) => Scheme switch
    {
        InitialisationScheme.Gaussian => 1 / Math.Sqrt(width),
        InitialisationScheme.LeCun or InitialisationScheme.Ntk => 1 / Math.Sqrt(rows),
        InitialisationScheme.He => Math.Sqrt(2.0 / rows),
        InitialisationScheme.Xavier => Math.Sqrt(2.0 / (rows + columns)),
        _ => 1 / Math.Sqrt(Math.Max(rows, columns)),
    };

    private void Fill(in Matrix matrix, double standardDeviation, double gain, RandomSequence sequence)
    {
        Span<double> values = matrix.Span;
        sequence.FillGaussian(values);
        if (Scheme == InitialisationScheme.Orthogonal)
        {
            MakeOrthonormal(matrix);
        }

        Vectors.Scale(values, Scheme == InitialisationScheme.Orthogonal ? gain : gain * standardDeviation);
    }

    private static void MakeOrthonormal(in Matrix matrix)
    {
        if (matrix.Rows >= matrix.Columns)
        {
            HouseholderQr.OrthonormalColumns(matrix);
            return;
        }

        Matrix tall = Transposed(matrix);
        HouseholderQr.OrthonormalColumns(tall);
        Transposed(tall).CopyTo(matrix);
    }

    private static Matrix Transposed(in Matrix matrix)
    {
        Matrix result = Matrix.Allocate(matrix.Columns, matrix.Rows);
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                result[column, row] = matrix[row, column];
            }
        }

        return result;
    }
}
