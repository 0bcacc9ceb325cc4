using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>
/// Attention weights from the products q·k of some rows of samples, and the gradient back to those products (G.1, G.2, G.6, G.9, E.11,
/// E.13).
/// </summary>
/// <remarks>
/// Every row has its own result, to the same bits whatever stands beside it. Owns the exponents and sums; one instance per thread.
/// </remarks>
internal sealed class KernelWeights<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly AttentionKernel _kernel;
    private readonly bool _isCausal;
    private readonly double _scale;
    private readonly T[] _rowExponents;
    private readonly T[] _columnExponents;
    private readonly T[] _rowSums;
    private readonly T[] _columnSums;

    /// <summary>Reserves the memory.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="isCausal">Whether a token attends to itself and those before it alone.</param>
    /// <param name="scale">τ.</param>
    /// <param name="rows">Most rows of queries or keys at once.</param>
    public KernelWeights(AttentionKernel kernel, bool isCausal, double scale, int rows)
    {
        (_kernel, _isCausal, _scale) = (kernel, isCausal, scale);
        int sums = kernel.Kind == AttentionKernelKind.Gaussian ? rows : 0;
        (_rowExponents, _columnExponents, _rowSums, _columnSums) = (new T[sums], new T[sums], new T[sums], new T[sums]);
    }

    private bool IsGaussian => _kernel.Kind == AttentionKernelKind.Gaussian;

    /// <summary>Takes queries and keys before <see cref="Weigh"/>.</summary>
    public void Take(in Matrix<T> query, in Matrix<T> key)
    {
        if (IsGaussian)
        {
            GaussianWeights.Exponents(query, _scale, _rowExponents.AsSpan(0, query.Rows));
            GaussianWeights.Exponents(key, _scale, _columnExponents.AsSpan(0, key.Rows));
        }
    }

    /// <summary>S in the memory of the products q·k.</summary>
    /// <param name="products">Some rows of one sample or, where nothing is masked and rows sum to one, of several [r, c].</param>
    /// <param name="place">Where they lie.</param>
    public void Weigh(in Matrix<T> products, WeightPlace place)
    {
        // (E.11)  columns from the length on are 0, and so is what goes back through them.
        Matrix<T> attended = products.ColumnRange(0, Math.Min(place.Length, products.Columns));
        products.ColumnRange(attended.Columns, products.Columns - attended.Columns).Fill(T.Zero);
        switch (_kernel.Kind)
        {
            case AttentionKernelKind.Softmax:
                double scale = _scale;
                if (_isCausal && scale <= 0)
                {
                    // −∞ has to stay the smallest.
                    Scale(attended);
                    scale = 1;
                }

                Mask(attended, place.Token, T.NegativeInfinity);
                RowSoftmax.Apply(attended, scale, attended);
                break;
            case AttentionKernelKind.Gaussian when _kernel.NormalisesRows:
                // ‖q_j‖² is the same along a row and falls out.
                GaussianWeights.AddColumns(attended, _scale, _columnExponents.AsSpan(place.Column, attended.Columns));
                Mask(attended, place.Token, T.NegativeInfinity);
                RowSoftmax.Apply(attended, 1, attended);
                break;
            case AttentionKernelKind.Gaussian:
                GaussianWeights.Apply(attended, _scale, _rowExponents.AsSpan(place.Row, attended.Rows),
                    _columnExponents.AsSpan(place.Column, attended.Columns));
                Mask(attended, place.Token, T.Zero);
                break;
            default:
                // (G.9)  S = τ Q Kᵀ
                Scale(attended);
                Mask(attended, place.Token, T.Zero);
                break;
        }
    }

    /// <summary>Begins a way back: the sums over rows of dL.</summary>
    public void ClearSums() => _columnSums.AsSpan().Clear();

    /// <summary>
    /// dL, what the products' own gradient is, in the memory of dS (G.6); a Gaussian's sums of it are kept for the two ends.
    /// </summary>
    /// <param name="weights">S of <see cref="Weigh"/>.</param>
    /// <param name="dWeights">dS, overwritten.</param>
    /// <param name="place">That of <see cref="Weigh"/>.</param>
    public void Backward(in Matrix<T> weights, in Matrix<T> dWeights, WeightPlace place)
    {
        if (_kernel.HasUnitRows)
        {
            RowSoftmax.Backward(weights, dWeights, _scale, dWeights);
        }
        else if (IsGaussian)
        {
            GaussianWeights.Backward(weights, dWeights, _scale, _rowSums.AsSpan(place.Row, weights.Rows));
        }
        else
        {
            int length = Math.Min(place.Length, dWeights.Columns);
            dWeights.ColumnRange(length, dWeights.Columns - length).Fill(T.Zero);
            Scale(dWeights);
            Mask(dWeights, place.Token, T.Zero);
        }
    }

    /// <summary>Adds the columns of dL of one sample to their sums, of which a Gaussian's keys need the negative.</summary>
    public void AddColumns(in Matrix<T> dLogits, int column)
    {
        if (IsGaussian)
        {
            GaussianWeights.AddColumnSums(dLogits, _columnSums.AsSpan(column, dLogits.Columns));
        }
    }

    /// <summary>(G.6)  dq_j = Σ_k dL_jk k_k − (Σ_k dL_jk) q_j; the last term belongs to a Gaussian with free rows.</summary>
    public void FinishQueries(in Matrix<T> query, in Matrix<T> dQuery, int firstRow)
    {
        if (IsGaussian && !_kernel.NormalisesRows)
        {
            GaussianWeights.SubtractScaledRows(dQuery, _rowSums.AsSpan(firstRow, query.Rows), query);
        }
    }

    /// <summary>(G.6)  dk_k = Σ_j dL_jk q_j − (Σ_j dL_jk) k_k; the last term belongs to a Gaussian.</summary>
    public void FinishKeys(in Matrix<T> key, in Matrix<T> dKey)
    {
        if (IsGaussian)
        {
            GaussianWeights.SubtractScaledRows(dKey, _columnSums.AsSpan(0, key.Rows), key);
        }
    }

    private void Scale(in Matrix<T> products)
    {
        for (int row = 0; row < products.Rows; row++)
        {
            TensorPrimitives.Multiply(products.Row(row), T.CreateTruncating(_scale), products.Row(row));
        }
    }

    // (E.13)  token t sees columns 0 … t.
    private void Mask(in Matrix<T> rows, int token, T value)
    {
        for (int row = 0; _isCausal && row < rows.Rows && token + row + 1 < rows.Columns; row++)
        {
            rows.Row(row)[(token + row + 1)..].Fill(value);
        }
    }
}

/// <summary>Where rows of weights lie.</summary>
/// <param name="Row">Row of the first one among the queries.</param>
/// <param name="Column">Row of the first column among the keys.</param>
/// <param name="Token">Number of the first row's token in its sample.</param>
/// <param name="Length">Columns that are no padding.</param>
internal readonly record struct WeightPlace(int Row, int Column, int Token, int Length);
