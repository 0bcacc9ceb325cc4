using System.Numerics.Tensors;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Norms at θ_0 that belong to one token row each (C.15), with the rounding of what they are norms of (C.37).</summary>
internal sealed class TokenRowsAtCentre
{
    private readonly LayerAtCentre _layer;
    private readonly SpectralNorm _norms;
    private readonly Matrix _centred;
    private readonly Matrix _centredValue;
    private readonly Matrix _centredKey;
    private readonly Matrix _centredQueryKey;
    private readonly Matrix _weighted;
    private readonly Matrix _transfer;
    private readonly Matrix _covariance;
    private readonly Matrix _covarianceOutput;
    private readonly double _ffnResidual;
    private readonly WeightNorms _weights;

    public TokenRowsAtCentre(LayerAtCentre layer, ResidualTransformerShape shape, SpectralNorm norms, bool keepsStacks)
    {
        int rows = layer.Input.Values.Rows, width = shape.Width, tokens = layer.Tokens;
        (_layer, _norms, _ffnResidual) = (layer, norms, shape.FfnResidual);
        _weights = new WeightNorms(layer);
        (_centred, _centredValue, _centredQueryKey) = (
            Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width));
        _centredKey = Matrix.Allocate(tokens, shape.KeyWidth);
        (_weighted, _transfer) = (Matrix.Allocate(width, shape.FfnWidth), Matrix.Allocate(width, width));
        Stacks = keepsStacks ? new TokenRowStacks(rows, tokens, width, shape.KeyWidth) : null;
        _covariance = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        _covarianceOutput = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        (Input, QueryKey, Query, Spread, KeySpread, QueryKeySpread) = (Rows(), Rows(), Rows(), Rows(), Rows(), Rows());
        (
            FarthestToken, Covariance, KeyCovariance, CovarianceOutput, KeyCovarianceOutput, FfnIn, FfnOut,
            Transfer) = (Rows(), Rows(), Rows(), Rows(), Rows(), Rows(), Rows(), Rows());
        for (int row = 0; row < rows; row++)
        {
            SpreadErrors errors = Attend(row);
            Feed(row, errors);
        }

        UpperBound[] diameters = [.. Enumerable.Range(0, layer.Samples).Select(Diameter)];
        Diameters = [.. Enumerable.Range(0, rows).Select(row => diameters[row / tokens])];
        QueryKeyRows = layer.Precise.Query.Multiply(Transposition.Of(layer.Weights.Key));
        for (int row = 0; row < rows; row++)
        {
            QueryKey[row] = QueryKeyRows.RowNorm(row);
            Query[row] = layer.Query.RowNorm(row);
            Input[row] = layer.Input.RowNorm(row);
        }

