using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Work matrices of the way back (or of a tangent), used by one block after
/// the other: dX is ∂ℒ/∂X on the way back and the tangent of X in a tangent.</summary>
internal sealed class BlockScratch<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private BlockScratch()
    {
    }

    /// <summary>dQuery, of the shape of the query.</summary>
    public required Matrix<T> Query { get; init; }

    /// <summary>dKey, of the shape of the key.</summary>
    public required Matrix<T> Key { get; init; }

    /// <summary>dA and then dS [M, n].</summary>
    public required Matrix<T> Attention { get; init; }

    /// <summary>d(A Z) [M, d].</summary>
    public required Matrix<T> Mixed { get; init; }

    /// <summary>dH [M, d].</summary>
    public required Matrix<T> AttentionOutput { get; init; }

    /// <summary>dΦ and then dP [M, m].</summary>
    public required Matrix<T> Hidden { get; init; }

    /// <summary>dZ of even blocks [M, d].</summary>
    public required Matrix<T> EvenInput { get; init; }

    /// <summary>dZ of odd blocks, and of the output [M, d].</summary>
    public required Matrix<T> OddInput { get; init; }

    /// <summary>Reserves the memory for <paramref name="rows"/> rows.</summary>
    public static BlockScratch<T> Allocate(ResidualTransformerShape shape, int rows, int tokens, LogitRoute route, RowMemory memory)
    {
        int queryWidth = route == LogitRoute.Merged ? shape.Width : shape.KeyWidth;
        return new BlockScratch<T>
        {
            Query = memory.Allocate<T>(rows, queryWidth),
            Key = memory.Allocate<T>(rows, queryWidth),
            Attention = Matrix<T>.Allocate(rows, tokens),
            Mixed = memory.Allocate<T>(rows, shape.Width),
            AttentionOutput = memory.Allocate<T>(rows, shape.Width),
            Hidden = memory.Allocate<T>(rows, shape.FfnWidth),
            EvenInput = memory.Allocate<T>(rows, shape.Width),
            OddInput = memory.Allocate<T>(rows, shape.Width),
        };
    }

    /// <summary>dZ of block <paramref name="layer"/>; that of the block after it is the other matrix.</summary>
    public Matrix<T> InputOf(int layer) => (layer & 1) == 0 ? EvenInput : OddInput;

    /// <summary>The same for the first <paramref name="count"/> rows.</summary>
    public BlockScratch<T> FirstRows(int count) => new()
    {
        Query = Query.RowRange(0, count),
        Key = Key.RowRange(0, count),
        Attention = Attention.RowRange(0, count),
        Mixed = Mixed.RowRange(0, count),
        AttentionOutput = AttentionOutput.RowRange(0, count),
        Hidden = Hidden.RowRange(0, count),
        EvenInput = EvenInput.RowRange(0, count),
        OddInput = OddInput.RowRange(0, count),
    };
}

/// <summary>How the rows of a work matrix lie in memory.</summary>
internal readonly record struct RowMemory
{
    private const int Line = 64;

    // Rows of this many bytes and more fall, one after the other, into few sets of a first-level cache.
    private const int LongRow = 1024;

    private readonly bool _isSpread;

    private RowMemory(bool isSpread) => _isSpread = isSpread;

    /// <summary>One after the other, as readers outside expect them.</summary>
    public static RowMemory Contiguous => default;

    /// <summary>Long rows an odd number of cache lines apart, so that a panel of columns spreads over all sets of a cache.</summary>
    public static RowMemory Spread => new(true);

    /// <summary>A zeroed matrix.</summary>
    public Matrix<T> Allocate<T>(int rows, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int bytes = columns * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        if (!_isSpread || bytes < LongRow)
        {
            return Matrix<T>.Allocate(rows, columns);
        }

        int lines = ((bytes + Line - 1) / Line) | 1;
        int stride = lines * Line / System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        return Matrix<T>.Allocate(rows, stride).ColumnRange(0, columns);
    }
}
