using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Householder reduction of W [m, n], m ≥ n, to upper bidiagonal form
/// UᵀWV with diagonal d and superdiagonal e; U and V are not formed.</summary>
/// <remarks>
/// Source: Golub and Kahan 1965; Golub and Van Loan, section 5.4.8. A
/// column reflection and the row reflection after it are applied together:
/// W ← W + v wᵀ + z uᵀ, in the same pass that gathers the row sums of the next column reflection (the fused form of Howell, Demmel, Fulton,
/// Hammarling and Marmol 2008), so each step reads W twice and writes it once. Rows are padded to whole vectors; v, w, u, z are zero
/// outside their range, so no pass needs a mask. Cost 4mn² − 4n³/3 flops. The workspace is owned by the instance: one instance per thread.
/// </remarks>
internal sealed class Bidiagonalisation
{
    private readonly double[] _memory;
    private readonly int _w;
    private readonly int _u;
    private readonly int _nextW;
    private readonly int _v;
    private readonly int _z;
    private readonly int _nextV;

    /// <summary>Reserves the workspace for up to <paramref name="maximumRows"/> × <paramref name="maximumColumns"/>.</summary>
    public Bidiagonalisation(int maximumRows, int maximumColumns)
    {
        int padded = PaddedMemory.PaddedLength(maximumColumns);
        int rows = PaddedMemory.PaddedLength(maximumRows);
        _memory = AlignedMemory.Allocate<double>((3 * padded) + (3 * rows), out int offset);
        (_w, _u, _nextW) = (offset, offset + padded, offset + (2 * padded));
        (_v, _z, _nextV) = (offset + (3 * padded), offset + (3 * padded) + rows, offset + (3 * padded) + (2 * rows));
    }

    /// <summary>Reduces W to bidiagonal form, destroying it.</summary>
    /// <param name="a">W [m, n padded to whole vectors], zero in the padding.</param>
    /// <param name="columns">n ≤ m.</param>
    /// <param name="diagonal">d [n], signs as they fall.</param>
    /// <param name="superdiagonal">e [n − 1].</param>
    public void Compute(in Matrix a, int columns, Span<double> diagonal, Span<double> superdiagonal)
    {
        _memory.AsSpan(_w, a.Columns).Clear();
        _memory.AsSpan(_u, a.Columns).Clear();
        _memory.AsSpan(_v, a.Rows).Clear();
        _memory.AsSpan(_z, a.Rows).Clear();
        ref double memory = ref _memory[0];
        ref double w = ref Unsafe.Add(ref memory, _w);
        ref double u = ref Unsafe.Add(ref memory, _u);
        ref double nextW = ref Unsafe.Add(ref memory, _nextW);
        ref double v = ref Unsafe.Add(ref memory, _v);
        ref double z = ref Unsafe.Add(ref memory, _z);
        ref double nextV = ref Unsafe.Add(ref memory, _nextV);
        int end = a.Columns;
        for (int k = 0; k < columns; k++)
        {
            Reflector left = ReflectColumn(a, k, ref v, Unsafe.Add(ref w, k), ref z, Unsafe.Add(ref u, k), ref nextV);
            diagonal[k] = left.Beta;
            if (k + 1 == columns)
            {
                break;
            }

            UpdateAndGather(a, k, end, ref v, ref w, ref z, ref u, ref nextV, ref nextW);
            ref double row = ref a[k, 0];
            double tailSquares = FinishLeft(k, end, left.Tau, ref row, ref nextW);
            Reflector right = Reflector.Of(Unsafe.Add(ref row, k + 1), tailSquares);
            superdiagonal[k] = right.Beta;
            ref double swap = ref w;
            w = ref nextW;
            nextW = ref swap;
            swap = ref v;
            v = ref nextV;
            nextV = ref swap;
            double overlap = PrepareRight(k, end, right, ref row, ref u, ref w);
            MultiplyRows(a, k + 1, end, right.Tau, overlap, ref u, ref v, ref z);
        }
    }

    // Column k of W + v wᵀ + z uᵀ for the rows from k on, and its reflection; nextV = (0 …, 1, x·InversePivot).
    private static Reflector ReflectColumn(in Matrix a, int k, ref double v, double w, ref double z, double u, ref double nextV)
    {
        double tailSquares = 0;
        double alpha = 0;
        for (int i = k; i < a.Rows; i++)
        {
            double x = a[i, k] + (Unsafe.Add(ref v, i) * w) + (Unsafe.Add(ref z, i) * u);
            Unsafe.Add(ref nextV, i) = x;
            if (i == k)
            {
                alpha = x;
            }
            else
            {
                tailSquares += x * x;
            }
        }

        Reflector reflector = Reflector.Of(alpha, tailSquares);
        for (int i = k + 1; i < a.Rows; i++)
        {
            Unsafe.Add(ref nextV, i) *= reflector.InversePivot;
        }

        Unsafe.Add(ref nextV, k) = 1;
        return reflector;
    }

