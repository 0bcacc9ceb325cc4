using System.Numerics.Tensors;
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
    /// <param name="layer">Its matrices at θ_0 with their errors.</param>
    /// <param name="samples">N.</param>
    /// <param name="norms">Workspace.</param>
    /// <param name="keepsStacks">Whether the matrices behind the row norms are kept, for Gram matrices of Jacobians.</param>
    public LayerCentre(ResidualTransformerShape shape, in BlockWeights weights, PreciseLayer layer, int samples, SpectralNorm norms, bool keepsStacks)
    {
        Weights = weights;
        Samples = samples;
        Tokens = layer.Input.Rows / samples;
        Precise = layer;
        Input = EnclosedMatrix.Of(layer.Input);
        Query = EnclosedMatrix.Of(layer.Query);
        Mixed = EnclosedMatrix.Of(layer.Mixed);
        AttentionOutput = EnclosedMatrix.Of(layer.AttentionOutput);
        Preactivation = EnclosedMatrix.Of(layer.Preactivation);
        Hidden = EnclosedMatrix.Of(layer.Hidden);
        HiddenDerivative = EnclosedMatrix.Of(layer.HiddenDerivative);
        Output = EnclosedMatrix.Of(layer.Output);
        Attention = UpperWeights(layer);
        QueryKey = Matrix.Allocate(shape.Width, shape.Width);
        Products.MultiplyByTransposed(weights.Query, weights.Key, QueryKey);
        QueryKeyError = EnclosedMatrix.ProductError(RoundedUp.FrobeniusNorm(weights.Query), 0, RoundedUp.FrobeniusNorm(weights.Key), 0, shape.KeyWidth);

        QueryNorm = norms.UpperBound(weights.Query);
        KeyNorm = norms.UpperBound(weights.Key);
        ValueNorm = norms.UpperBound(weights.Value);
        FfnInNorm = norms.UpperBound(weights.FfnIn);
        FfnOutNorm = norms.UpperBound(weights.FfnOut);
        QueryKeyNorm = norms.UpperBound(QueryKey) + QueryKeyError;
        InputNorm = norms.UpperBound(Input.Values);
        MixedNorm = norms.UpperBound(Mixed.Values);
        AttentionOutputNorm = norms.UpperBound(AttentionOutput.Values);
        HiddenNorm = norms.UpperBound(Hidden.Values);
        OutputNorm = norms.UpperBound(Output.Values);
        AttentionNorm = LargestSample(EnclosedMatrix.Of(layer.Attention), norms);
        FfnOutRowNorms = RowNorms(weights.FfnOut);
        FfnInColumnNorm = LargestColumnNorm(weights.FfnIn);
        Rows = new RowCentre(this, shape, norms, keepsStacks);
        UnitNorms = UnitNormsOf(norms);
        OutputGram = AbsoluteGram(AttentionOutput);
    }

    public BlockWeights Weights { get; }

    public int Samples { get; }

    public int Tokens { get; }

    /// <summary>The same matrices before they are rounded to double.</summary>
    public PreciseLayer Precise { get; }

    /// <summary>Z [M, d].</summary>
    public EnclosedMatrix Input { get; }

    /// <summary>Weights that no element of A exceeds [M, n].</summary>
    public Matrix Attention { get; }

    /// <summary>G = A Z [M, d].</summary>
    public EnclosedMatrix Mixed { get; }

    /// <summary>Z W_Q [M, d_k].</summary>
    public EnclosedMatrix Query { get; }

    /// <summary>W_Q W_Kᵀ [d, d].</summary>
    public Matrix QueryKey { get; }

    /// <summary>Its rounding (Frobenius) at most.</summary>
    public double QueryKeyError { get; }

    /// <summary>H [M, d].</summary>
    public EnclosedMatrix AttentionOutput { get; }

    /// <summary>P = H W_1 [M, m].</summary>
    public EnclosedMatrix Preactivation { get; }

    /// <summary>ψ'(P) [M, m].</summary>
    public EnclosedMatrix HiddenDerivative { get; }

    /// <summary>Φ [M, m].</summary>
    public EnclosedMatrix Hidden { get; }

    /// <summary>Z⁺ [M, d].</summary>
    public EnclosedMatrix Output { get; }

    public double QueryNorm { get; }

    public double KeyNorm { get; }

    public double ValueNorm { get; }

    public double FfnInNorm { get; }

    public double FfnOutNorm { get; }

    /// <summary>‖W_Q W_Kᵀ‖₂.</summary>
    public double QueryKeyNorm { get; }

    /// <summary>‖Z‖₂ of the doubles, as the further ones: the error is added with the radius (<see cref="LocalBound.Close"/>).</summary>
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
            norms[row] = RoundedUp.Norm(matrix.Row(row));
        }

        return norms;
    }

    private static double LargestColumnNorm(in Matrix matrix)
    {
        double[] squares = new double[matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            ReadOnlySpan<double> values = matrix.Row(row);
            TensorPrimitives.MultiplyAdd(values, values, squares, squares);
        }

        return RoundedUp.Of(Math.Sqrt(squares.Max()) + EnclosedMatrix.Underflow);
    }

    // p̂(1 + ρ), rounded up and at most 1: every bound that uses the weights grows with them.
    private static Matrix UpperWeights(PreciseLayer layer)
    {
        Matrix upper = Matrix.Allocate(layer.Attention.Rows, layer.Attention.Columns);
        for (int row = 0; row < upper.Rows; row++)
        {
            for (int j = 0; j < upper.Columns; j++)
            {
                double weight = (layer.Attention.High[row, j] * (1 + layer.AttentionError[row]) * (1 + 1e-15)) + 1e-250;
                upper[row, j] = weight < 1 ? weight : 1;
            }
        }

        return upper;
    }

    private double LargestSample(EnclosedMatrix stacked, SpectralNorm norms) => Enumerable.Range(0, Samples).Max(i =>
        RoundedUp.Of(norms.UpperBound(stacked.Values.RowRange(i * Tokens, Tokens)) + RoundedUp.Norm(stacked.RowError.AsSpan(i * Tokens, Tokens))));

    // ‖diag(ψ'_j) H‖₂ with the errors of both factors: |Δψ'_rj| ≤ the error of its row
    private double[] UnitNormsOf(SpectralNorm norms)
    {
        double[] result = new double[HiddenDerivative.Values.Columns];
        double[] weights = new double[HiddenDerivative.Values.Rows];
        double steepest = 0, error = 0;
        for (int row = 0; row < weights.Length; row++)
        {
            steepest = Math.Max(steepest, TensorPrimitives.MaxMagnitude<double>(HiddenDerivative.Values.Row(row)));
            error = Math.Max(error, HiddenDerivative.RowError[row]);
        }

        error = RoundedUp.Of((steepest * AttentionOutput.Error) + (error * (RoundedUp.FrobeniusNorm(AttentionOutput.Values) + AttentionOutput.Error)));
        for (int unit = 0; unit < result.Length; unit++)
        {
            for (int row = 0; row < weights.Length; row++)
            {
                weights[row] = HiddenDerivative.Values[row, unit];
            }

            result[unit] = norms.UpperBound(AttentionOutput.Values, weights) + error;
        }

        return result;
    }

    private static Matrix AbsoluteGram(EnclosedMatrix matrix)
    {
        Matrix gram = Matrix.Allocate(matrix.Values.Rows, matrix.Values.Rows);
        Products.MultiplyByTransposed(matrix.Values, matrix.Values, gram);
        double[] norms = [.. Enumerable.Range(0, gram.Rows).Select(row => RoundedUp.Norm(matrix.Values.Row(row)))];
        for (int r = 0; r < gram.Rows; r++)
        {
            for (int s = 0; s < gram.Rows; s++)
            {
                gram[r, s] = Math.Abs(gram[r, s]) + EnclosedMatrix.ProductError(norms[r], matrix.RowError[r], norms[s], matrix.RowError[s], matrix.Values.Columns);
            }
        }

        return gram;
    }
}
