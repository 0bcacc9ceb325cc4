using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>e^x of arguments that are not positive, as a softmax needs it, in double and single precision.</summary>
/// <remarks>
/// With w lanes in a vector (8 doubles or 16 floats), x = (n/w) ln 2 + r, |r| ≤ ½ ln 2/w, and e^x = 2^⌊n/w⌋ · 2^((n mod w)/w) · e^r: the second factor is a lane of a
/// vector of roots, the third 1 + r + r² q(r) with the q that keeps the relative error least: 2.9e-18 at degree 7 (double), 1.6e-9 at degree 3 (single). Within 2 ulp,
/// and e⁰ = 1. Results below 2.2e-308 (x &lt; −708; single: 1.6e-38, x &lt; −87) become 0; NaN stays NaN. The same bits on every machine with fused multiply-add.
/// </remarks>
internal static class Exponential
{
    // 1.5·2^(52−3) (1.5·2^(23−4)) rounds its sum with a small number to a multiple of 1/8 (1/16) and keeps n in its last bits.
    private const double RoundToMultiple = 844424930131968.0;
    private const double SingleRoundToMultiple = 786432;

    // ln 2 in two parts (fdlibm, e_exp.c; single: 355/512 and the rest).
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double SingleLn2High = 0.693359375;
    private const double SingleLn2Low = -2.1219444005469058e-4;
    private const double InverseLn2 = 1.4426950408889634;
    private const double Smallest = -708;
    private const double SingleSmallest = -87;

    private static Vector512<double> Roots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(1.0, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.5422108254079407, 1.681792830507429, 1.8340080864093424);
    }

    private static Vector512<float> SingleRoots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1f, 1.044273782f, 1.090507733f, 1.138788635f, 1.189207115f, 1.241857812f, 1.296839555f, 1.354255547f,
            1.414213562f, 1.476826146f, 1.542210825f, 1.610490332f, 1.681792831f, 1.75625216f, 1.834008086f, 1.915206561f);
    }

    /// <summary>e^x for x ≤ 0 or NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> OfNonPositive<T>(VectorQuad<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        VectorQuad<T> round = Constant<T>(RoundToMultiple, SingleRoundToMultiple);
        VectorQuad<T> shifted = VectorQuad<T>.MultiplyAdd(x, Constant<T>(InverseLn2, InverseLn2), round);
        VectorQuad<T> exponent = shifted - round;
        VectorQuad<T> r = VectorQuad<T>.MultiplyAdd(exponent, Constant<T>(-Ln2High, -SingleLn2High), x);
        r = VectorQuad<T>.MultiplyAdd(exponent, Constant<T>(-Ln2Low, -SingleLn2Low), r);
        VectorQuad<T> roots = new(Root(shifted.First), Root(shifted.Second), Root(shifted.Third), Root(shifted.Fourth));
        VectorQuad<T> power = VectorQuad<T>.MultiplyAdd(roots, ExponentialMinusOne(r), roots);
        return new(
            Scale(power.First, exponent.First, shifted.First, x.First), Scale(power.Second, exponent.Second, shifted.Second, x.Second),
            Scale(power.Third, exponent.Third, shifted.Third, x.Third), Scale(power.Fourth, exponent.Fourth, shifted.Fourth, x.Fourth));
    }

    // e^r − 1 = r + r² q(r), pairs of terms apart: a chain half as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorQuad<T> ExponentialMinusOne<T>(VectorQuad<T> r)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        VectorQuad<T> square = r * r;
        VectorQuad<T> q = Linear(r, Constant<T>(0.16666666666664454, 0.16666844808914044), Constant<T>(0.5000000000000299, 0.5000161943131648));
        if (typeof(T) == typeof(double))
        {
            VectorQuad<T> last = Linear(r, VectorArithmetic.Broadcast<T>(0.00019840908636712082), VectorArithmetic.Broadcast<T>(0.0013889781922867515));
            VectorQuad<T> middle = Linear(r, VectorArithmetic.Broadcast<T>(0.008333333360913176), VectorArithmetic.Broadcast<T>(0.041666666569724266));
            q = VectorQuad<T>.MultiplyAdd(square, VectorQuad<T>.MultiplyAdd(square, last, middle), q);
        }

        return VectorQuad<T>.MultiplyAdd(square, q, r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorQuad<T> Linear<T>(VectorQuad<T> r, Vector512<T> slope, Vector512<T> constant)
        where T : unmanaged, IFloatingPointIeee754<T> => VectorQuad<T>.MultiplyAdd(r, slope, constant);

    // 2^((n mod w)/w).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Root<T>(Vector512<T> shifted)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double))
        {
            Vector512<long> index = shifted.AsInt64();
            return (Avx512F.IsSupported ? Avx512F.PermuteVar8x64(Roots, index) : Vector512.Shuffle(Roots, index & Vector512.Create(7L))).As<double, T>();
        }

        Vector512<int> singleIndex = shifted.AsInt32();
        return (Avx512F.IsSupported ? Avx512F.PermuteVar16x32(SingleRoots, singleIndex) : Vector512.Shuffle(SingleRoots, singleIndex & Vector512.Create(15))).As<float, T>();
    }

    // 2^⌊n/w⌋ power, exact as no result is subnormal, and 0 below the smallest argument; the native maximum keeps its second operand when that is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Scale<T>(Vector512<T> power, Vector512<T> exponent, Vector512<T> shifted, Vector512<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> isNormal = Vector512.GreaterThanOrEqual(x, Constant<T>(Smallest, SingleSmallest));
        return Vector512.ConditionalSelect(isNormal, Scale(power, exponent, shifted), Vector512.MaxNative(Vector512<T>.Zero, x));
    }

    // Where no instruction does it, ⌊n/w⌋ is added to the exponent's bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Scale<T>(Vector512<T> power, Vector512<T> exponent, Vector512<T> shifted)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(double)
                ? Avx512F.Scale(power.AsDouble(), exponent.AsDouble()).As<double, T>()
                : Avx512F.Scale(power.AsSingle(), exponent.AsSingle()).As<float, T>();
        }

        return typeof(T) == typeof(double)
            ? (power.AsInt64() + Vector512.ShiftLeft(Vector512.ShiftRightLogical(shifted.AsInt64(), 3), 52)).As<long, T>()
            : (power.AsInt32() + Vector512.ShiftLeft(Vector512.ShiftRightLogical(shifted.AsInt32(), 4), 23)).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Constant<T>(double value, double single)
        where T : unmanaged, IFloatingPointIeee754<T> => VectorArithmetic.Broadcast<T>(typeof(T) == typeof(double) ? value : single);
}
