using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Inner products, norms and updates of contiguous vectors, summed in an order that depends on the length alone.</summary>
/// <remarks>
/// A sum runs over 16 interleaved partial sums (element i goes to partial sum i mod 16), which are then added pairwise; the relative
/// error of a sum of n terms of one sign is below (n/16 + 5) ε. The order, and so every bit, is the same on every thread and for
/// every vector width of the machines with a fused multiply-add; without one a product is rounded
/// before it is added. No allocation. NaN and infinities propagate as in scalar arithmetic.
/// </remarks>
public static class Vectors
{
    // Four accumulators of four lanes: enough independent chains to hide the latency of the fused multiply-add.
    private const int Lanes = 4;
    private const int Chunk = 4 * Lanes;

    /// <summary>Σ_i x_i y_i.</summary>
    /// <param name="x">x [n].</param>
    /// <param name="y">y [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireEqual(x.Length, y.Length);
        return Sum<ProductTerm>(x, y);
    }

    /// <summary>‖x‖² = Σ_i x_i²; overflows to infinity when an element exceeds about 1e154.</summary>
    /// <param name="x">x [n].</param>
    public static double SquaredNorm(ReadOnlySpan<double> x) => Sum<ProductTerm>(x, x);

    /// <summary>‖x‖, the Euclidean norm, as the root of <see cref="SquaredNorm"/>.</summary>
    /// <param name="x">x [n].</param>
    public static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(SquaredNorm(x));

    /// <summary>‖x − y‖² = Σ_i (x_i − y_i)².</summary>
    /// <param name="x">x [n].</param>
    /// <param name="y">y [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireEqual(x.Length, y.Length);
        return Sum<SquaredDifferenceTerm>(x, y);
    }

    /// <summary>y ← y + factor · x, one rounding per element where the machine has a fused multiply-add.</summary>
    /// <param name="y">y [n], overwritten.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="x">x [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddScaled(Span<double> y, double factor, ReadOnlySpan<double> x)
    {
        RequireEqual(x.Length, y.Length);
        ref double target = ref MemoryMarshal.GetReference(y);
        ref double source = ref MemoryMarshal.GetReference(x);
        Vector256<double> factors = Vector256.Create(factor);
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            Vector256.MultiplyAddEstimate(factors, Load(ref source, i), Load(ref target, i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = double.MultiplyAddEstimate(factor, x[i], y[i]);
        }
    }

    /// <summary>x ← factor · x.</summary>
    /// <param name="x">x [n], overwritten.</param>
    /// <param name="factor">The factor.</param>
    public static void Scale(Span<double> x, double factor)
    {
        ref double target = ref MemoryMarshal.GetReference(x);
        Vector256<double> factors = Vector256.Create(factor);
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            (factors * Load(ref target, i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            x[i] *= factor;
        }
    }

    // The last, incomplete chunk is padded with zeros, whose terms are exact zeros.
    private static double Sum<TTerm>(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
        where TTerm : struct, ITerm
    {
        ref double first = ref MemoryMarshal.GetReference(x);
        ref double second = ref MemoryMarshal.GetReference(y);
        Vector256<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= x.Length - Chunk; i += Chunk)
        {
            sum0 = TTerm.Add(Load(ref first, i), Load(ref second, i), sum0);
            sum1 = TTerm.Add(Load(ref first, i + Lanes), Load(ref second, i + Lanes), sum1);
            sum2 = TTerm.Add(Load(ref first, i + (2 * Lanes)), Load(ref second, i + (2 * Lanes)), sum2);
            sum3 = TTerm.Add(Load(ref first, i + (3 * Lanes)), Load(ref second, i + (3 * Lanes)), sum3);
        }

        if (i < x.Length)
        {
            Span<double> tail = stackalloc double[2 * Chunk];
            tail.Clear();
            x[i..].CopyTo(tail);
            y[i..].CopyTo(tail[Chunk..]);
            ref double padded = ref MemoryMarshal.GetReference(tail);
            sum0 = TTerm.Add(Load(ref padded, 0), Load(ref padded, Chunk), sum0);
            sum1 = TTerm.Add(Load(ref padded, Lanes), Load(ref padded, Chunk + Lanes), sum1);
            sum2 = TTerm.Add(Load(ref padded, 2 * Lanes), Load(ref padded, Chunk + (2 * Lanes)), sum2);
            sum3 = TTerm.Add(Load(ref padded, 3 * Lanes), Load(ref padded, Chunk + (3 * Lanes)), sum3);
        }

        Vector256<double> total = sum0 + sum1 + (sum2 + sum3);
        return total[0] + total[1] + (total[2] + total[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load(ref double first, int index) => Vector256.LoadUnsafe(ref first, (nuint)index);

    private static void RequireEqual(int xLength, int yLength)
    {
        if (xLength != yLength)
        {
            throw new ArgumentException($"The two vectors must have one length but have {xLength} and {yLength} elements.");
        }
    }

    /// <summary>The term that a sum over pairs of elements adds.</summary>
    private interface ITerm
    {
        /// <summary>sum + term(x, y), per lane.</summary>
        static abstract Vector256<double> Add(Vector256<double> x, Vector256<double> y, Vector256<double> sum);
    }

    private readonly struct ProductTerm : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Add(Vector256<double> x, Vector256<double> y, Vector256<double> sum) =>
            Vector256.MultiplyAddEstimate(x, y, sum);
    }

    private readonly struct SquaredDifferenceTerm : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Add(Vector256<double> x, Vector256<double> y, Vector256<double> sum)
        {
            Vector256<double> difference = x - y;
            return Vector256.MultiplyAddEstimate(difference, difference, sum);
        }
    }
}
