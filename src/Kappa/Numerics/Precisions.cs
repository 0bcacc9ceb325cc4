using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The precision of the passes of a descent.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "They are the names of the precisions.")]
public enum Precision
{
    /// <summary>64 bits, ε = 2⁻⁵³.</summary>
    Double,

    /// <summary>32 bits, ε = 2⁻²⁴: weights, sums over samples and spectra stay double.</summary>
    Single,
}

/// <summary>Conversions between the two precisions.</summary>
internal static class Precisions
{
    /// <summary>A matrix in precision <typeparamref name="T"/>: itself, or a rounded copy.</summary>
    public static Matrix<T> Convert<T>(in Matrix matrix)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (matrix is Matrix<T> same)
        {
            return same;
        }

        Matrix<T> converted = Matrix<T>.Allocate(matrix.Rows, matrix.Columns);
        Narrow(matrix, converted);
        return converted;
    }

    /// <summary>target ← source, rounded.</summary>
    public static void Narrow<T>(in Matrix source, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < source.Rows; row++)
        {
            Narrow(source.Row(row), target.Row(row));
        }
    }

    /// <summary>target ← source, rounded.</summary>
    public static void Narrow<T>(ReadOnlySpan<double> source, Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double))
        {
            MemoryMarshal.Cast<double, T>(source).CopyTo(target);
        }
        else
        {
            PrecisionConversion.Narrow(source, MemoryMarshal.Cast<T, float>(target));
        }
    }

    /// <summary>A copy in double precision.</summary>
    public static void CopyTo<T>(in Matrix<T> source, in Matrix target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < source.Rows; row++)
        {
            if (typeof(T) == typeof(double))
            {
                MemoryMarshal.Cast<T, double>(source.Row(row)).CopyTo(target.Row(row));
            }
            else
            {
                PrecisionConversion.Widen(MemoryMarshal.Cast<T, float>(source.Row(row)), target.Row(row));
            }
        }
    }

    /// <summary>Eight elements from <paramref name="index"/> on, as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Load<T>(ref T source, int index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
        {
            return Vector512.LoadUnsafe(ref Unsafe.As<T, double>(ref source), (nuint)index);
        }

        Vector256<float> singles = Vector256.LoadUnsafe(ref Unsafe.As<T, float>(ref source), (nuint)index);
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(singles);
        return Vector512.Create(lower, upper);
    }
}
