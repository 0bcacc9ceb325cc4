namespace Kappa.Spectra;

/// <summary>Eigenvalues of a symmetric tridiagonal matrix T [k, k] by the implicit QR
/// iteration, with the first and last components of the eigenvectors (P.7, P.8).</summary>
/// <remarks>
/// Source: Golub and Van Loan, "Matrix Computations", section 8.3. Wilkinson's shift; each rotation of the columns of the eigenvector
/// matrix is applied to its first and last row only, so the cost is O(k²). Eigenvalues are right to a few ε‖T‖.
/// </remarks>
internal static class TridiagonalEigenvalues
{
    private const double Epsilon = SpectrumSummary.Epsilon;
    private const int StepsPerEigenvalue = 60;

    /// <summary>Replaces the diagonal by the eigenvalues in ascending order.</summary>
    /// <param name="diagonal">α [k]; overwritten with the eigenvalues, or NaN when T is not finite.</param>
    /// <param name="offDiagonal">β [k − 1]; destroyed.</param>
    /// <param name="first">Overwritten with the first component of each unit eigenvector [k].</param>
    /// <param name="last">Overwritten with the last component of each unit eigenvector [k].</param>
    public static void Compute(Span<double> diagonal, Span<double> offDiagonal, Span<double> first, Span<double> last)
    {
        first.Clear();
        last.Clear();
        first[0] = 1;
        last[^1] = 1;
        double norm = LargestRowSum(diagonal, offDiagonal);
        int high = diagonal.Length - 1;
        for (int remaining = StepsPerEigenvalue * diagonal.Length; high > 0 && double.IsFinite(norm) && remaining > 0; remaining--)
        {
            int low = StartOfUnreducedBlock(diagonal, offDiagonal, high, norm);
            if (low == high)
            {
                high--;
            }
            else
            {
                Step(diagonal, offDiagonal, first, last, low, high);
            }
        }

        if (high > 0 || !double.IsFinite(norm))
        {
            diagonal.Fill(double.NaN);
        }

        Sort(diagonal, first, last);
    }

    // The off-diagonal is set to zero where it is rounding beside its neighbours, or so small beside ‖T‖ that its square is.
    private static int StartOfUnreducedBlock(ReadOnlySpan<double> diagonal, Span<double> offDiagonal, int high, double norm)
    {
        int low = high;
        while (low > 0)
        {
            double size = Math.Abs(offDiagonal[low - 1]);
            if (size <= Epsilon * (Math.Abs(diagonal[low - 1]) + Math.Abs(diagonal[low])) || size <= Epsilon * Epsilon * norm)
            {
                offDiagonal[low - 1] = 0;
                return low;
            }

            low--;
        }

        return low;
    }

    // One implicit QR step on rows low … high: rotations of neighbouring rows and columns chase the bulge that the shift makes.
    private static void Step(Span<double> diagonal, Span<double> offDiagonal, Span<double> first, Span<double> last, int low, int high)
    {
        double half = (diagonal[high - 1] - diagonal[high]) / 2;
        double corner = offDiagonal[high - 1];
        double shift = diagonal[high] - (corner * (corner / (half + Math.CopySign(double.Hypot(half, corner), half))));
        double x = diagonal[low] - shift;
        double z = offDiagonal[low];
        for (int k = low; k < high; k++)
        {
            double radius = double.Hypot(x, z);
            double cosine = radius == 0 ? 1 : x / radius;
            double sine = radius == 0 ? 0 : z / radius;
            if (k > low)
            {
                offDiagonal[k - 1] = radius;
            }

            // [c s; −s c] [a b; b f] [c −s; s c] with g = 2cb + s(f − a): diagonal a + sg and f − sg, off-diagonal cg − b.
            double g = (2 * cosine * offDiagonal[k]) + (sine * (diagonal[k + 1] - diagonal[k]));
            diagonal[k] += sine * g;
            diagonal[k + 1] -= sine * g;
            offDiagonal[k] = (cosine * g) - offDiagonal[k];
            if (k + 1 < high)
            {
                x = offDiagonal[k];
                z = sine * offDiagonal[k + 1];
                offDiagonal[k + 1] *= cosine;
            }

            Rotate(first, k, cosine, sine);
            Rotate(last, k, cosine, sine);
        }
    }

    private static void Rotate(Span<double> row, int k, double cosine, double sine) =>
        (row[k], row[k + 1]) = ((cosine * row[k]) + (sine * row[k + 1]), (cosine * row[k + 1]) - (sine * row[k]));

    private static double LargestRowSum(ReadOnlySpan<double> diagonal, ReadOnlySpan<double> offDiagonal)
    {
        double largest = 0;
        for (int i = 0; i < diagonal.Length; i++)
        {
            double sum = Math.Abs(diagonal[i]) + (i > 0 ? Math.Abs(offDiagonal[i - 1]) : 0)
                + (i < offDiagonal.Length ? Math.Abs(offDiagonal[i]) : 0);
            largest = Math.Max(largest, sum);
        }

        return largest;
    }

    private static void Sort(Span<double> eigenvalues, Span<double> first, Span<double> last)
    {
        int[] order = [.. Enumerable.Range(0, eigenvalues.Length)];
        double[] values = eigenvalues.ToArray();
        double[] firsts = first.ToArray();
        double[] lasts = last.ToArray();
        Array.Sort(order, (i, j) => (values[i], i).CompareTo((values[j], j)));
        for (int i = 0; i < order.Length; i++)
        {
            (eigenvalues[i], first[i], last[i]) = (values[order[i]], firsts[order[i]], lasts[order[i]]);
        }
    }
}
