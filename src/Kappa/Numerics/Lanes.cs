using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>What a kernel needs of a vector register; one implementation per
/// width, for doubles and singles, so that one source serves them all.</summary>
/// <typeparam name="TVector">The register.</typeparam>
/// <typeparam name="T">The element in a lane.</typeparam>
internal unsafe interface ILanes<TVector, T>
    where TVector : struct
    where T : unmanaged
{
    /// <summary>Elements per register.</summary>
    static abstract int Count { get; }

    /// <summary>Whether 8 × 3 accumulators, 3 operands and a broadcast fit the
    /// register file (32 registers), or only 4 × 3 (16 registers).</summary>
    static abstract bool HasManyRegisters { get; }

    /// <summary>The <see cref="Count"/> elements at <paramref name="source"/>.</summary>
    static abstract TVector Load(T* source);

    /// <summary>The elements at <paramref name="source"/> in the lanes of
    /// <paramref name="mask"/>; other lanes are zero and their memory is not touched.</summary>
    static abstract TVector Load(T* source, TVector mask);

    /// <summary>Writes all lanes.</summary>
    static abstract void Store(T* target, TVector value);

    /// <summary>Writes the lanes of <paramref name="mask"/>; the memory of other lanes is not touched.</summary>
    static abstract void Store(T* target, TVector value, TVector mask);

    /// <summary><paramref name="value"/> in every lane.</summary>
    static abstract TVector Broadcast(T value);

    /// <summary>x · y + sum, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector sum);

    /// <summary>x · y.</summary>
    static abstract TVector Multiply(TVector x, TVector y);

    /// <summary>All bits set in the first <paramref name="lanes"/> lanes, zero in the others.</summary>
    static abstract TVector FirstLanes(int lanes);
}

/// <summary>Eight doubles or sixteen singles (AVX-512).</summary>
internal readonly unsafe struct Lanes512<T> : ILanes<Vector512<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Count => Vector512<T>.Count;

    public static bool HasManyRegisters => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source, Vector512<T> mask) => typeof(T) == typeof(double)
        ? Avx512F.MaskLoad((double*)source, mask.AsDouble(), Vector512<double>.Zero).As<double, T>()
        : Avx512F.MaskLoad((float*)source, mask.AsSingle(), Vector512<float>.Zero).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector512<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector512<T> value, Vector512<T> mask)
    {
        if (typeof(T) == typeof(double))
        {
            Avx512F.MaskStore((double*)target, mask.AsDouble(), value.AsDouble());
        }
        else
        {
            Avx512F.MaskStore((float*)target, mask.AsSingle(), value.AsSingle());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> x, Vector512<T> y, Vector512<T> sum) => typeof(T) == typeof(double)
        ? Vector512.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
        : Vector512.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Multiply(Vector512<T> x, Vector512<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> FirstLanes(int lanes) =>
        Vector512.LessThan(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(lanes)));
}

/// <summary>Four doubles or eight singles (AVX2 and FMA).</summary>
internal readonly unsafe struct Lanes256<T> : ILanes<Vector256<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Count => Vector256<T>.Count;

    public static bool HasManyRegisters => Avx512F.VL.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source, Vector256<T> mask) => typeof(T) == typeof(double)
        ? Avx.MaskLoad((double*)source, mask.AsDouble()).As<double, T>()
        : Avx.MaskLoad((float*)source, mask.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector256<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector256<T> value, Vector256<T> mask)
    {
        if (typeof(T) == typeof(double))
        {
            Avx.MaskStore((double*)target, mask.AsDouble(), value.AsDouble());
        }
        else
        {
            Avx.MaskStore((float*)target, mask.AsSingle(), value.AsSingle());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> x, Vector256<T> y, Vector256<T> sum) => typeof(T) == typeof(double)
        ? Vector256.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
        : Vector256.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Multiply(Vector256<T> x, Vector256<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> FirstLanes(int lanes) =>
        Vector256.LessThan(Vector256<T>.Indices, Vector256.Create(T.CreateTruncating(lanes)));
}

/// <summary>Two doubles or four singles (every machine; on one without fused multiply-add it is emulated, correct and slow).</summary>
internal readonly unsafe struct Lanes128<T> : ILanes<Vector128<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Count => Vector128<T>.Count;

    // Arm has 32 vector registers; x86 without AVX-512 has 16.
    public static bool HasManyRegisters => !Sse2.IsSupported || Avx512F.VL.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source, Vector128<T> mask) => IsFull(mask) ? Vector128.Load(source) : LoadFirst(source, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector128<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector128<T> value, Vector128<T> mask)
    {
        if (IsFull(mask))
        {
            value.Store(target);
        }
        else
        {
            StoreFirst(target, value, mask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> x, Vector128<T> y, Vector128<T> sum) => typeof(T) == typeof(double)
        ? Vector128.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
        : Vector128.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Multiply(Vector128<T> x, Vector128<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> FirstLanes(int lanes) =>
        Vector128.LessThan(Vector128<T>.Indices, Vector128.Create(T.CreateTruncating(lanes)));

    // A mask always has its first lane: no strip has a last vector without elements.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFull(Vector128<T> mask) => mask.AsInt32()[3] != 0;

    private static Vector128<T> LoadFirst(T* source, Vector128<T> mask)
    {
        Vector128<T> lanes = Vector128<T>.Zero;
        for (int lane = 0; mask.AsByte()[lane * sizeof(T)] != 0; lane++)
        {
            lanes = lanes.WithElement(lane, source[lane]);
        }

        return lanes;
    }

    private static void StoreFirst(T* target, Vector128<T> value, Vector128<T> mask)
    {
        for (int lane = 0; mask.AsByte()[lane * sizeof(T)] != 0; lane++)
        {
            target[lane] = value[lane];
        }
    }
}
