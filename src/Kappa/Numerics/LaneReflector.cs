using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Eight independent Householder reflections, one per lane: <see cref="Reflector"/> with every number eight times.</summary>
/// <param name="Beta">β = ∓√(α² + Σx²).</param>
/// <param name="Tau">τ = (β − α)/β, or 0 when H = I.</param>
/// <param name="InversePivot">1/(α − β), or 0 when H = I.</param>
internal readonly record struct LaneReflector<TOctet>(TOctet Beta, TOctet Tau, TOctet InversePivot)
    where TOctet : struct, IOctet<TOctet>
{
    private const int Lanes = Octets.Lanes;
    private const int Group = LaneColumns.Group;

    /// <summary>The reflections of (α, x), lane by lane.</summary>
    /// <param name="alpha">α.</param>
    /// <param name="tailSquares">Σx².</param>
    public static LaneReflector<TOctet> Of(TOctet alpha, TOctet tailSquares)
    {
        TOctet norm = TOctet.Sqrt(TOctet.FusedMultiplyAdd(alpha, alpha, tailSquares));
        TOctet sign = TOctet.Create(-0.0);
        TOctet beta = norm | TOctet.AndNot(sign, alpha);
        TOctet isIdentity = TOctet.LessThan(tailSquares, TOctet.Create(Reflector.TailFloor));
        return new LaneReflector<TOctet>(
            TOctet.ConditionalSelect(isIdentity, alpha, beta),
            TOctet.AndNot((beta - alpha) / beta, isIdentity),
            TOctet.AndNot(TOctet.Create(1) / (alpha - beta), isIdentity));
    }

    /// <summary>(p; B) ← H (p; B) for columns <paramref name="first"/> … <paramref name="end"/> − 1,
    /// v = (1, V): w_j = τ (p_j + Σ_i V_i B_ij), p_j ← p_j − w_j, B_ij ← B_ij − V_i w_j.</summary>
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
    public static unsafe void Apply(
        TOctet tau, double* pivot, double* b, double* v, int rows, nint rowStep, nint columnStep, nint pivotStep, int first, int end)
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
    private static unsafe void ApplyToFour(
        TOctet tau, double* pivot, double* b, double* v, int rows, nint rowStep, nint columnStep, nint pivotStep)
    {
        TOctet p0 = TOctet.Load(pivot);
        TOctet p1 = TOctet.Load(pivot + pivotStep);
        TOctet p2 = TOctet.Load(pivot + (2 * pivotStep));
        TOctet p3 = TOctet.Load(pivot + (3 * pivotStep));
        TOctet w0 = p0, w1 = p1, w2 = p2, w3 = p3;
        double* row = b;
        double* head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            TOctet x = TOctet.Load(head);
            w0 = TOctet.FusedMultiplyAdd(x, TOctet.Load(row), w0);
            w1 = TOctet.FusedMultiplyAdd(x, TOctet.Load(row + columnStep), w1);
            w2 = TOctet.FusedMultiplyAdd(x, TOctet.Load(row + (2 * columnStep)), w2);
            w3 = TOctet.FusedMultiplyAdd(x, TOctet.Load(row + (3 * columnStep)), w3);
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
            TOctet x = -TOctet.Load(head);
            TOctet.FusedMultiplyAdd(x, w0, TOctet.Load(row)).Store(row);
            TOctet.FusedMultiplyAdd(x, w1, TOctet.Load(row + columnStep)).Store(row + columnStep);
            TOctet.FusedMultiplyAdd(x, w2, TOctet.Load(row + (2 * columnStep))).Store(row + (2 * columnStep));
            TOctet.FusedMultiplyAdd(x, w3, TOctet.Load(row + (3 * columnStep))).Store(row + (3 * columnStep));
        }
    }

    private static unsafe void ApplyToOne(TOctet tau, double* pivot, double* b, double* v, int rows, nint rowStep)
    {
        TOctet p = TOctet.Load(pivot);
        TOctet w = p;
        for (nint i = 0; i < rows; i++)
        {
            w = TOctet.FusedMultiplyAdd(TOctet.Load(v + (i * rowStep)), TOctet.Load(b + (i * rowStep)), w);
        }

        w *= tau;
        (p - w).Store(pivot);
        for (nint i = 0; i < rows; i++)
        {
            TOctet.FusedMultiplyAdd(-TOctet.Load(v + (i * rowStep)), w, TOctet.Load(b + (i * rowStep))).Store(b + (i * rowStep));
        }
    }

    /// <summary>(p; q; B) ← H₁ H₀ (p; q; B) for columns <paramref name="first"/> … <paramref name="end"/> − 1,
    /// with p the pivot row of H₀ and q that of H₁: every element of B is read twice and written once.</summary>
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
    public static unsafe void ApplyPair(
        TOctet tau0, TOctet tau1, double* pivot, double* b, double* v, int rows, nint rowStep, int first, int end)
    {
        TOctet overlap = default(TOctet);
        double* head = v;
        for (int i = 0; i < rows; i++, head += rowStep)
        {
            overlap = TOctet.FusedMultiplyAdd(TOctet.Load(head), TOctet.Load(head + Lanes), overlap);
        }

        for (int j = first & -Group; j < end; j += Group)
        {
            if (!Octets.AreWhole)
            {
                ApplyPairToTwo(tau0, tau1, overlap, pivot + (j * Lanes), b + (j * Lanes), v, rows, rowStep, first - j);
                ApplyPairToTwo(tau0, tau1, overlap, pivot + ((j + 2) * Lanes), b + ((j + 2) * Lanes), v, rows, rowStep, first - j - 2);
                continue;
            }

            ApplyPairToGroup(tau0, tau1, overlap, pivot + (j * Lanes), b + (j * Lanes), v, rows, rowStep, first - j);
        }
    }

    // Whole groups of four, eight sums at a time; in the first `skipped` columns w is zero, which changes nothing there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyPairToGroup(
        TOctet tau0, TOctet tau1, TOctet overlap, double* pivot, double* b, double* v, int rows, nint rowStep, int skipped)
    {
        double* next = pivot + rowStep;
        TOctet p0 = TOctet.Load(pivot), p1 = TOctet.Load(pivot + Lanes), p2 = TOctet.Load(pivot + (2 * Lanes)),
            p3 = TOctet.Load(pivot + (3 * Lanes));
        TOctet q0 = TOctet.Load(next), q1 = TOctet.Load(next + Lanes), q2 = TOctet.Load(next + (2 * Lanes)),
            q3 = TOctet.Load(next + (3 * Lanes));
        double* row = b;
        double* head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            TOctet x = TOctet.Load(head), y = TOctet.Load(head + Lanes);
            TOctet b0 = TOctet.Load(row), b1 = TOctet.Load(row + Lanes), b2 = TOctet.Load(row + (2 * Lanes)),
                b3 = TOctet.Load(row + (3 * Lanes));
            p0 = TOctet.FusedMultiplyAdd(x, b0, p0);
            p1 = TOctet.FusedMultiplyAdd(x, b1, p1);
            p2 = TOctet.FusedMultiplyAdd(x, b2, p2);
            p3 = TOctet.FusedMultiplyAdd(x, b3, p3);
            q0 = TOctet.FusedMultiplyAdd(y, b0, q0);
            q1 = TOctet.FusedMultiplyAdd(y, b1, q1);
            q2 = TOctet.FusedMultiplyAdd(y, b2, q2);
            q3 = TOctet.FusedMultiplyAdd(y, b3, q3);
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
            TOctet x = TOctet.Load(head), y = TOctet.Load(head + Lanes);
            TOctet.FusedMultiplyAdd(y, q0, TOctet.FusedMultiplyAdd(x, p0, TOctet.Load(row))).Store(row);
            TOctet.FusedMultiplyAdd(y, q1, TOctet.FusedMultiplyAdd(x, p1, TOctet.Load(row + Lanes))).Store(row + Lanes);
            TOctet.FusedMultiplyAdd(y, q2, TOctet.FusedMultiplyAdd(x, p2, TOctet.Load(row + (2 * Lanes)))).Store(row + (2 * Lanes));
            TOctet.FusedMultiplyAdd(y, q3, TOctet.FusedMultiplyAdd(x, p3, TOctet.Load(row + (3 * Lanes)))).Store(row + (3 * Lanes));
        }
    }

    // The same for half a group: its eight sums would take all sixteen registers of half an octet.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ApplyPairToTwo(
        TOctet tau0, TOctet tau1, TOctet overlap, double* pivot, double* b, double* v, int rows, nint rowStep, int skipped)
    {
        double* next = pivot + rowStep;
        TOctet p0 = TOctet.Load(pivot), p1 = TOctet.Load(pivot + Lanes), q0 = TOctet.Load(next), q1 = TOctet.Load(next + Lanes);
        double* row = b;
        double* head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            TOctet x = TOctet.Load(head), y = TOctet.Load(head + Lanes), b0 = TOctet.Load(row), b1 = TOctet.Load(row + Lanes);
            p0 = TOctet.FusedMultiplyAdd(x, b0, p0);
            p1 = TOctet.FusedMultiplyAdd(x, b1, p1);
            q0 = TOctet.FusedMultiplyAdd(y, b0, q0);
            q1 = TOctet.FusedMultiplyAdd(y, b1, q1);
        }

        (p0, q0) = skipped > 0 ? default : Weights(tau0, tau1, overlap, p0, q0);
        (p1, q1) = skipped > 1 ? default : Weights(tau0, tau1, overlap, p1, q1);
        (TOctet.Load(pivot) + p0).Store(pivot);
        (TOctet.Load(pivot + Lanes) + p1).Store(pivot + Lanes);
        (TOctet.Load(next) + q0).Store(next);
        (TOctet.Load(next + Lanes) + q1).Store(next + Lanes);
        row = b;
        head = v;
        for (int i = 0; i < rows; i++, row += rowStep, head += rowStep)
        {
            TOctet x = TOctet.Load(head), y = TOctet.Load(head + Lanes);
            TOctet.FusedMultiplyAdd(y, q0, TOctet.FusedMultiplyAdd(x, p0, TOctet.Load(row))).Store(row);
            TOctet.FusedMultiplyAdd(y, q1, TOctet.FusedMultiplyAdd(x, p1, TOctet.Load(row + Lanes))).Store(row + Lanes);
        }
    }

    // (−w₀, −w₁)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TOctet First, TOctet Second) Weights(TOctet tau0, TOctet tau1, TOctet overlap, TOctet p, TOctet q)
    {
        TOctet first = -(p * tau0);
        return (first, -(TOctet.FusedMultiplyAdd(overlap, first, q) * tau1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void AddTo(double* row, TOctet a, TOctet b, TOctet c, TOctet d)
    {
        (TOctet.Load(row) + a).Store(row);
        (TOctet.Load(row + Lanes) + b).Store(row + Lanes);
        (TOctet.Load(row + (2 * Lanes)) + c).Store(row + (2 * Lanes));
        (TOctet.Load(row + (3 * Lanes)) + d).Store(row + (3 * Lanes));
    }
}

/// <summary>How the columns of eight matrices are kept.</summary>
internal static class LaneColumns
{
    /// <summary>Columns that a pair of reflections takes together: rows are padded with zeros to whole groups.</summary>
    public const int Group = 4;
}