        UpperBound[] Rows() => new UpperBound[rows];
    }

    /// <summary>z_r W_Q W_Kᵀ [M, d].</summary>
    public PreciseMatrix QueryKeyRows { get; }

    /// <summary>‖z_r‖ [M].</summary>
    public UpperBound[] Input { get; }

    /// <summary>‖z_r W_Q W_Kᵀ‖ [M].</summary>
    public UpperBound[] QueryKey { get; }

    /// <summary>‖z_r W_Q‖ [M].</summary>
    public UpperBound[] Query { get; }

    /// <summary>κ_r = ‖D_p^½ Z̃‖₂, the spread of the tokens as row r sees them [M].</summary>
    public UpperBound[] Spread { get; }

    /// <summary>ω^K_r = ‖D_p^½ Z̃ W_K‖₂ [M].</summary>
    public UpperBound[] KeySpread { get; }

    /// <summary>ω^M_r = ‖D_p^½ Z̃ (W_Q W_Kᵀ)ᵀ‖₂ [M].</summary>
    public UpperBound[] QueryKeySpread { get; }

    /// <summary>max_j ‖z̃_j‖ [M].</summary>
    public UpperBound[] FarthestToken { get; }

    /// <summary>max_jk ‖z_j − z_k‖ over the row's sample [M].</summary>
    public UpperBound[] Diameters { get; }

    /// <summary>‖Cov_r W_V‖₂ [M].</summary>
    public UpperBound[] Covariance { get; }

    /// <summary>‖W_Kᵀ Cov_r W_V‖₂ [M].</summary>
    public UpperBound[] KeyCovariance { get; }

    /// <summary>‖Cov_r W_V T_r‖₂ [M].</summary>
    public UpperBound[] CovarianceOutput { get; }

    /// <summary>‖W_Kᵀ Cov_r W_V T_r‖₂ [M].</summary>
    public UpperBound[] KeyCovarianceOutput { get; }

    /// <summary>‖W_1 diag(ψ'_r)‖₂ [M].</summary>
    public UpperBound[] FfnIn { get; }

    /// <summary>‖diag(ψ'_r) W_2‖₂ [M].</summary>
    public UpperBound[] FfnOut { get; }

    /// <summary>‖T_r‖₂ of T_r = ρ_f I + W_1 diag(ψ'_r) W_2, the derivative of z⁺_r in h_r [M].</summary>
    public UpperBound[] Transfer { get; }

    /// <summary>The matrices behind the norms, where Gram matrices of Jacobians
    /// are wanted; with one block the norms themselves are enough.</summary>
    public TokenRowStacks? Stacks { get; }

    // Rows √p_j (z_j − g_r) and what they give: Cov_r = Σ_j p_j z̃_j z̃_jᵀ is the Gram matrix of their columns.
    private SpreadErrors Attend(int row)
    {
        int tokens = _layer.Tokens, first = row / tokens * tokens;
        var tokenErrors = new UpperBound[tokens];
        for (int j = 0; j < tokens; j++)
        {
            Span<double> centred = _centred.Row(j);
            UpperBound tokenError = Centre(first + j, row, centred);
            double root = Math.Sqrt(_layer.Attention[row, j]);
            FarthestToken[row] = UpperBound.Max(FarthestToken[row], UpperBound.Norm(centred) + tokenError);
            Vectors.Scale(centred, root);
            tokenErrors[j] = (1 + UpperBound.Gamma(1)) * (UpperBound)root * tokenError;
        }

        UpperBound centredNorm = UpperBound.FrobeniusNorm(_centred),
            error = UpperBound.Norm(tokenErrors) + (UpperBound.Gamma(4) * centredNorm) + EnclosedMatrix.Underflow;
        Products.Multiply(_centred, _layer.Weights.Value, _centredValue);
        Products.Multiply(_centred, _layer.Weights.Key, _centredKey);
        Products.MultiplyByTransposed(_centred, _layer.QueryKey, _centredQueryKey);
        int width = _centred.Columns;
        UpperBound keyError = EnclosedMatrix.ProductError(centredNorm, error, _weights.Key, 0, width);
        UpperBound queryKeyError = EnclosedMatrix.ProductError(centredNorm, error, _weights.QueryKey, _layer.QueryKeyError, width);
        Spread[row] = _norms.Of(_centred) + error;
        KeySpread[row] = _norms.Of(_centredKey) + keyError;
        QueryKeySpread[row] = _norms.Of(_centredQueryKey) + queryKeyError;
        UpperBound vanishing = 2 * tokens * PreciseAttention.VanishingWeight * UpperBound.Square(FarthestToken[row]);
        return new SpreadErrors(
            error, EnclosedMatrix.ProductError(centredNorm, error, _weights.Value, 0, width), keyError, _layer.ShareOfWeights(row),
            vanishing);
    }

    // z_j − g_r, rounded to double; returns its error.
    private UpperBound Centre(int token, int row, Span<double> centred)
    {
        PreciseMatrix input = _layer.Precise.Input, mixed = _layer.Precise.Mixed;
        for (int k = 0; k < centred.Length; k++)
        {
            centred[k] = (input[token, k] - mixed[row, k]).High;
        }

        UpperBound rounding = ((UpperBound)DoubleDouble.Unit * (input.RowNorm(token) + mixed.RowNorm(row)))
            + (UpperBound.Gamma(1) * UpperBound.Norm(centred));
        return input.RowError[token] + mixed.RowError[row] + rounding;
    }

    private void Feed(int row, SpreadErrors errors)
    {
        ReadOnlySpan<double> derivative = _layer.HiddenDerivative.Values.Row(row);
        for (int i = 0; i < _weighted.Rows; i++)
        {
            TensorPrimitives.Multiply(_layer.Weights.FfnIn.Row(i), derivative, _weighted.Row(i));
        }

        Products.Multiply(_weighted, _layer.Weights.FfnOut, _transfer);
        for (int i = 0; i < _transfer.Rows; i++)
        {
            _transfer[i, i] += _ffnResidual;
        }

        UpperBound derivativeError = _layer.HiddenDerivative.RowError[row], weightedNorm = UpperBound.FrobeniusNorm(_weighted),
            transferNorm = UpperBound.FrobeniusNorm(_transfer);
        UpperBound weightedError = (_layer.FfnInColumnNorm * derivativeError) + (UpperBound.Gamma(1) * weightedNorm)
            + EnclosedMatrix.Underflow;
        UpperBound transferError = EnclosedMatrix.ProductError(weightedNorm, weightedError, _weights.FfnOut, 0, _weighted.Columns)
            + (UpperBound.Gamma(1) * transferNorm);
        FfnIn[row] = _norms.Of(_weighted) + weightedError;
        FfnOut[row] = _norms.Of(_layer.Weights.FfnOut, derivative) + (_weights.LargestFfnOutRow * derivativeError);
        Transfer[row] = _norms.Of(_transfer) + transferError;
        (Covariance[row], CovarianceOutput[row]) = Through(
            _centred, errors.Token, errors, row, transferNorm, transferError, Stacks?.Covariance, Stacks?.CovarianceOutput);
        (KeyCovariance[row], KeyCovarianceOutput[row]) = Through(
            _centredKey, errors.Key, errors, row, transferNorm, transferError, Stacks?.KeyCovariance, Stacks?.KeyCovarianceOutput);
        if (Stacks is not null)
        {
            Stacks.Transfer.Keep(row, _transfer, transferError);
            Stacks.KeepValues(row, _centredValue, errors.Value);
        }
    }

    // ‖Lᵀ (D_p^½ Z̃ W_V)‖₂, and the same times T_r, for L = D_p^½ Z̃ or D_p^½ Z̃ W_K.
    private (UpperBound Attention, UpperBound Output) Through(
        in Matrix left, UpperBound leftError, SpreadErrors errors, int row, UpperBound transferNorm, UpperBound transferError,
        TokenRowStack? stack, TokenRowStack? outputStack)
    {
        Matrix covariance = _covariance.RowRange(0, left.Columns);
        Products.TransposedMultiply(left, _centredValue, covariance);
        Matrix output = _covarianceOutput.RowRange(0, left.Columns);
        Products.Multiply(covariance, _transfer, output);

        // The weights in both factors may exceed A by a share, and where they are next to 0 by 1e-250.
        UpperBound leftNorm = UpperBound.FrobeniusNorm(left), valueNorm = UpperBound.FrobeniusNorm(_centredValue);
        UpperBound shared = (errors.Weights * (leftNorm + leftError) * (valueNorm + errors.Value))
            + (errors.Vanishing * (1 + _weights.Key) * _weights.Value);
        UpperBound error = EnclosedMatrix.ProductError(leftNorm, leftError, valueNorm, errors.Value, left.Rows) + shared;
        UpperBound outputError = EnclosedMatrix.ProductError(
            UpperBound.FrobeniusNorm(covariance), error, transferNorm, transferError, covariance.Columns);
        stack?.Keep(row, covariance, error);
        outputStack?.Keep(row, output, outputError);
        return (_norms.Of(covariance) + error, _norms.Of(output) + outputError);
    }

    private UpperBound Diameter(int sample)
    {
        UpperBound largest = default;
        int tokens = _layer.Tokens, first = sample * tokens;
        PreciseMatrix differences = _layer.Precise.Differences;
        double[] between = new double[differences.Columns];
        for (int j = 0; j < tokens; j++)
        {
            for (int k = 0; k < j; k++)
            {
                TensorPrimitives.Subtract(differences.High.Row(first + j), differences.High.Row(first + k), between);
                UpperBound rounding = UpperBound.Gamma(2) * (differences.RowNorm(first + j) + differences.RowNorm(first + k));
                largest = UpperBound.Max(
                    largest, UpperBound.Norm(between) + rounding + differences.RowError[first + j] + differences.RowError[first + k]);
            }
        }

        return largest;
    }

    /// <summary>Errors (Frobenius) of one row's spreads.</summary>
    /// <param name="Token">Of D_p^½ Z̃.</param>
    /// <param name="Value">Of D_p^½ Z̃ W_V.</param>
    /// <param name="Key">Of D_p^½ Z̃ W_K.</param>
    /// <param name="Weights">Share by which the weights used may exceed those of A, at most.</param>
    /// <param name="Vanishing">What weights next to 0 may add to Σ_j p_j ‖z̃_j‖², at most.</param>
    private readonly record struct SpreadErrors(
        UpperBound Token, UpperBound Value, UpperBound Key, UpperBound Weights, UpperBound Vanishing);

    /// <summary>Frobenius norms of the block's matrices.</summary>
    private sealed class WeightNorms(LayerAtCentre layer)
    {
        public UpperBound Key { get; } = UpperBound.FrobeniusNorm(layer.Weights.Key);

        public UpperBound Value { get; } = UpperBound.FrobeniusNorm(layer.Weights.Value);

        public UpperBound FfnOut { get; } = UpperBound.FrobeniusNorm(layer.Weights.FfnOut);

        public UpperBound QueryKey { get; } = UpperBound.FrobeniusNorm(layer.QueryKey);

        public UpperBound LargestFfnOutRow { get; } = UpperBound.Max(layer.FfnOutRowNorms);
    }
}
