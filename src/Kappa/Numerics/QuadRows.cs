using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Rows of one length read and written four side by side, with
/// the elements beyond the end of the last vector left alone.</summary>
internal readonly unsafe struct QuadRows<TQuad, T>
    where TQuad : struct, IVectorQuad<TQuad>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TQuad _mask;
    private readonly bool _isPartial;

    /// <summary>For rows of <paramref name="columns"/> elements, at least one.</summary>
    public QuadRows(int columns)
    {
        int width = TQuad.Lanes;
        Last = (columns - 1) / width * width;
        _isPartial = columns - Last < width;
        _mask = TQuad.FirstLanes(columns - Last);
    }

    /// <summary>Where the last vector of a row begins; vectors begin at multiples of <c>TQuad.Lanes</c>.</summary>
    public int Last { get; }

    /// <summary>The vectors at <paramref name="at"/> of four rows; zero beyond the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TQuad Load(SoftmaxKernel<TQuad, T>.FourRows rows, int at) => at == Last && _isPartial ? rows.Load(at, _mask) : rows.Load(at);

    /// <summary>Writes the vectors at <paramref name="at"/> of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(SoftmaxKernel<TQuad, T>.FourRows rows, int at, TQuad value)
    {
        if (at == Last && _isPartial)
        {
            rows.Store(at, value, _mask);
        }
        else
        {
            rows.Store(at, value);
        }
    }

    /// <summary>x − mean, zero beyond the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TQuad Centred(SoftmaxKernel<TQuad, T>.FourRows rows, int at, TQuad mean)
    {
        TQuad centred = Load(rows, at) - mean;
        return at == Last && _isPartial ? TQuad.Select(_mask, centred, 0.0) : centred;
    }

    /// <summary>The sum of each row's lanes in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad Sum(TQuad x) => LaneReduction.Each<TQuad, LaneSum>(x, areHalves: false);

    /// <summary>One number for each of four rows in all lanes of its vector. Not
    /// inlined, for its memory on the stack would grow with a loop.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TQuad OfEach(T first, T second, T third, T fourth)
    {
        int lanes = TQuad.Lanes;
        T* numbers = stackalloc T[4 * lanes];
        for (int lane = 0; lane < lanes; lane++)
        {
            (
                numbers[lane], numbers[lanes + lane], numbers[(2 * lanes) + lane],
                numbers[(3 * lanes) + lane]) = (first, second, third, fourth);
        }

        return TQuad.Load(numbers);
    }

    /// <summary>The number that all lanes of each of four vectors hold.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (T First, T Second, T Third, T Fourth) Numbers(TQuad x)
    {
        int lanes = TQuad.Lanes;
        T* numbers = stackalloc T[4 * lanes];
        TQuad.Store(x, numbers);
        return (numbers[0], numbers[lanes], numbers[2 * lanes], numbers[3 * lanes]);
    }
}
