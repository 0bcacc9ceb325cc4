using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Eight independent Householder reflections, one per lane: <see cref="Reflector"/> with every number eight times.</summary>
/// <param name="Beta">β = ∓√(α² + Σx²).</param>
/// <param name="Tau">τ = (β − α)/β, or 0 when H = I.</param>
/// <param name="InversePivot">1/(α − β), or 0 when H = I.</param>
internal readonly record struct LaneReflector(Vector512<double> Beta, Vector512<double> Tau, Vector512<double> InversePivot)
{
    /// <summary>Doubles in a vector: matrices, one per lane, that go through an operation together.</summary>
    public const int Lanes = 8;

    /// <summary>The reflections of (α, x), lane by lane.</summary>
    /// <param name="alpha">α.</param>
    /// <param name="tailSquares">Σx².</param>
    public static LaneReflector Of(Vector512<double> alpha, Vector512<double> tailSquares)
    {
        Vector512<double> norm = Vector512.Sqrt(Vector512.FusedMultiplyAdd(alpha, alpha, tailSquares));
        Vector512<double> sign = Vector512.Create(-0.0);
        Vector512<double> beta = norm | Vector512.AndNot(sign, alpha);
        Vector512<double> isIdentity = Vector512.LessThan(tailSquares, Vector512.Create(Reflector.TailFloor));
        return new LaneReflector(
            Vector512.ConditionalSelect(isIdentity, alpha, beta),
            Vector512.AndNot((beta - alpha) / beta, isIdentity),
            Vector512.AndNot(Vector512<double>.One / (alpha - beta), isIdentity));
    }

    /// <summary>(p; B) ← H (p; B) for columns <paramref name="first"/> … <paramref name="end"/> − 1, v = (1, V): w_j = τ (p_j + Σ_i V_i B_ij), p_j ← p_j − w_j, B_ij ← B_ij − V_i w_j.</summary>
    /// <param name="tau">τ.</param>
    /// <param name="pivot">The row p.</param>
    /// <param name="b">First element of B [rows].</param>
    /// <param name="v">First element of V, a column <paramref name="rowStep"/> apart like those of B.</param>
    /// <param name="rows">Rows of B.</param>
    /// <param name="rowStep">Doubles from row to row.</param>
    /// <param name="columnStep">Doubles from column to column. With the steps exchanged, rows are reflected from the right.</param>
    /// <param name="pivotStep">Doubles from one p_j to the next.</param>
    /// <param name="first">First column.</param>
    /// <param name="end">One past the last column.</param>
    public static unsafe void Apply(Vector512<double> tau, double* pivot, double* b, double* v, int rows, nint rowStep, nint columnStep, nint pivotStep, int first, int end)
    {
        int j = first;
        for (; j + 4 <= end; j += 4)
        {
            ApplyToFour(tau, pivot + (j * pivotStep), b + (j * columnStep), v, rows, rowStep, columnStep, pivotStep);
        }

        for (; j < end; j++)
        {
            ApplyToOne(tau, pivot + (j * pivotStep), b + (j * columnStep), v, rows, rowStep);
        }
    }

    // Four columns share every load of V and hide the latency of each other's sums.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyToFour(Vector512<double> tau, double* pivot, double* b, double* v, int rows, nint rowStep, nint columnStep, nint pivotStep)
    {
        Vector512<double> p0 = Vector512.Load(pivot);
        Vector512<double> p1 = Vector512.Load(pivot + pivotStep);
        Vector512<double> p2 = Vector512.Load(pivot + (2 * pivotStep));
        Vector512<double> p3 = Vector512.Load(pivot + (3 * pivotStep));
        Vector512<double> w0 = p0, w1 = p1, w2 = p2, w3 = p3;
        double* row = b;
        double* head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            Vector512<double> x = Vector512.Load(head);
            w0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row), w0);
            w1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + columnStep), w1);
            w2 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + (2 * columnStep)), w2);
            w3 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + (3 * columnStep)), w3);
        }

        (w0, w1, w2, w3) = (w0 * tau, w1 * tau, w2 * tau, w3 * tau);
        (p0 - w0).Store(pivot);
        (p1 - w1).Store(pivot + pivotStep);
        (p2 - w2).Store(pivot + (2 * pivotStep));
        (p3 - w3).Store(pivot + (3 * pivotStep));
        row = b;
        head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            Vector512<double> x = -Vector512.Load(head);
            Vector512.FusedMultiplyAdd(x, w0, Vector512.Load(row)).Store(row);
            Vector512.FusedMultiplyAdd(x, w1, Vector512.Load(row + columnStep)).Store(row + columnStep);
            Vector512.FusedMultiplyAdd(x, w2, Vector512.Load(row + (2 * columnStep))).Store(row + (2 * columnStep));
            Vector512.FusedMultiplyAdd(x, w3, Vector512.Load(row + (3 * columnStep))).Store(row + (3 * columnStep));
        }
    }

    private static unsafe void ApplyToOne(Vector512<double> tau, double* pivot, double* b, double* v, int rows, nint rowStep)
    {
        Vector512<double> p = Vector512.Load(pivot);
        Vector512<double> w = p;
        for (nint i = 0; i < rows; i++)
        {
            w = Vector512.FusedMultiplyAdd(Vector512.Load(v + (i * rowStep)), Vector512.Load(b + (i * rowStep)), w);
        }

        w *= tau;
        (p - w).Store(pivot);
        for (nint i = 0; i < rows; i++)
        {
            Vector512.FusedMultiplyAdd(-Vector512.Load(v + (i * rowStep)), w, Vector512.Load(b + (i * rowStep))).Store(b + (i * rowStep));
        }
    }
}
