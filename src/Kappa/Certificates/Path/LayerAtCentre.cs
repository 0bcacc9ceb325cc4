using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Everything that the local bounds need of one block at θ_0 itself
/// (C.15): computed once for a certificate, whatever the number of balls.</summary>
/// <remarks>M = N·n rows; p = A_r·, g_r = Σ_j p_j z_j, z̃_j = z_j − g_r, D_p =
/// diag(p). Cost of about 2M products [d, m]·[m, d] and M + m norms.</remarks>
internal sealed class LayerAtCentre
{
    /// <summary>Collects the centre values.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">The weights of this block.</param>
    /// <param name="layer">Its matrices at θ_0 with their errors.</param>
    /// <param name="samples">N.</param>
    /// <param name="norms">Workspace.</param>
    /// <param name="keepsStacks">Whether the matrices behind the row norms are kept, for Gram matrices of Jacobians.</param>
    public LayerAtCentre(
        ResidualTransformerShape shape, in BlockWeights weights, PreciseLayer layer, int samples, SpectralNorm norms, bool keepsStacks)
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
        QueryKeyError = EnclosedMatrix.ProductError(
            UpperBound.FrobeniusNorm(weights.Query), 0, UpperBound.FrobeniusNorm(weights.Key), 0, shape.KeyWidth);

        QueryNorm = norms.Of(weights.Query);
        KeyNorm = norms.Of(weights.Key);
        ValueNorm = norms.Of(weights.Value);
        FfnInNorm = norms.Of(weights.FfnIn);
        FfnOutNorm = norms.Of(weights.FfnOut);
        QueryKeyNorm = norms.Of(QueryKey) + QueryKeyError;
        InputNorm = norms.Of(Input.Values);
        MixedNorm = norms.Of(Mixed.Values);
        AttentionOutputNorm = norms.Of(AttentionOutput.Values);
        HiddenNorm = norms.Of(Hidden.Values);
        OutputNorm = norms.Of(Output.Values);
        AttentionNorm = LargestSample(EnclosedMatrix.Of(layer.Attention), norms);
        FfnOutRowNorms = RowNorms(weights.FfnOut);
        FfnInColumnNorm = UpperBound.Max(RowNorms(Transposition.Of(weights.FfnIn)));
        Rows = new TokenRowsAtCentre(this, shape, norms, keepsStacks);
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
    public UpperBound QueryKeyError { get; }

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

    public UpperBound QueryNorm { get; }

    public UpperBound KeyNorm { get; }

    public UpperBound ValueNorm { get; }

    public UpperBound FfnInNorm { get; }

    public UpperBound FfnOutNorm { get; }

    /// <summary>‖W_Q W_Kᵀ‖₂.</summary>
    public UpperBound QueryKeyNorm { get; }

    /// <summary>‖Z‖₂ of the doubles, as the further ones: the error is added with the radius (<see cref="LocalBound.Close"/>).</summary>
    public UpperBound InputNorm { get; }

    public UpperBound MixedNorm { get; }

    public UpperBound AttentionOutputNorm { get; }

    public UpperBound HiddenNorm { get; }

    public UpperBound OutputNorm { get; }

    /// <summary>max_i ‖A_i‖₂.</summary>
    public UpperBound AttentionNorm { get; }

    /// <summary>Norms of the rows of W_2 [m].</summary>
    public UpperBound[] FfnOutRowNorms { get; }

    /// <summary>Largest norm of a column of W_1.</summary>
    public UpperBound FfnInColumnNorm { get; }

    /// <summary>What is known row by row.</summary>
    public TokenRowsAtCentre Rows { get; }

    /// <summary>‖diag(ψ'_j) H‖₂ for each unit j [m].</summary>
    public UpperBound[] UnitNorms { get; }

    /// <summary>|H Hᵀ| [M, M], element by element.</summary>
    public Matrix OutputGram { get; }

    /// <summary>How much larger the weights of a row may be than those of A, relative to themselves
    /// and apart from those next to 0: 2ρ, and the rounding of taking them up (C.39).</summary>
    public UpperBound ShareOfWeights(int row) => UpperBound.Min(1, (2 * Precise.AttentionError[row]) + UpperBound.Gamma(16));

    private static UpperBound[] RowNorms(in Matrix matrix)
    {
        var norms = new UpperBound[matrix.Rows];
        for (int row = 0; row < norms.Length; row++)
        {
            norms[row] = UpperBound.Norm(matrix.Row(row));
        }

        return norms;
    }

    // The weights of a row are probabilities, so they are at most p̂(1 + ρ), a
    // weight next to 0 more, and 1: every bound that uses them grows with them.
    private static Matrix UpperWeights(PreciseLayer layer)
    {
        Matrix upper = Matrix.Allocate(layer.Attention.Rows, layer.Attention.Columns);
        for (int row = 0; row < upper.Rows; row++)
        {
            UpperBound ratio = 1 + layer.AttentionError[row];
            for (int j = 0; j < upper.Columns; j++)
            {
                DoubleDouble weight = layer.Attention[row, j];
                upper[row, j] = UpperBound.Min(
                    (((UpperBound)weight.High + (UpperBound)weight.Low) * ratio) + PreciseAttention.VanishingWeight, 1).Value;
            }
        }

        return upper;
    }

    private UpperBound LargestSample(EnclosedMatrix stacked, SpectralNorm norms) =>
        UpperBound.Max([.. Enumerable.Range(0, Samples).Select(i =>
        norms.Of(stacked.Values.RowRange(i * Tokens, Tokens)) + UpperBound.Norm(stacked.RowError.AsSpan(i * Tokens, Tokens)))]);

    // ‖diag(ψ'_j) H‖₂ with the errors of both factors: |Δψ'_rj| ≤ the error of its row
    private UpperBound[] UnitNormsOf(SpectralNorm norms)
    {
        var result = new UpperBound[HiddenDerivative.Values.Columns];
        double[] weights = new double[HiddenDerivative.Values.Rows];
        var steepest = (UpperBound)MatrixScale.Of(HiddenDerivative.Values).Largest;
        UpperBound error = (steepest * AttentionOutput.Error)
            + (UpperBound.Max(HiddenDerivative.RowError) * (UpperBound.FrobeniusNorm(AttentionOutput.Values) + AttentionOutput.Error));
        for (int unit = 0; unit < result.Length; unit++)
        {
            for (int row = 0; row < weights.Length; row++)
            {
                weights[row] = HiddenDerivative.Values[row, unit];
            }

            result[unit] = norms.Of(AttentionOutput.Values, weights) + error;
        }

        return result;
    }

    private static Matrix AbsoluteGram(EnclosedMatrix matrix)
    {
        Matrix gram = Matrix.Allocate(matrix.Values.Rows, matrix.Values.Rows);
        Products.MultiplyByTransposed(matrix.Values, matrix.Values, gram);
        UpperBound[] norms = [.. Enumerable.Range(0, gram.Rows).Select(row => UpperBound.Norm(matrix.Values.Row(row)))];
        for (int r = 0; r < gram.Rows; r++)
        {
            for (int s = 0; s < gram.Rows; s++)
            {
                UpperBound error = EnclosedMatrix.ProductError(
                    norms[r], matrix.RowError[r], norms[s], matrix.RowError[s], matrix.Values.Columns);
                gram[r, s] = ((UpperBound)gram[r, s] + error).Value;
            }
        }

        return gram;
    }
}
