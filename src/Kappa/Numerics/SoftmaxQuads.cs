using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Softmax and its gradient of as many rows as four vectors hold, all in registers, for rows of one half, one, two or four vectors.</summary>
/// <remarks>Each row goes through the operations of <see cref="RowSoftmax"/>'s general path, so its bits do not depend on the path.</remarks>
internal readonly struct SoftmaxQuads<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Vectors per row; 0 when a vector holds two rows.
    private readonly int _vectorsPerRow;

    private SoftmaxQuads(int vectorsPerRow) => _vectorsPerRow = vectorsPerRow;

    /// <summary>Rows in four vectors.</summary>
    public int Rows => _vectorsPerRow == 0 ? 8 : 4 / _vectorsPerRow;

    /// <summary>Whether rows of <paramref name="columns"/> elements can go this way.</summary>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="isContiguous">Whether rows follow each other without a gap, which short rows need.</param>
    /// <param name="quads">The kernels for such rows.</param>
    public static bool TryCreate(int columns, bool isContiguous, out SoftmaxQuads<T> quads)
    {
        int vectors = columns / Vector512<T>.Count;
        bool isShort = 2 * columns == Vector512<T>.Count;
        quads = new SoftmaxQuads<T>(isShort ? 0 : vectors);
        return isShort ? isContiguous : columns % Vector512<T>.Count == 0 && vectors is 1 or 2 or 4;
    }

    /// <summary>A of <paramref name="rows"/> rows, a multiple of <see cref="Rows"/>, from L.</summary>
    public void Apply(ref T logits, int stride, double scale, ref T attention, int attentionStride, int rows)
    {
        VectorQuad<T> scales = VectorArithmetic.Broadcast<T>(scale);
        for (int row = 0; row < rows; row += Rows)
        {
            VectorQuad<T> x = scales * Load(ref Unsafe.Add(ref logits, row * (nint)stride), stride);
            x = Exponential.OfNonPositive(x - OverRows<LaneMaximum>(x));
            Store(x / OverRows<LaneSum>(x), ref Unsafe.Add(ref attention, row * (nint)attentionStride), attentionStride);
        }
    }

    /// <summary>dL of <paramref name="rows"/> rows, a multiple of <see cref="Rows"/>, from A and dA.</summary>
    public void Backward(ref T attention, int stride, ref T dAttention, int dStride, double scale, ref T dLogits, int dLogitsStride, int rows)
    {
        VectorQuad<T> scales = VectorArithmetic.Broadcast<T>(scale);
        for (int row = 0; row < rows; row += Rows)
        {
            VectorQuad<T> weights = Load(ref Unsafe.Add(ref attention, row * (nint)stride), stride);
            VectorQuad<T> gradient = Load(ref Unsafe.Add(ref dAttention, row * (nint)dStride), dStride);
            VectorQuad<T> mean = OverRows<LaneSum>(weights * gradient);
            Store(scales * weights * (gradient - mean), ref Unsafe.Add(ref dLogits, row * (nint)dLogitsStride), dLogitsStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private VectorQuad<T> Load(ref T rows, int stride)
    {
        (nuint second, nuint third, nuint fourth) = Offsets(stride);
        return new(Vector512.LoadUnsafe(ref rows), Vector512.LoadUnsafe(ref rows, second), Vector512.LoadUnsafe(ref rows, third), Vector512.LoadUnsafe(ref rows, fourth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(VectorQuad<T> values, ref T rows, int stride)
    {
        (nuint second, nuint third, nuint fourth) = Offsets(stride);
        values.First.StoreUnsafe(ref rows);
        values.Second.StoreUnsafe(ref rows, second);
        values.Third.StoreUnsafe(ref rows, third);
        values.Fourth.StoreUnsafe(ref rows, fourth);
    }

    // Where the second to fourth vector start.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (nuint Second, nuint Third, nuint Fourth) Offsets(int stride)
    {
        nuint width = (nuint)Vector512<T>.Count, row = _vectorsPerRow == 0 ? width : (nuint)stride;
        return _vectorsPerRow switch
        {
            4 => (width, 2 * width, 3 * width),
            2 => (width, row, row + width),
            _ => (row, 2 * row, 3 * row),
        };
    }

    // The row's result in every lane of the row's vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private VectorQuad<T> OverRows<TOperation>(VectorQuad<T> x)
        where TOperation : struct, ILaneOperation
    {
        if (_vectorsPerRow == 4)
        {
            Vector512<T> all = TOperation.Combine(TOperation.Combine(TOperation.Combine(x.First, x.Second), x.Third), x.Fourth);
            return LaneReduction.All<T, TOperation>(all);
        }

        if (_vectorsPerRow == 2)
        {
            Vector512<T> upper = LaneReduction.All<T, TOperation>(TOperation.Combine(x.First, x.Second));
            Vector512<T> lower = LaneReduction.All<T, TOperation>(TOperation.Combine(x.Third, x.Fourth));
            return new(upper, upper, lower, lower);
        }

        return LaneReduction.Each<T, TOperation>(x, halves: _vectorsPerRow == 0);
    }
}
