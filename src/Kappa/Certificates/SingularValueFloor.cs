using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>A proven lower bound of the smallest of the M singular values of a matrix with M rows (C.38).</summary>
/// <remarks>
/// For any P, σ_M(PX) ≤ ‖P‖₂ σ_M(X). P is the inverse transposed of the triangular factor of Xᵀ as computed, so PX has nearly orthonormal rows:
/// σ_M(X) ≥ (√(1 − ‖I − ŶŶᵀ‖) − ‖Ŷ − PX‖)/‖P‖₂ with Ŷ = fl(PX), and every norm with the rounding of its own products. Nothing rests on how well P was computed. Where the condition number is κ the bound is
/// below σ_M by a share of about M u κ. Cost M²(2c + M) multiply-adds beside the factorisation.
/// </remarks>
internal static class SingularValueFloor
{
    private const double Least = 1e-290;

    /// <summary>σ_M of the exact matrix at least; 0 where there are fewer columns than rows or nothing can be shown.</summary>
    public static double OfRows(EnclosedMatrix matrix) => Positive((OfRows(matrix.Values) / Outward.Factor) - matrix.Error);

    /// <summary>σ_c of an exact matrix with c columns at least.</summary>
    public static double OfColumns(in Matrix matrix)
    {
        Matrix transposed = Matrix.Allocate(matrix.Columns, matrix.Rows);
        Transposition.CopyEach(1, matrix, transposed);
        return OfRows(transposed);
    }

    /// <summary>σ_M of a matrix of doubles at least.</summary>
    public static double OfRows(in Matrix matrix)
    {
        MatrixScale scale = MatrixScale.Of(matrix);
        if (matrix.Columns < matrix.Rows || matrix.Rows == 0 || scale.IsZero || !scale.IsFinite)
        {
            return 0;
        }

        Matrix scaled = Matrix.Allocate(matrix.Rows, matrix.Columns);
        matrix.CopyTo(scaled);
        scale.Apply(scaled);
        Matrix inverse = Matrix.Allocate(matrix.Rows, matrix.Rows);
        return InvertFactor(scaled, inverse) ? Positive(Floor(scaled, inverse) / Outward.Factor / scale.Factor) : 0;
    }

    /// <summary>The smallest eigenvalue of a symmetric positive definite matrix of doubles at least; 0 where nothing can be shown, which is so from a condition number of about 1e14/n on.</summary>
    /// <remarks>For any P, λ_min(PKPᵀ) ≤ ‖P‖₂² λ_min(K) where K ≥ 0; P = L⁻¹ with K = LLᵀ as computed. λ_min(PKPᵀ) &gt; 0 shows K &gt; 0 by itself, as PKPᵀ has the inertia of K.</remarks>
    public static double OfSymmetric(in Matrix matrix)
    {
        MatrixScale scale = MatrixScale.Of(matrix);
        if (matrix.Rows == 0 || scale.IsZero || !scale.IsFinite)
        {
            return 0;
        }

        Matrix scaled = Matrix.Allocate(matrix.Rows, matrix.Rows), factor = Matrix.Allocate(matrix.Rows, matrix.Rows), inverse = Matrix.Allocate(matrix.Rows, matrix.Rows);
        matrix.CopyTo(scaled);
        scale.Apply(scaled);
        if (!Factor(scaled, factor) || !InvertTransposed(factor, inverse))
        {
            return 0;
        }

        Matrix left = Matrix.Allocate(matrix.Rows, matrix.Rows), both = Matrix.Allocate(matrix.Rows, matrix.Rows);
        Products.Multiply(inverse, scaled, left);
        Products.MultiplyByTransposed(left, inverse, both);
        double inverseNorm = RoundedUp.FrobeniusNorm(inverse);
        double leftError = EnclosedMatrix.ProductError(inverseNorm, 0, RoundedUp.FrobeniusNorm(scaled), 0, matrix.Rows);
        double error = EnclosedMatrix.ProductError(RoundedUp.FrobeniusNorm(left), leftError, inverseNorm, 0, matrix.Rows);
        double remaining = 1 - RoundedUp.Of(DistanceToIdentity(both) + error) - 1e-15, norm = new SpectralNorm().UpperBound(inverse);
        return remaining > 0 ? Positive(remaining / (norm * norm) / Outward.Factor / scale.Factor) : 0;
    }

