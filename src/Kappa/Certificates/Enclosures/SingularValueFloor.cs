using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>A proven lower bound of the smallest of the M singular values of a matrix with M rows (C.38).</summary>
/// <remarks>
/// For any P, σ_M(PX) ≤ ‖P‖₂ σ_M(X). P is the inverse transposed of the
/// triangular factor of Xᵀ as computed, so PX has nearly orthonormal rows:
/// σ_M(X) ≥ (√(1 − ‖I − ŶŶᵀ‖) − ‖Ŷ − PX‖)/‖P‖₂ with Ŷ = fl(PX), and every norm with the rounding of its own products. Nothing rests on how
/// well P was computed. Where the condition number is κ the bound is below σ_M by a share of about M u κ. Cost M²(2c + M) multiply-adds
/// beside the factorisation.
/// </remarks>
internal static class SingularValueFloor
{
    /// <summary>σ_M of the exact matrix at least; 0 where there are fewer columns than rows or nothing can be shown.</summary>
    public static LowerBound OfRows(EnclosedMatrix matrix) => OfRows(matrix.Values) - matrix.Error;

    /// <summary>σ_c of an exact matrix with c columns at least.</summary>
    public static LowerBound OfColumns(in Matrix matrix) => OfRows(Transposition.Of(matrix));

    /// <summary>σ_M of a matrix of doubles at least.</summary>
    public static LowerBound OfRows(in Matrix matrix)
    {
        MatrixScale scale = MatrixScale.Of(matrix);
        if (matrix.Columns < matrix.Rows || matrix.Rows == 0 || scale.IsZero || !scale.IsFinite)
        {
            return default;
        }

        Matrix scaled = Matrix.Allocate(matrix.Rows, matrix.Columns);
        matrix.CopyTo(scaled);
        scale.Apply(scaled);
        Matrix inverse = Matrix.Allocate(matrix.Rows, matrix.Rows);
        return InvertFactor(scaled, inverse) ? (Floor(scaled, inverse) - LostByScaling(scaled)).Scaled(-scale.Exponent) : default;
    }

    /// <summary>The smallest eigenvalue of a symmetric positive definite matrix of doubles at least; 0
    /// where nothing can be shown, which is so from a condition number of about 1e14/n on.</summary>
    /// <remarks>For any P, λ_min(PKPᵀ) ≤ ‖P‖₂² λ_min(K) where K ≥ 0; P = L⁻¹ with K = LLᵀ as
    /// computed. λ_min(PKPᵀ) &gt; 0 shows K &gt; 0 by itself, as PKPᵀ has the inertia of K.</remarks>
    public static LowerBound OfSymmetric(in Matrix matrix)
    {
        MatrixScale scale = MatrixScale.Of(matrix);
        if (matrix.Rows == 0 || scale.IsZero || !scale.IsFinite)
        {
            return default;
        }

        Matrix scaled = Matrix.Allocate(matrix.Rows, matrix.Rows), factor = Matrix.Allocate(matrix.Rows, matrix.Rows),
            inverse = Matrix.Allocate(matrix.Rows, matrix.Rows);
        matrix.CopyTo(scaled);
        scale.Apply(scaled);
        if (!Factor(scaled, factor) || !InvertTransposed(factor, inverse))
        {
            return default;
        }

        Matrix left = Matrix.Allocate(matrix.Rows, matrix.Rows), both = Matrix.Allocate(matrix.Rows, matrix.Rows);
        Products.Multiply(inverse, scaled, left);
        Products.MultiplyByTransposed(left, inverse, both);
        UpperBound inverseNorm = UpperBound.FrobeniusNorm(inverse);
        UpperBound leftError = EnclosedMatrix.ProductError(inverseNorm, 0, UpperBound.FrobeniusNorm(scaled), 0, matrix.Rows);
        UpperBound error = EnclosedMatrix.ProductError(UpperBound.FrobeniusNorm(left), leftError, inverseNorm, 0, matrix.Rows);
        LowerBound remaining = 1 - (DistanceToIdentity(both) + error);
        return ((remaining / UpperBound.Square(new SpectralNorm().Of(inverse))) - LostByScaling(scaled)).Scaled(-scale.Exponent);
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

    private static LowerBound Floor(in Matrix matrix, in Matrix inverse)
    {
        int rows = matrix.Rows;
        Matrix product = Matrix.Allocate(rows, matrix.Columns), gram = Matrix.Allocate(rows, rows);
        Products.Multiply(inverse, matrix, product);
        Products.MultiplyByTransposed(product, product, gram);
        UpperBound productNorm = UpperBound.FrobeniusNorm(product);
        UpperBound productError = EnclosedMatrix.ProductError(
            UpperBound.FrobeniusNorm(inverse), 0, UpperBound.FrobeniusNorm(matrix), 0, rows);

        // ‖I − ŶŶᵀ‖ ≤ ‖I − Ĝ‖ plus the rounding of Ĝ.
        LowerBound remaining = 1 - (DistanceToIdentity(gram) + EnclosedMatrix.ProductError(productNorm, 0, productNorm, 0, matrix.Columns));
        return (LowerBound.Sqrt(remaining) - productError) / new SpectralNorm().Of(inverse);
    }

    // ‖I − Ĝ‖ (Frobenius) at most, with one rounding in each diagonal element; overwrites Ĝ.
    private static UpperBound DistanceToIdentity(in Matrix gram)
    {
        for (int i = 0; i < gram.Rows; i++)
        {
            gram[i, i] = 1 - gram[i, i];
        }

        return (1 + UpperBound.Gamma(1)) * UpperBound.FrobeniusNorm(gram);
    }

    // What elements that the scaling made subnormal have lost: σ_M moves no farther (Weyl).
    private static UpperBound LostByScaling(in Matrix scaled) => UpperBound.Lost((double)scaled.Rows * scaled.Columns);
}
