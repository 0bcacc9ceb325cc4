using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Everything that the local bounds need of one block at θ_0 itself (C.15): computed once for a certificate, whatever the number of balls.</summary>
/// <remarks>M = N·n rows; p = A_r·, g_r = Σ_j p_j z_j, z̃_j = z_j − g_r, D_p = diag(p). Cost of about 2M products [d, m]·[m, d] and M + m norms.</remarks>
internal sealed class LayerCentre
{
    /// <summary>Collects the centre values.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">The weights of this block.</param>
    /// <param name="layer">Its matrices at θ_0; the last forward pass must be there.</param>
    /// <param name="samples">N.</param>
    /// <param name="norms">Workspace.</param>
    public LayerCentre(ResidualTransformerShape shape, in BlockWeights weights, LayerView layer, int samples, SpectralNorm norms)
    {
        Weights = weights;
        Samples = samples;
        Tokens = layer.Input.Rows / samples;
        Input = layer.Input;
        Attention = layer.Attention;
        AttentionOutput = layer.AttentionOutput;
        Hidden = layer.Hidden;
        HiddenDerivative = layer.HiddenDerivative;
        Output = layer.Output;
        int rows = Input.Rows;
        Mixed = Matrix.Allocate(rows, shape.Width);
        Products.MultiplyEach(samples, Attention, Input, Mixed);
        Query = Matrix.Allocate(rows, shape.KeyWidth);
        Products.Multiply(Input, weights.Query, Query);
        Preactivation = Matrix.Allocate(rows, shape.FfnWidth);
        Products.Multiply(AttentionOutput, weights.FfnIn, Preactivation);
        QueryKey = Matrix.Allocate(shape.Width, shape.Width);
        Products.MultiplyByTransposed(weights.Query, weights.Key, QueryKey);

        QueryNorm = norms.UpperBound(weights.Query);
        KeyNorm = norms.UpperBound(weights.Key);
        ValueNorm = norms.UpperBound(weights.Value);
        FfnInNorm = norms.UpperBound(weights.FfnIn);
        FfnOutNorm = norms.UpperBound(weights.FfnOut);
        QueryKeyNorm = norms.UpperBound(QueryKey);
        InputNorm = norms.UpperBound(Input);
        MixedNorm = norms.UpperBound(Mixed);
        AttentionOutputNorm = norms.UpperBound(AttentionOutput);
        HiddenNorm = norms.UpperBound(Hidden);
        OutputNorm = norms.UpperBound(Output);
        AttentionNorm = Enumerable.Range(0, samples).Max(i => norms.UpperBound(Attention.RowRange(i * Tokens, Tokens)));
        FfnOutRowNorms = RowNorms(weights.FfnOut);
        FfnInColumnNorm = LargestColumnNorm(weights.FfnIn);
        Rows = new RowCentre(this, shape, norms);
        UnitNorms = UnitNormsOf(norms);
        OutputGram = AbsoluteGram(AttentionOutput);
    }

    public BlockWeights Weights { get; }

    public int Samples { get; }

    public int Tokens { get; }

    /// <summary>Z [M, d].</summary>
    public Matrix Input { get; }

    /// <summary>A [M, n].</summary>
    public Matrix Attention { get; }

    /// <summary>G = A Z [M, d].</summary>
    public Matrix Mixed { get; }

    /// <summary>Z W_Q [M, d_k].</summary>
    public Matrix Query { get; }

    /// <summary>W_Q W_Kᵀ [d, d].</summary>
    public Matrix QueryKey { get; }

    /// <summary>H [M, d].</summary>
    public Matrix AttentionOutput { get; }

    /// <summary>P = H W_1 [M, m].</summary>
    public Matrix Preactivation { get; }

    /// <summary>ψ'(P) [M, m].</summary>
    public Matrix HiddenDerivative { get; }

    /// <summary>Φ [M, m].</summary>
    public Matrix Hidden { get; }

    /// <summary>Z⁺ [M, d].</summary>
    public Matrix Output { get; }

    public double QueryNorm { get; }

    public double KeyNorm { get; }

    public double ValueNorm { get; }

    public double FfnInNorm { get; }

    public double FfnOutNorm { get; }

    /// <summary>‖W_Q W_Kᵀ‖₂.</summary>
    public double QueryKeyNorm { get; }

    public double InputNorm { get; }

    public double MixedNorm { get; }

    public double AttentionOutputNorm { get; }

    public double HiddenNorm { get; }

    public double OutputNorm { get; }

    /// <summary>max_i ‖A_i‖₂.</summary>
    public double AttentionNorm { get; }

    /// <summary>Norms of the rows of W_2 [m].</summary>
    public double[] FfnOutRowNorms { get; }

    /// <summary>Largest norm of a column of W_1.</summary>
    public double FfnInColumnNorm { get; }

    /// <summary>What is known row by row.</summary>
    public RowCentre Rows { get; }

    /// <summary>‖diag(ψ'_j) H‖₂ for each unit j [m].</summary>
    public double[] UnitNorms { get; }

    /// <summary>|H Hᵀ| [M, M], element by element.</summary>
    public Matrix OutputGram { get; }

    private static double[] RowNorms(in Matrix matrix)
    {
        double[] norms = new double[matrix.Rows];
        for (int row = 0; row < norms.Length; row++)
        {
            norms[row] = Vectors.Norm(matrix.Row(row));
        }

        return norms;
    }

    private static double LargestColumnNorm(in Matrix matrix)
    {
        double[] squares = new double[matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            ReadOnlySpan<double> values = matrix.Row(row);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(values, values, squares, squares);
        }

        return Math.Sqrt(squares.Max());
    }

    private double[] UnitNormsOf(SpectralNorm norms)
    {
        double[] result = new double[HiddenDerivative.Columns];
        double[] weights = new double[HiddenDerivative.Rows];
        for (int unit = 0; unit < result.Length; unit++)
        {
            for (int row = 0; row < weights.Length; row++)
            {
                weights[row] = HiddenDerivative[row, unit];
            }

            result[unit] = norms.UpperBound(AttentionOutput, weights);
        }

        return result;
    }

    private static Matrix AbsoluteGram(in Matrix matrix)
    {
        Matrix gram = Matrix.Allocate(matrix.Rows, matrix.Rows);
        Products.MultiplyByTransposed(matrix, matrix, gram);
        System.Numerics.Tensors.TensorPrimitives.Abs<double>(gram.Span, gram.Span);
        return gram;
    }
}
