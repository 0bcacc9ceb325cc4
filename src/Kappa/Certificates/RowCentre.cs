using System.Numerics.Tensors;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Norms at θ_0 that belong to one token row each (C.15), with the rounding of what they are norms of (C.37).</summary>
internal sealed class RowCentre
{
    private readonly LayerCentre _layer;
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

    public RowCentre(LayerCentre layer, ResidualTransformerShape shape, SpectralNorm norms, bool keepsStacks)
    {
        int rows = layer.Input.Values.Rows, width = shape.Width, tokens = layer.Tokens;
        (_layer, _norms, _ffnResidual) = (layer, norms, shape.FfnResidual);
        _weights = new WeightNorms(layer);
        (_centred, _centredValue, _centredQueryKey) = (Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width));
        _centredKey = Matrix.Allocate(tokens, shape.KeyWidth);
        (_weighted, _transfer) = (Matrix.Allocate(width, shape.FfnWidth), Matrix.Allocate(width, width));
        Stacks = keepsStacks ? new RowStacks(rows, tokens, width, shape.KeyWidth) : null;
        _covariance = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        _covarianceOutput = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        (Input, QueryKey, Query, Spread, KeySpread, QueryKeySpread) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        (FarthestToken, Covariance, KeyCovariance, CovarianceOutput, KeyCovarianceOutput, FfnIn, FfnOut, Transfer) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        for (int row = 0; row < rows; row++)
        {
            SpreadErrors errors = Attend(row);
            Feed(row, errors);
        }