    // R = Lᵀ with K = LLᵀ; false where a pivot is not positive.
    private static bool Factor(in Matrix matrix, in Matrix factor)
    {
        int order = matrix.Rows;
        Matrix lower = Matrix.Allocate(order, order);
        for (int i = 0; i < order; i++)
        {
            Span<double> row = lower.Row(i);
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[i, j] - Vectors.Dot(row[..j], lower.Row(j)[..j]);
                if (j == i && !(rest > 0))
                {
                    return false;
                }

                row[j] = j == i ? Math.Sqrt(rest) : rest / lower[j, j];
                factor[j, i] = row[j];
            }
        }

        return true;
    }

    // P = R⁻ᵀ with Xᵀ = QR; false where R has no inverse in double.
    private static bool InvertFactor(in Matrix matrix, in Matrix inverse)
    {
        int order = matrix.Rows;
        var factor = new TriangularFactor(order, matrix.Columns);
        factor.Begin(order);
        for (int start = 0; start < matrix.Columns; start += factor.Chunk.Rows)
        {
            int count = Math.Min(factor.Chunk.Rows, matrix.Columns - start);
            Matrix chunk = factor.Chunk.RowRange(0, count);
            chunk.Fill(0);
            for (int row = 0; row < order; row++)
            {
                ReadOnlySpan<double> source = matrix.Row(row).Slice(start, count);
                for (int i = 0; i < count; i++)
                {
                    chunk[i, row] = source[i];
                }
            }

            factor.Absorb(count);
        }

        return InvertTransposed(factor.Factor, inverse);
    }

    // Row i of P = R⁻ᵀ: P_ij = −(Σ_{j ≤ k < i} R_ki P_kj)/R_ii, P_ii = 1/R_ii.
    private static bool InvertTransposed(in Matrix factor, in Matrix inverse)
    {
        for (int i = 0; i < inverse.Rows; i++)
        {
            double reciprocal = 1 / factor[i, i];
            if (!double.IsFinite(reciprocal))
            {
                return false;
            }

            Span<double> row = inverse.Row(i)[..i];
            for (int k = 0; k < i; k++)
            {
                Vectors.AddScaled(row[..(k + 1)], -factor[k, i], inverse.Row(k)[..(k + 1)]);
            }

            Vectors.Scale(row, reciprocal);
            inverse[i, i] = reciprocal;
        }

        return true;
    }

    private static double Floor(in Matrix matrix, in Matrix inverse)
    {
        int rows = matrix.Rows;
        Matrix product = Matrix.Allocate(rows, matrix.Columns), gram = Matrix.Allocate(rows, rows);
        Products.Multiply(inverse, matrix, product);
        Products.MultiplyByTransposed(product, product, gram);
        double productNorm = RoundedUp.FrobeniusNorm(product);
        double productError = EnclosedMatrix.ProductError(RoundedUp.FrobeniusNorm(inverse), 0, RoundedUp.FrobeniusNorm(matrix), 0, rows);

        // ‖I − ŶŶᵀ‖ ≤ ‖I − Ĝ‖ plus the rounding of Ĝ.
        double defect = RoundedUp.Of(DistanceToIdentity(gram) + EnclosedMatrix.ProductError(productNorm, 0, productNorm, 0, matrix.Columns));
        double remaining = 1 - defect - 1e-15;
        return remaining > 0 ? (Math.Sqrt(remaining) - productError) / new SpectralNorm().UpperBound(inverse) : 0;
    }

    // ‖I − Ĝ‖ (Frobenius) at most, with one rounding in each diagonal element; overwrites Ĝ.
    private static double DistanceToIdentity(in Matrix gram)
    {
        for (int i = 0; i < gram.Rows; i++)
        {
            gram[i, i] = 1 - gram[i, i];
        }

        return RoundedUp.FrobeniusNorm(gram);
    }

    // 0 also for what is not a number, and for what has lost its relative precision to underflow.
    private static double Positive(double floor) => floor > Least ? floor : 0;
}
