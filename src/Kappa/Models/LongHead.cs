using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Keys and values of one long sample as right factors of the
/// products with blocks of rows of S, packed once for all blocks.</summary>
internal sealed class LongHead<T>(int tokens, int keyWidth, int valueWidth)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>K [n, d_k].</summary>
    public PackedMatrix<T> Key { get; } = new(tokens, keyWidth);

    /// <summary>Kᵀ [d_k, n].</summary>
    public PackedMatrix<T> KeyTransposed { get; } = new(keyWidth, tokens);

    /// <summary>V [n, d_v].</summary>
    public PackedMatrix<T> Value { get; } = new(tokens, valueWidth);

    /// <summary>Vᵀ [d_v, n].</summary>
    public PackedMatrix<T> ValueTransposed { get; } = new(valueWidth, tokens);

    /// <summary>Packs the keys and values of a sample.</summary>
    public void Take(in HeadMatrices<T> input)
    {
        Key.Take(input.Key);
        KeyTransposed.TakeTransposed(input.Key);
        Value.Take(input.Value);
        ValueTransposed.TakeTransposed(input.Value);
    }
}
