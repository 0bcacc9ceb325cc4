using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Four vectors that go through the same operations side by side.</summary>
/// <remarks>
/// A formula is a chain of operations that wait for each other, four cycles for each where two could start in every cycle. A processor looks ahead only about a
/// hundred waiting operations, so four chains have to be interleaved in the code itself: each operation here is four independent ones.
/// </remarks>
/// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
internal readonly struct VectorQuad<T>(Vector512<T> first, Vector512<T> second, Vector512<T> third, Vector512<T> fourth)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The first vector.</summary>
    public readonly Vector512<T> First = first;

    /// <summary>The second vector.</summary>
    public readonly Vector512<T> Second = second;

    /// <summary>The third vector.</summary>
    public readonly Vector512<T> Third = third;

    /// <summary>The fourth vector.</summary>
    public readonly Vector512<T> Fourth = fourth;

    /// <summary>Elements of a quad.</summary>
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4 * Vector512<T>.Count;
    }

    /// <summary>The same vector four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator VectorQuad<T>(Vector512<T> x) => new(x, x, x, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> operator +(VectorQuad<T> x, VectorQuad<T> y) => new(x.First + y.First, x.Second + y.Second, x.Third + y.Third, x.Fourth + y.Fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> operator -(VectorQuad<T> x, VectorQuad<T> y) => new(x.First - y.First, x.Second - y.Second, x.Third - y.Third, x.Fourth - y.Fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> operator *(VectorQuad<T> x, VectorQuad<T> y) => new(x.First * y.First, x.Second * y.Second, x.Third * y.Third, x.Fourth * y.Fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> operator /(VectorQuad<T> x, VectorQuad<T> y) => new(x.First / y.First, x.Second / y.Second, x.Third / y.Third, x.Fourth / y.Fourth);

    /// <summary>x · y + sum, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> MultiplyAdd(VectorQuad<T> x, VectorQuad<T> y, VectorQuad<T> sum) => new(
        Lanes512<T>.MultiplyAdd(x.First, y.First, sum.First), Lanes512<T>.MultiplyAdd(x.Second, y.Second, sum.Second),
        Lanes512<T>.MultiplyAdd(x.Third, y.Third, sum.Third), Lanes512<T>.MultiplyAdd(x.Fourth, y.Fourth, sum.Fourth));

    /// <summary>sum − x · y, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> MultiplySubtractFrom(VectorQuad<T> x, VectorQuad<T> y, VectorQuad<T> sum) => new(
        VectorArithmetic.MultiplySubtractFrom(x.First, y.First, sum.First), VectorArithmetic.MultiplySubtractFrom(x.Second, y.Second, sum.Second),
        VectorArithmetic.MultiplySubtractFrom(x.Third, y.Third, sum.Third), VectorArithmetic.MultiplySubtractFrom(x.Fourth, y.Fourth, sum.Fourth));

    /// <summary>|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> Abs(VectorQuad<T> x) => new(Vector512.Abs(x.First), Vector512.Abs(x.Second), Vector512.Abs(x.Third), Vector512.Abs(x.Fourth));

    /// <summary>The smaller one; <paramref name="y"/> where it is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> Minimum(VectorQuad<T> x, VectorQuad<T> y) => new(
        Vector512.MinNative(x.First, y.First), Vector512.MinNative(x.Second, y.Second), Vector512.MinNative(x.Third, y.Third), Vector512.MinNative(x.Fourth, y.Fourth));

    /// <summary>Where x ≤ bound, <paramref name="below"/>, else <paramref name="other"/>, also where x is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> IfAtMost(VectorQuad<T> x, Vector512<T> bound, VectorQuad<T> below, VectorQuad<T> other) => new(
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x.First, bound), below.First, other.First),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x.Second, bound), below.Second, other.Second),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x.Third, bound), below.Third, other.Third),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x.Fourth, bound), below.Fourth, other.Fourth));

    /// <summary>The <see cref="Count"/> elements from <paramref name="at"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> Load(ref T source, nuint at)
    {
        nuint width = (nuint)Vector512<T>.Count;
        return new(Vector512.LoadUnsafe(ref source, at), Vector512.LoadUnsafe(ref source, at + width), Vector512.LoadUnsafe(ref source, at + (2 * width)), Vector512.LoadUnsafe(ref source, at + (3 * width)));
    }

    /// <summary>Writes <see cref="Count"/> elements from <paramref name="at"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref T target, nuint at)
    {
        nuint width = (nuint)Vector512<T>.Count;
        First.StoreUnsafe(ref target, at);
        Second.StoreUnsafe(ref target, at + width);
        Third.StoreUnsafe(ref target, at + (2 * width));
        Fourth.StoreUnsafe(ref target, at + (3 * width));
    }
}
