using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The matrices of one block as right factors of a pass over many
/// rows: W and Wᵀ packed once, whatever the number of rows.</summary>
internal sealed class BlockFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _isMerged;

    /// <summary>Reserves the memory.</summary>
    public BlockFactors(ResidualTransformerShape shape, LogitRoute route)
    {
        int d = shape.Width, m = shape.FfnWidth, k = shape.KeyWidth;
        _isMerged = route == LogitRoute.Merged;
        QueryKey = _isMerged ? Matrix<T>.Allocate(d, d) : default;
        int queryWidth = _isMerged ? d : k;
        Query = new PackedMatrix<T>(d, queryWidth);
        QueryTransposed = new PackedMatrix<T>(queryWidth, d);
        Key = new PackedMatrix<T>(d, _isMerged ? 0 : k);
        KeyTransposed = new PackedMatrix<T>(_isMerged ? 0 : k, d);
        Value = new PackedMatrix<T>(d, d);
        ValueTransposed = new PackedMatrix<T>(d, d);
        FfnIn = new PackedMatrix<T>(d, m);
        FfnInTransposed = new PackedMatrix<T>(m, d);
        FfnOut = new PackedMatrix<T>(m, d);
        FfnOutTransposed = new PackedMatrix<T>(d, m);
    }

    /// <summary>G = W_Q W_Kᵀ [d, d] in the merged route; empty in the factored one.</summary>
    public Matrix<T> QueryKey { get; }

    /// <summary>W_Q, or G in the merged route: what Z is multiplied by for the query.</summary>
    public PackedMatrix<T> Query { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T> QueryTransposed { get; }

    /// <summary>W_K (factored route).</summary>
    public PackedMatrix<T> Key { get; }

    /// <summary>W_Kᵀ (factored route).</summary>
    public PackedMatrix<T> KeyTransposed { get; }

    /// <summary>W_V.</summary>
    public PackedMatrix<T> Value { get; }

    /// <summary>W_Vᵀ.</summary>
    public PackedMatrix<T> ValueTransposed { get; }

    /// <summary>W_1.</summary>
    public PackedMatrix<T> FfnIn { get; }

    /// <summary>W_1ᵀ.</summary>
    public PackedMatrix<T> FfnInTransposed { get; }

    /// <summary>W_2.</summary>
    public PackedMatrix<T> FfnOut { get; }

    /// <summary>W_2ᵀ.</summary>
    public PackedMatrix<T> FfnOutTransposed { get; }

    /// <summary>Takes W_Q and W_K, or their product.</summary>
    public void TakeLogits(in BlockMatrices<T> weights)
    {
        if (_isMerged)
        {
            // G = W_Q W_Kᵀ                                                    [d, d]
            Products.MultiplyByTransposed(weights.Query, weights.Key, QueryKey);
            Take(QueryKey, Query, QueryTransposed);
        }
        else
        {
            Take(weights.Query, Query, QueryTransposed);
            Take(weights.Key, Key, KeyTransposed);
        }
    }

    /// <summary>Takes W_V, W_1 and W_2.</summary>
    public void TakeBranches(in BlockMatrices<T> weights)
    {
        Take(weights.Value, Value, ValueTransposed);
        Take(weights.FfnIn, FfnIn, FfnInTransposed);
        Take(weights.FfnOut, FfnOut, FfnOutTransposed);
    }

    private static void Take(in Matrix<T> weights, PackedMatrix<T> factor, PackedMatrix<T> transposed)
    {
        factor.Take(weights);
        transposed.TakeTransposed(weights);
    }
}

/// <summary>The matrices of one block, of weights or of their gradient: W_Q, W_K [d, d_k], W_V [d, d], W_1 [d, m], W_2 [m, d].</summary>
internal readonly record struct BlockMatrices<T>(Matrix<T> Query, Matrix<T> Key, Matrix<T> Value, Matrix<T> FfnIn, Matrix<T> FfnOut)
    where T : unmanaged, IFloatingPointIeee754<T>;
