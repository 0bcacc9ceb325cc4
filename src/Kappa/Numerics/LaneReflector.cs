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

    /// <summary>Columns that <see cref="ApplyPair"/> takes together: rows are padded with zeros to whole groups.</summary>
    public const int Group = 4;

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

    /// <summary>(p; q; B) ← H₁ H₀ (p; q; B) for columns <paramref name="first"/> … <paramref name="end"/> − 1, with p the pivot row of H₀ and q that of H₁: every element of B is read twice and written once.</summary>
    /// <remarks>w₀ = τ₀ (p + V₀ᵀB), w₁ = τ₁ (q + V₁ᵀB − (V₁ᵀV₀) w₀), then B ← B − V₀ w₀ − V₁ w₁.</remarks>
    /// <param name="tau0">τ₀.</param>
    /// <param name="tau1">τ₁.</param>
    /// <param name="pivot">The row p; q is one <paramref name="rowStep"/> further.</param>
    /// <param name="b">First element of B [rows].</param>
    /// <param name="v">First element of V₀; V₁ is the column after it.</param>
    /// <param name="rows">Rows of B.</param>
    /// <param name="rowStep">Doubles from row to row.</param>
    /// <param name="first">First column.</param>
    /// <param name="end">One past the last column; columns up to a whole group must exist.</param>
    public static unsafe void ApplyPair(Vector512<double> tau0, Vector512<double> tau1, double* pivot, double* b, double* v, int rows, nint rowStep, int first, int end)
    {
        Vector512<double> overlap = Vector512<double>.Zero;
        double* head = v;
        for (int i = 0; i < rows; i++, head += rowStep)
        {
            overlap = Vector512.FusedMultiplyAdd(Vector512.Load(head), Vector512.Load(head + Lanes), overlap);
        }

        for (int j = first & -Group; j < end; j += Group)
        {
            ApplyPairToGroup(tau0, tau1, overlap, pivot + (j * Lanes), b + (j * Lanes), v, rows, rowStep, first - j);
        }
    }

    // Whole groups of four, eight sums at a time; in the first `skipped` columns w is zero, which changes nothing there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyPairToGroup(Vector512<double> tau0, Vector512<double> tau1, Vector512<double> overlap, double* pivot, double* b, double* v, int rows, nint rowStep, int skipped)
    {
        double* next = pivot + rowStep;
        Vector512<double> p0 = Vector512.Load(pivot), p1 = Vector512.Load(pivot + Lanes), p2 = Vector512.Load(pivot + (2 * Lanes)), p3 = Vector512.Load(pivot + (3 * Lanes));
        Vector512<double> q0 = Vector512.Load(next), q1 = Vector512.Load(next + Lanes), q2 = Vector512.Load(next + (2 * Lanes)), q3 = Vector512.Load(next + (3 * Lanes));
        double* row = b;
        double* head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            Vector512<double> x = Vector512.Load(head), y = Vector512.Load(head + Lanes);
            Vector512<double> b0 = Vector512.Load(row), b1 = Vector512.Load(row + Lanes), b2 = Vector512.Load(row + (2 * Lanes)), b3 = Vector512.Load(row + (3 * Lanes));
            p0 = Vector512.FusedMultiplyAdd(x, b0, p0);
            p1 = Vector512.FusedMultiplyAdd(x, b1, p1);
            p2 = Vector512.FusedMultiplyAdd(x, b2, p2);
            p3 = Vector512.FusedMultiplyAdd(x, b3, p3);
            q0 = Vector512.FusedMultiplyAdd(y, b0, q0);
            q1 = Vector512.FusedMultiplyAdd(y, b1, q1);
            q2 = Vector512.FusedMultiplyAdd(y, b2, q2);
            q3 = Vector512.FusedMultiplyAdd(y, b3, q3);
        }

        (p0, q0) = skipped > 0 ? default : Weights(tau0, tau1, overlap, p0, q0);
        (p1, q1) = skipped > 1 ? default : Weights(tau0, tau1, overlap, p1, q1);
        (p2, q2) = skipped > 2 ? default : Weights(tau0, tau1, overlap, p2, q2);
        (p3, q3) = Weights(tau0, tau1, overlap, p3, q3);
        AddTo(pivot, p0, p1, p2, p3);
        AddTo(next, q0, q1, q2, q3);
        row = b;
        head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            Vector512<double> x = Vector512.Load(head), y = Vector512.Load(head + Lanes);
            Vector512.FusedMultiplyAdd(y, q0, Vector512.FusedMultiplyAdd(x, p0, Vector512.Load(row))).Store(row);
            Vector512.FusedMultiplyAdd(y, q1, Vector512.FusedMultiplyAdd(x, p1, Vector512.Load(row + Lanes))).Store(row + Lanes);
            Vector512.FusedMultiplyAdd(y, q2, Vector512.FusedMultiplyAdd(x, p2, Vector512.Load(row + (2 * Lanes)))).Store(row + (2 * Lanes));
            Vector512.FusedMultiplyAdd(y, q3, Vector512.FusedMultiplyAdd(x, p3, Vector512.Load(row + (3 * Lanes)))).Store(row + (3 * Lanes));
        }
    }

    // (−w₀, −w₁)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double> First, Vector512<double> Second) Weights(Vector512<double> tau0, Vector512<double> tau1, Vector512<double> overlap, Vector512<double> p, Vector512<double> q)
    {
        Vector512<double> first = -(p * tau0);
        return (first, -(Vector512.FusedMultiplyAdd(overlap, first, q) * tau1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void AddTo(double* row, Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d)
    {
        (Vector512.Load(row) + a).Store(row);
        (Vector512.Load(row + Lanes) + b).Store(row + Lanes);
        (Vector512.Load(row + (2 * Lanes)) + c).Store(row + (2 * Lanes));
        (Vector512.Load(row + (3 * Lanes)) + d).Store(row + (3 * Lanes));
    }
}
