using System.Runtime.Intrinsics;

namespace Kappa.Bench;

/// <summary>A vector register with a fused multiply-add: just enough to measure the peak in each width and precision.</summary>
internal interface IFusedLanes<TVector>
    where TVector : struct
{
    /// <summary>Numbers in one register.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in every lane.</summary>
    static abstract TVector Broadcast(double value);

    /// <summary>x y + z, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector z);

    /// <summary>The first lane.</summary>
    static abstract double First(TVector vector);
}

/// <summary>Eight doubles.</summary>
internal readonly struct Doubles512 : IFusedLanes<Vector512<double>>
{
    public static int Count => Vector512<double>.Count;

    public static Vector512<double> Broadcast(double value) => Vector512.Create(value);

    public static Vector512<double> MultiplyAdd(Vector512<double> x, Vector512<double> y, Vector512<double> z) =>
        Vector512.FusedMultiplyAdd(x, y, z);

    public static double First(Vector512<double> vector) => vector.ToScalar();
}

/// <summary>Sixteen floats.</summary>
internal readonly struct Singles512 : IFusedLanes<Vector512<float>>
{
    public static int Count => Vector512<float>.Count;

    public static Vector512<float> Broadcast(double value) => Vector512.Create((float)value);

    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.FusedMultiplyAdd(x, y, z);

    public static double First(Vector512<float> vector) => vector.ToScalar();
}

/// <summary>Four doubles.</summary>
internal readonly struct Doubles256 : IFusedLanes<Vector256<double>>
{
    public static int Count => Vector256<double>.Count;

    public static Vector256<double> Broadcast(double value) => Vector256.Create(value);

    public static Vector256<double> MultiplyAdd(Vector256<double> x, Vector256<double> y, Vector256<double> z) =>
        Vector256.FusedMultiplyAdd(x, y, z);

    public static double First(Vector256<double> vector) => vector.ToScalar();
}

/// <summary>Eight floats.</summary>
internal readonly struct Singles256 : IFusedLanes<Vector256<float>>
{
    public static int Count => Vector256<float>.Count;

    public static Vector256<float> Broadcast(double value) => Vector256.Create((float)value);

    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) =>
        Vector256.FusedMultiplyAdd(x, y, z);

    public static double First(Vector256<float> vector) => vector.ToScalar();
}

/// <summary>Two doubles.</summary>
internal readonly struct Doubles128 : IFusedLanes<Vector128<double>>
{
    public static int Count => Vector128<double>.Count;

    public static Vector128<double> Broadcast(double value) => Vector128.Create(value);

    public static Vector128<double> MultiplyAdd(Vector128<double> x, Vector128<double> y, Vector128<double> z) =>
        Vector128.MultiplyAddEstimate(x, y, z);

    public static double First(Vector128<double> vector) => vector.ToScalar();
}

/// <summary>Four floats.</summary>
internal readonly struct Singles128 : IFusedLanes<Vector128<float>>
{
    public static int Count => Vector128<float>.Count;

    public static Vector128<float> Broadcast(double value) => Vector128.Create((float)value);

    public static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) =>
        Vector128.MultiplyAddEstimate(x, y, z);

    public static double First(Vector128<float> vector) => vector.ToScalar();
}
