using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The power of two that brings the largest element of a matrix
/// into [1, 2), so that squares neither overflow nor underflow.</summary>
/// <remarks>
/// A power of two changes no significand but of elements that become subnormal, which are below 2⁻¹⁰²² times the largest: singular values
/// of 2ᵏA are 2ᵏ times those of A to 2⁻¹⁰⁷⁴ for each element, and bit for bit where none does.
/// </remarks>
/// <param name="Largest">max |a_ij|; NaN when an element is NaN.</param>
internal readonly record struct MatrixScale(double Largest)
{
    // 2^1023 is the largest power of two; a largest element below 2^-1023 is lifted to 2^-51 or more, which is enough.
    private const int LargestExponent = 1023;

    /// <summary>Whether every element is finite.</summary>
    public bool IsFinite => double.IsFinite(Largest);

    /// <summary>Whether every element is zero.</summary>
    public bool IsZero => Largest == 0;

    /// <summary>The exponent k: elements are multiplied by 2ᵏ.</summary>
    public int Exponent => IsZero ? 0 : Math.Min(LargestExponent, -Math.ILogB(Largest));

    /// <summary>2ᵏ.</summary>
    public double Factor => Math.ScaleB(1, Exponent);

    /// <summary>The scale of <paramref name="a"/>.</summary>
    public static MatrixScale Of(in Matrix a)
    {
        long largest = 0;
        for (int row = 0; row < a.Rows && !a.IsContiguous; row++)
        {
            largest = Math.Max(largest, LargestMagnitude(a.Row(row)));
        }

        return new MatrixScale(BitConverter.Int64BitsToDouble(a.IsContiguous ? LargestMagnitude(a.Span) : largest));
    }

    /// <summary>The scale of numbers.</summary>
    public static MatrixScale Of(ReadOnlySpan<double> values) => new(BitConverter.Int64BitsToDouble(LargestMagnitude(values)));

    // Bits of magnitudes order like the numbers, with infinity above every number and NaN above infinity: one NaN anywhere ends up here.
    private static long LargestMagnitude(ReadOnlySpan<double> values)
    {
        ReadOnlySpan<long> bits = MemoryMarshal.Cast<double, long>(values);
        ref long first = ref MemoryMarshal.GetReference(bits);
        Vector512<long> magnitude = Vector512.Create(long.MaxValue);
        Vector512<long> even = Vector512<long>.Zero, odd = even;
        int i = 0;
        for (; i <= bits.Length - (2 * Vector512<long>.Count); i += 2 * Vector512<long>.Count)
        {
            even = Vector512.Max(even, Vector512.LoadUnsafe(ref first, (nuint)i) & magnitude);
            odd = Vector512.Max(odd, Vector512.LoadUnsafe(ref first, (nuint)(i + Vector512<long>.Count)) & magnitude);
        }

        even = Vector512.Max(even, odd);
        long largest = 0;
        for (int lane = 0; lane < Vector512<long>.Count; lane++)
        {
            largest = Math.Max(largest, even[lane]);
        }

        for (; i < bits.Length; i++)
        {
            largest = Math.Max(largest, bits[i] & long.MaxValue);
        }

        return largest;
    }

    /// <summary>A ← 2ᵏA.</summary>
    public void Apply(in Matrix a)
    {
        for (int row = 0; row < a.Rows; row++)
        {
            TensorPrimitives.Multiply(a.Row(row), Factor, a.Row(row));
        }
    }

    /// <summary>values ← 2⁻ᵏ values.</summary>
    public void Undo(Span<double> values)
    {
        for (int i = 0; i < values.Length && Exponent != 0; i++)
        {
            values[i] = Math.ScaleB(values[i], -Exponent);
        }
    }
}