    private static int AlignDown(int index) => index & -Vector512<double>.Count;

    // W_i ← W_i + v_i w + z_i u and nextW ← Σ_i nextV_i W_i, rows from k on.
    private static void UpdateAndGather(
        in Matrix a, int k, int end, ref double v, ref double w, ref double z, ref double u, ref double nextV, ref double nextW)
    {
        nuint first = (nuint)AlignDown(k);
        for (nuint j = first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
        {
            Vector512<double>.Zero.StoreUnsafe(ref nextW, j);
        }

        nint stride = a.Stride;
        int i = k;
        for (; i + 4 <= a.Rows; i += 4)
        {
            ref double r0 = ref Unsafe.Add(ref a.First, i * stride);
            ref double r1 = ref Unsafe.Add(ref r0, stride);
            ref double r2 = ref Unsafe.Add(ref r1, stride);
            ref double r3 = ref Unsafe.Add(ref r2, stride);
            Vector512<double> v0 = Vector512.Create(Unsafe.Add(ref v, i));
            Vector512<double> v1 = Vector512.Create(Unsafe.Add(ref v, i + 1));
            Vector512<double> v2 = Vector512.Create(Unsafe.Add(ref v, i + 2));
            Vector512<double> v3 = Vector512.Create(Unsafe.Add(ref v, i + 3));
            Vector512<double> z0 = Vector512.Create(Unsafe.Add(ref z, i));
            Vector512<double> z1 = Vector512.Create(Unsafe.Add(ref z, i + 1));
            Vector512<double> z2 = Vector512.Create(Unsafe.Add(ref z, i + 2));
            Vector512<double> z3 = Vector512.Create(Unsafe.Add(ref z, i + 3));
            Vector512<double> n0 = Vector512.Create(Unsafe.Add(ref nextV, i));
            Vector512<double> n1 = Vector512.Create(Unsafe.Add(ref nextV, i + 1));
            Vector512<double> n2 = Vector512.Create(Unsafe.Add(ref nextV, i + 2));
            Vector512<double> n3 = Vector512.Create(Unsafe.Add(ref nextV, i + 3));
            for (nuint j = first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                Vector512<double> wj = Vector512.LoadUnsafe(ref w, j);
                Vector512<double> uj = Vector512.LoadUnsafe(ref u, j);
                Vector512<double> b0 = Vector512.MultiplyAddEstimate(
                    z0, uj, Vector512.MultiplyAddEstimate(v0, wj, Vector512.LoadUnsafe(ref r0, j)));
                Vector512<double> b1 = Vector512.MultiplyAddEstimate(
                    z1, uj, Vector512.MultiplyAddEstimate(v1, wj, Vector512.LoadUnsafe(ref r1, j)));
                Vector512<double> b2 = Vector512.MultiplyAddEstimate(
                    z2, uj, Vector512.MultiplyAddEstimate(v2, wj, Vector512.LoadUnsafe(ref r2, j)));
                Vector512<double> b3 = Vector512.MultiplyAddEstimate(
                    z3, uj, Vector512.MultiplyAddEstimate(v3, wj, Vector512.LoadUnsafe(ref r3, j)));
                b0.StoreUnsafe(ref r0, j);
                b1.StoreUnsafe(ref r1, j);
                b2.StoreUnsafe(ref r2, j);
                b3.StoreUnsafe(ref r3, j);
                Vector512<double> even = Vector512.MultiplyAddEstimate(n0, b0, n2 * b2);
                Vector512<double> odd = Vector512.MultiplyAddEstimate(n1, b1, n3 * b3);
                (Vector512.LoadUnsafe(ref nextW, j) + (even + odd)).StoreUnsafe(ref nextW, j);
            }
        }

        for (; i < a.Rows; i++)
        {
            ref double r = ref Unsafe.Add(ref a.First, i * stride);
            Vector512<double> vi = Vector512.Create(Unsafe.Add(ref v, i));
            Vector512<double> zi = Vector512.Create(Unsafe.Add(ref z, i));
            Vector512<double> ni = Vector512.Create(Unsafe.Add(ref nextV, i));
            for (nuint j = first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                Vector512<double> b = Vector512.MultiplyAddEstimate(vi, Vector512.LoadUnsafe(ref w, j), Vector512.LoadUnsafe(ref r, j));
                b = Vector512.MultiplyAddEstimate(zi, Vector512.LoadUnsafe(ref u, j), b);
                b.StoreUnsafe(ref r, j);
                Vector512.MultiplyAddEstimate(ni, b, Vector512.LoadUnsafe(ref nextW, j)).StoreUnsafe(ref nextW, j);
            }
        }
    }

    // w ← −τ w with zeros up to column k; row k of the reflected matrix is then W_k + w; returns Σ of its squares after column k + 1.
    private static double FinishLeft(int k, int end, double tau, ref double row, ref double w)
    {
        Vector512<double> tailSquares = Vector512<double>.Zero;
        Vector512<double> index = Vector512<double>.Indices + Vector512.Create((double)(AlignDown(k) - k));
        for (nuint j = (nuint)AlignDown(k); j < (nuint)end; j += (nuint)Vector512<double>.Count)
        {
            Vector512<double> weight = Vector512.LoadUnsafe(ref w, j) * -tau;
            weight = Vector512.ConditionalSelect(Vector512.GreaterThan(index, Vector512<double>.Zero), weight, Vector512<double>.Zero);
            weight.StoreUnsafe(ref w, j);
            Vector512<double> entry = Vector512.LoadUnsafe(ref row, j) + weight;
            entry.StoreUnsafe(ref row, j);
            entry = Vector512.ConditionalSelect(Vector512.GreaterThan(index, Vector512<double>.One), entry, Vector512<double>.Zero);
            tailSquares = Vector512.MultiplyAddEstimate(entry, entry, tailSquares);
            index += Vector512.Create((double)Vector512<double>.Count);
        }

        return Vector512.Sum(tailSquares);
    }

    // u = (0 …, 1, row·InversePivot) from column k + 1 on; returns wᵀu.
    private static double PrepareRight(int k, int end, Reflector right, ref double row, ref double u, ref double w)
    {
        Vector512<double> overlap = Vector512<double>.Zero;
        Vector512<double> index = Vector512<double>.Indices + Vector512.Create((double)(AlignDown(k) - k));
        for (nuint j = (nuint)AlignDown(k); j < (nuint)end; j += (nuint)Vector512<double>.Count)
        {
            Vector512<double> head = Vector512.ConditionalSelect(
                Vector512.Equals(index, Vector512<double>.One), Vector512<double>.One, Vector512<double>.Zero);
            Vector512<double> entry = Vector512.LoadUnsafe(ref row, j) * right.InversePivot;
            entry = Vector512.ConditionalSelect(Vector512.GreaterThan(index, Vector512<double>.One), entry, head);
            entry.StoreUnsafe(ref u, j);
            overlap = Vector512.MultiplyAddEstimate(entry, Vector512.LoadUnsafe(ref w, j), overlap);
            index += Vector512.Create((double)Vector512<double>.Count);
        }

        return Vector512.Sum(overlap);
    }

    // z_i = −τ (W_i u + v_i wᵀu), rows from start on: the row reflection of W + v wᵀ without forming it.
    private static void MultiplyRows(in Matrix a, int start, int end, double tau, double overlap, ref double u, ref double v, ref double z)
    {
        nuint first = (nuint)AlignDown(start);
        nint stride = a.Stride;
        int i = start;
        for (; i + 4 <= a.Rows; i += 4)
        {
            ref double r0 = ref Unsafe.Add(ref a.First, i * stride);
            ref double r1 = ref Unsafe.Add(ref r0, stride);
            ref double r2 = ref Unsafe.Add(ref r1, stride);
            ref double r3 = ref Unsafe.Add(ref r2, stride);
            Vector512<double> s0 = Vector512<double>.Zero;
            Vector512<double> s1 = s0;
            Vector512<double> s2 = s0;
            Vector512<double> s3 = s0;
            for (nuint j = first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                Vector512<double> uj = Vector512.LoadUnsafe(ref u, j);
                s0 = Vector512.MultiplyAddEstimate(uj, Vector512.LoadUnsafe(ref r0, j), s0);
                s1 = Vector512.MultiplyAddEstimate(uj, Vector512.LoadUnsafe(ref r1, j), s1);
                s2 = Vector512.MultiplyAddEstimate(uj, Vector512.LoadUnsafe(ref r2, j), s2);
                s3 = Vector512.MultiplyAddEstimate(uj, Vector512.LoadUnsafe(ref r3, j), s3);
            }

            Unsafe.Add(ref z, i) = -tau * (Vector512.Sum(s0) + (Unsafe.Add(ref v, i) * overlap));
            Unsafe.Add(ref z, i + 1) = -tau * (Vector512.Sum(s1) + (Unsafe.Add(ref v, i + 1) * overlap));
            Unsafe.Add(ref z, i + 2) = -tau * (Vector512.Sum(s2) + (Unsafe.Add(ref v, i + 2) * overlap));
            Unsafe.Add(ref z, i + 3) = -tau * (Vector512.Sum(s3) + (Unsafe.Add(ref v, i + 3) * overlap));
        }

        for (; i < a.Rows; i++)
        {
            ref double r = ref Unsafe.Add(ref a.First, i * stride);
            Vector512<double> s = Vector512<double>.Zero;
            for (nuint j = first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                s = Vector512.MultiplyAddEstimate(Vector512.LoadUnsafe(ref u, j), Vector512.LoadUnsafe(ref r, j), s);
            }

            Unsafe.Add(ref z, i) = -tau * (Vector512.Sum(s) + (Unsafe.Add(ref v, i) * overlap));
        }
    }
}
