using System.Numerics.Tensors;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Norms at θ_0 that belong to one token row each (C.15).</summary>
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

    public RowCentre(LayerCentre layer, ResidualTransformerShape shape, SpectralNorm norms)
    {
        int rows = layer.Input.Rows, width = shape.Width, tokens = layer.Tokens;
        (_layer, _norms, _ffnResidual) = (layer, norms, shape.FfnResidual);
        (_centred, _centredValue, _centredQueryKey) = (Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width), Matrix.Allocate(tokens, width));
        _centredKey = Matrix.Allocate(tokens, shape.KeyWidth);
        (_weighted, _transfer) = (Matrix.Allocate(width, shape.FfnWidth), Matrix.Allocate(width, width));
        Stacks = shape.Depth > 1 && ExactCentre.IsAffordable(rows, width) ? new RowStacks(rows, width, shape.KeyWidth) : null;
        _covariance = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        _covarianceOutput = Matrix.Allocate(Math.Max(width, shape.KeyWidth), width);
        (Input, QueryKey, Query, Spread, KeySpread, QueryKeySpread) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        (FarthestToken, Covariance, KeyCovariance, CovarianceOutput, KeyCovarianceOutput, FfnIn, FfnOut, Transfer) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        for (int row = 0; row < rows; row++)
        {
            Attend(row);
            Feed(row);
        }

        double[] diameters = [.. Enumerable.Range(0, layer.Samples).Select(Diameter)];
        Diameters = [.. Enumerable.Range(0, rows).Select(row => diameters[row / tokens])];
        Matrix product = Matrix.Allocate(rows, width);
        Products.Multiply(layer.Input, layer.QueryKey, product);
        for (int row = 0; row < rows; row++)
        {
            QueryKey[row] = Vectors.Norm(product.Row(row));
            Query[row] = Vectors.Norm(layer.Query.Row(row));
            Input[row] = Vectors.Norm(layer.Input.Row(row));
        }
    }

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

    /// <summary>The matrices behind the norms, for deep models of affordable size; with one block the norms themselves are exact.</summary>
    public RowStacks? Stacks { get; }

    // Rows √p_j (z_j − g_r) and what they give: Cov_r = Σ_j p_j z̃_j z̃_jᵀ is the Gram matrix of their columns.
    private void Attend(int row)
    {
        int tokens = _layer.Tokens, first = row / tokens * tokens;
        ReadOnlySpan<double> mean = _layer.Mixed.Row(row);
        for (int j = 0; j < tokens; j++)
        {
            Span<double> centred = _centred.Row(j);
            TensorPrimitives.Subtract(_layer.Input.Row(first + j), mean, centred);
            FarthestToken[row] = Math.Max(FarthestToken[row], Vectors.Norm(centred));
            Vectors.Scale(centred, Math.Sqrt(_layer.Attention[row, j]));
        }

        Products.Multiply(_centred, _layer.Weights.Value, _centredValue);
        Products.Multiply(_centred, _layer.Weights.Key, _centredKey);
        Products.MultiplyByTransposed(_centred, _layer.QueryKey, _centredQueryKey);
        Spread[row] = _norms.UpperBound(_centred);
        KeySpread[row] = _norms.UpperBound(_centredKey);
        QueryKeySpread[row] = _norms.UpperBound(_centredQueryKey);
    }

    private void Feed(int row)
    {
        ReadOnlySpan<double> derivative = _layer.HiddenDerivative.Row(row);
        for (int i = 0; i < _weighted.Rows; i++)
        {
            TensorPrimitives.Multiply(_layer.Weights.FfnIn.Row(i), derivative, _weighted.Row(i));
        }

        Products.Multiply(_weighted, _layer.Weights.FfnOut, _transfer);
        for (int i = 0; i < _transfer.Rows; i++)
        {
            _transfer[i, i] += _ffnResidual;
        }

        FfnIn[row] = _norms.UpperBound(_weighted);
        FfnOut[row] = _norms.UpperBound(_layer.Weights.FfnOut, derivative);
        Transfer[row] = _norms.UpperBound(_transfer);
        (Covariance[row], CovarianceOutput[row]) = Through(_centred, row, Stacks?.Covariance, Stacks?.CovarianceOutput);
        (KeyCovariance[row], KeyCovarianceOutput[row]) = Through(_centredKey, row, Stacks?.KeyCovariance, Stacks?.KeyCovarianceOutput);
        if (Stacks is not null)
        {
            RowStacks.Keep(Stacks.Transfer, row, _transfer);
        }
    }

    // ‖Lᵀ (D_p^½ Z̃ W_V)‖₂, and the same times T_r, for L = D_p^½ Z̃ or D_p^½ Z̃ W_K.
    private (double Attention, double Output) Through(in Matrix left, int row, Matrix? stack, Matrix? outputStack)
    {
        Matrix covariance = _covariance.RowRange(0, left.Columns);
        Products.TransposedMultiply(left, _centredValue, covariance);
        Matrix output = _covarianceOutput.RowRange(0, left.Columns);
        Products.Multiply(covariance, _transfer, output);
        if (stack is Matrix attentionPart && outputStack is Matrix outputPart)
        {
            RowStacks.Keep(attentionPart, row, covariance);
            RowStacks.Keep(outputPart, row, output);
        }

        return (_norms.UpperBound(covariance), _norms.UpperBound(output));
    }

    private double Diameter(int sample)
    {
        double largest = 0;
        int tokens = _layer.Tokens, first = sample * tokens;
        for (int j = 0; j < tokens; j++)
        {
            for (int k = 0; k < j; k++)
            {
                largest = Math.Max(largest, Vectors.SquaredDistance(_layer.Input.Row(first + j), _layer.Input.Row(first + k)));
            }
        }

        return Math.Sqrt(largest);
    }
}