        double[] diameters = [.. Enumerable.Range(0, layer.Samples).Select(Diameter)];
        Diameters = [.. Enumerable.Range(0, rows).Select(row => diameters[row / tokens])];
        Matrix transposedKey = Matrix.Allocate(shape.KeyWidth, width);
        Transposition.CopyEach(1, layer.Weights.Key, transposedKey);
        QueryKeyRows = layer.Precise.Query.Multiply(transposedKey);
        for (int row = 0; row < rows; row++)
        {
            QueryKey[row] = QueryKeyRows.RowNorm(row);
            Query[row] = layer.Query.RowNorm(row);
            Input[row] = layer.Input.RowNorm(row);
        }
    }

    /// <summary>z_r W_Q W_Kᵀ [M, d].</summary>
    public PreciseMatrix QueryKeyRows { get; }

    /// <summary>‖z_r‖ [M].</summary>
    public double[] Input { get; }

    /// <summary>‖z_r W_Q W_Kᵀ‖ [M].</summary>
    public double[] QueryKey { get; }

    /// <summary>‖z_r W_Q‖ [M].</summary>
    public double[] Query { get; }

    /// <summary>κ_r = ‖D_p^½ Z̃‖₂, the spread of the tokens as row r sees them [M].</summary>
    public double[] Spread { get; }

    /// <summary>ω^K_r = ‖D_p^½ Z̃ W_K‖₂ [M].</summary>
    public double[] KeySpread { get; }

    /// <summary>ω^M_r = ‖D_p^½ Z̃ (W_Q W_Kᵀ)ᵀ‖₂ [M].</summary>
    public double[] QueryKeySpread { get; }

    /// <summary>max_j ‖z̃_j‖ [M].</summary>
    public double[] FarthestToken { get; }

    /// <summary>max_jk ‖z_j − z_k‖ over the row's sample [M].</summary>
    public double[] Diameters { get; }

    /// <summary>‖Cov_r W_V‖₂ [M].</summary>
    public double[] Covariance { get; }

    /// <summary>‖W_Kᵀ Cov_r W_V‖₂ [M].</summary>
    public double[] KeyCovariance { get; }

    /// <summary>‖Cov_r W_V T_r‖₂ [M].</summary>
    public double[] CovarianceOutput { get; }

    /// <summary>‖W_Kᵀ Cov_r W_V T_r‖₂ [M].</summary>
    public double[] KeyCovarianceOutput { get; }

    /// <summary>‖W_1 diag(ψ'_r)‖₂ [M].</summary>
    public double[] FfnIn { get; }

    /// <summary>‖diag(ψ'_r) W_2‖₂ [M].</summary>
    public double[] FfnOut { get; }

    /// <summary>‖T_r‖₂ of T_r = ρ_f I + W_1 diag(ψ'_r) W_2, the derivative of z⁺_r in h_r [M].</summary>
    public double[] Transfer { get; }

    /// <summary>The matrices behind the norms, where Gram matrices of Jacobians are wanted; with one block the norms themselves are exact.</summary>
    public RowStacks? Stacks { get; }

    // Rows √p_j (z_j − g_r) and what they give: Cov_r = Σ_j p_j z̃_j z̃_jᵀ is the Gram matrix of their columns.
    private SpreadErrors Attend(int row)
    {
        int tokens = _layer.Tokens, first = row / tokens * tokens;
        double error = 0;
        for (int j = 0; j < tokens; j++)
        {
            Span<double> centred = _centred.Row(j);
            double tokenError = Centre(first + j, row, centred), root = Math.Sqrt(_layer.Attention[row, j]);
            FarthestToken[row] = Math.Max(FarthestToken[row], RoundedUp.Of(RoundedUp.Norm(centred) + tokenError));
            Vectors.Scale(centred, root);
            error = RoundedUp.Of(double.Hypot(error, root * tokenError));
        }

        double centredNorm = RoundedUp.FrobeniusNorm(_centred);
        error = RoundedUp.Of(error + (RoundedUp.Gamma(4) * centredNorm) + EnclosedMatrix.Underflow);
        Products.Multiply(_centred, _layer.Weights.Value, _centredValue);
        Products.Multiply(_centred, _layer.Weights.Key, _centredKey);
        Products.MultiplyByTransposed(_centred, _layer.QueryKey, _centredQueryKey);
        int width = _centred.Columns;
        double keyError = EnclosedMatrix.ProductError(centredNorm, error, _weights.Key, 0, width);
        double queryKeyError = EnclosedMatrix.ProductError(centredNorm, error, _weights.QueryKey, _layer.QueryKeyError, width);
        Spread[row] = _norms.UpperBound(_centred) + error;
        KeySpread[row] = _norms.UpperBound(_centredKey) + keyError;
        QueryKeySpread[row] = _norms.UpperBound(_centredQueryKey) + queryKeyError;
        double weightError = Math.Min(1, 2 * _layer.Precise.AttentionError[row]);
        return new SpreadErrors(error, EnclosedMatrix.ProductError(centredNorm, error, _weights.Value, 0, width), keyError, weightError, tokens * 1e-200 * FarthestToken[row] * FarthestToken[row]);
    }

    // z_j − g_r, rounded to double; returns its error.
    private double Centre(int token, int row, Span<double> centred)
    {
        PreciseMatrix input = _layer.Precise.Input, mixed = _layer.Precise.Mixed;
        for (int k = 0; k < centred.Length; k++)
        {
            centred[k] = (input[token, k] - mixed[row, k]).High;
        }

        double rounding = (DoubleDouble.Unit * (input.RowNorm(token) + mixed.RowNorm(row))) + (RoundedUp.Gamma(1) * RoundedUp.Norm(centred));
        return RoundedUp.Of(input.RowError[token] + mixed.RowError[row] + rounding);
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

        double derivativeError = _layer.HiddenDerivative.RowError[row], weightedNorm = RoundedUp.FrobeniusNorm(_weighted), transferNorm = RoundedUp.FrobeniusNorm(_transfer);
        double weightedError = RoundedUp.Of((_layer.FfnInColumnNorm * derivativeError) + (RoundedUp.Gamma(1) * weightedNorm) + EnclosedMatrix.Underflow);
        double transferError = EnclosedMatrix.ProductError(weightedNorm, weightedError, _weights.FfnOut, 0, _weighted.Columns) + (RoundedUp.Gamma(1) * transferNorm);
        FfnIn[row] = _norms.UpperBound(_weighted) + weightedError;
        FfnOut[row] = _norms.UpperBound(_layer.Weights.FfnOut, derivative) + RoundedUp.Of(_weights.LargestFfnOutRow * derivativeError);
        Transfer[row] = _norms.UpperBound(_transfer) + transferError;
        (Covariance[row], CovarianceOutput[row]) = Through(_centred, errors.Token, errors, row, transferNorm, transferError, Stacks?.Covariance, Stacks?.CovarianceOutput);
        (KeyCovariance[row], KeyCovarianceOutput[row]) = Through(_centredKey, errors.Key, errors, row, transferNorm, transferError, Stacks?.KeyCovariance, Stacks?.KeyCovarianceOutput);
        if (Stacks is not null)
        {
            Stacks.Transfer.Keep(row, _transfer, transferError);
            Stacks.KeepValues(row, _centredValue, errors.Value);
        }
    }

    // ‖Lᵀ (D_p^½ Z̃ W_V)‖₂, and the same times T_r, for L = D_p^½ Z̃ or D_p^½ Z̃ W_K.
    private (double Attention, double Output) Through(in Matrix left, double leftError, SpreadErrors errors, int row, double transferNorm, double transferError, RowStack? stack, RowStack? outputStack)
    {
        Matrix covariance = _covariance.RowRange(0, left.Columns);
        Products.TransposedMultiply(left, _centredValue, covariance);
        Matrix output = _covarianceOutput.RowRange(0, left.Columns);
        Products.Multiply(covariance, _transfer, output);

        // The weights in both factors may exceed A by a share, and where they are next to 0 by 1e-250.
        double leftNorm = RoundedUp.FrobeniusNorm(left), valueNorm = RoundedUp.FrobeniusNorm(_centredValue);
        double shared = (errors.Weights * (leftNorm + leftError) * (valueNorm + errors.Value)) + (errors.Vanishing * (1 + _weights.Key) * _weights.Value);
        double error = RoundedUp.Of(EnclosedMatrix.ProductError(leftNorm, leftError, valueNorm, errors.Value, left.Rows) + shared);
        double outputError = EnclosedMatrix.ProductError(RoundedUp.FrobeniusNorm(covariance), error, transferNorm, transferError, covariance.Columns);
        stack?.Keep(row, covariance, error);
        outputStack?.Keep(row, output, outputError);
        return (_norms.UpperBound(covariance) + error, _norms.UpperBound(output) + outputError);
    }

    private double Diameter(int sample)
    {
        double largest = 0;
        int tokens = _layer.Tokens, first = sample * tokens;
        PreciseMatrix differences = _layer.Precise.Differences;
        for (int j = 0; j < tokens; j++)
        {
            for (int k = 0; k < j; k++)
            {
                double distance = Math.Sqrt(Vectors.SquaredDistance(differences.High.Row(first + j), differences.High.Row(first + k)) + EnclosedMatrix.Underflow);
                double rounding = RoundedUp.Gamma(2) * (differences.RowNorm(first + j) + differences.RowNorm(first + k));
                largest = Math.Max(largest, distance + rounding + differences.RowError[first + j] + differences.RowError[first + k]);
            }
        }

        return RoundedUp.Of(largest);
    }

    /// <summary>Errors (Frobenius) of one row's spreads.</summary>
    /// <param name="Token">Of D_p^½ Z̃.</param>
    /// <param name="Value">Of D_p^½ Z̃ W_V.</param>
    /// <param name="Key">Of D_p^½ Z̃ W_K.</param>
    /// <param name="Weights">Share by which the weights used may exceed those of A, at most.</param>
    /// <param name="Vanishing">What weights next to 0 may add to Σ_j p_j ‖z̃_j‖², at most.</param>
    private readonly record struct SpreadErrors(double Token, double Value, double Key, double Weights, double Vanishing);

    /// <summary>Frobenius norms of the block's matrices.</summary>
    private sealed class WeightNorms(LayerCentre layer)
    {
        public double Key { get; } = RoundedUp.FrobeniusNorm(layer.Weights.Key);

        public double Value { get; } = RoundedUp.FrobeniusNorm(layer.Weights.Value);

        public double FfnOut { get; } = RoundedUp.FrobeniusNorm(layer.Weights.FfnOut);

        public double QueryKey { get; } = RoundedUp.FrobeniusNorm(layer.QueryKey);

        public double LargestFfnOutRow { get; } = layer.FfnOutRowNorms.Max();
    }
}
