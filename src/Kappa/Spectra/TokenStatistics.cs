using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>How alike the tokens of each sample have become (P.3): distance
/// to rank one, in two norms, and the mean cosine between tokens.</summary>
/// <param name="RankOneDistance">√(Σ_i‖H_i − 1x̄_iᵀ‖²)/‖H‖, x̄_i the token mean of sample i: 0
/// when all tokens of a sample are equal, 1 when they average to zero; NaN for H = 0.</param>
/// <param name="RankOneDistanceComposite">The same with ‖·‖ replaced by √(‖·‖₁‖·‖_∞), the norm
/// of Dong, Cordonnier and Loukas 2021 (arXiv 2103.03404), squares summed over samples.</param>
/// <param name="TokenCosine">Mean over samples of the mean cosine over pairs of tokens;
/// zero tokens are left out; NaN when no sample has two tokens that are not zero.</param>
public readonly record struct TokenStatistics(double RankOneDistance, double RankOneDistanceComposite, double TokenCosine)
{
    /// <summary>The statistics of stacked samples. Cost O(M d); allocates nothing in steady state. Non-finite input gives NaN.</summary>
    /// <param name="stacked">H [N·n, d], sample after sample.</param>
    /// <param name="samples">N; divides the number of rows.</param>
    /// <exception cref="ArgumentException">The rows are not a multiple of the samples, or there are none.</exception>
    public static TokenStatistics Of(in Matrix stacked, int samples)
    {
        if (samples < 1 || stacked.Rows == 0 || stacked.Rows % samples != 0)
        {
            throw new ArgumentException(
                $"The rows of H {stacked} must be a positive multiple of the number of samples, which is {samples}.", nameof(samples));
        }

        int tokens = stacked.Rows / samples;
        int width = PaddedMemory.PaddedLength(stacked.Columns);
        int copied = width == stacked.Columns ? 0 : tokens * width;
        double[] workspace = ArrayPool<double>.Shared.Rent(copied + (tokens * Totals.ScratchPerToken));
        Span<double> scratch = workspace.AsSpan(copied);
        workspace.AsSpan(0, copied).Clear();
        var totals = default(Totals);
        for (int sample = 0; sample < samples; sample++)
        {
            Matrix h = stacked.RowRange(sample * tokens, tokens);
            for (int token = 0; token < tokens && copied > 0; token++)
            {
                h.Row(token).CopyTo(workspace.AsSpan(token * width));
            }

            totals.Add(copied > 0 ? new Matrix(workspace, 0, tokens, width) : h, scratch);
        }

        ArrayPool<double>.Shared.Return(workspace);
        return new TokenStatistics(
            Math.Sqrt(totals.ResidualSquares / totals.Squares),
            Math.Sqrt(totals.ResidualComposite / totals.Composite),
            totals.CosineSum / totals.CosineSamples);
    }

    /// <summary>Sums over samples, whose rows are whole vectors, padded by
    /// zeros where the width is not, so that no pass needs a mask.</summary>
    private struct Totals
    {
        /// <summary>Numbers of scratch memory for each token: a vector of its row sum, and the reciprocal of its norm.</summary>
        public const int ScratchPerToken = Lanes + 1;

        private const int Lanes = 8;

        public double Squares;
        public double ResidualSquares;
        public double Composite;
        public double ResidualComposite;
        public double CosineSum;
        public int CosineSamples;

        // ‖R‖₁‖R‖_∞ is the largest column sum times the largest row sum of magnitudes.
        public void Add(in Matrix h, Span<double> scratch)
        {
            ref double sample = ref h.First;
            int tokens = h.Rows;
            int stride = h.Stride;
            Span<double> rowSums = scratch[..(tokens * Lanes)];
            Span<double> inverseNorms = scratch.Slice(tokens * Lanes, tokens);
            (int counted, double largestRow) = AddRows(h, inverseNorms);
            rowSums.Clear();
            Vector512<double> largestColumn = Vector512<double>.Zero, largestResidual = largestColumn, cosine = largestColumn,
                residual = largestColumn;
            for (int column = 0; column < h.Columns; column += Lanes)
            {
                ref double strip = ref Unsafe.Add(ref sample, column);
                (
                    Vector512<double> sum, Vector512<double> direction,
                    Vector512<double> magnitude) = ColumnSums(ref strip, stride, inverseNorms);
                cosine = Vector512.MultiplyAddEstimate(direction, direction, cosine);
                largestColumn = Vector512.Max(largestColumn, magnitude);
                largestResidual = Vector512.Max(largestResidual, ResidualSums(ref strip, stride, sum / tokens, rowSums, ref residual));
            }

            Composite += largestRow * Largest(largestColumn);
            ResidualComposite += LargestSum(rowSums) * Largest(largestResidual);
            ResidualSquares += Vector512.Sum(residual);

            // Σ_{j≠k} cos = ‖Σĥ‖² − n over the n unit vectors ĥ.
            if (counted >= 2)
            {
                CosineSum += (Vector512.Sum(cosine) - counted) / ((double)counted * (counted - 1));
                CosineSamples++;
            }
        }

        // ‖H‖², 1/‖h‖ of every token (0 for a zero one), the number of tokens that are not zero, and the largest Σ_j|h_j|.
        private (int Counted, double LargestRow) AddRows(in Matrix h, Span<double> inverseNorms)
        {
            int counted = 0;
            double largestRow = 0;
            for (int token = 0; token < h.Rows; token++)
            {
                ref double row = ref Unsafe.Add(ref h.First, token * h.Stride);
                Vector512<double> squares = Vector512<double>.Zero, magnitude = squares;
                for (nuint j = 0; j < (nuint)h.Columns; j += Lanes)
                {
                    Vector512<double> x = Vector512.LoadUnsafe(ref row, j);
                    squares = Vector512.MultiplyAddEstimate(x, x, squares);
                    magnitude += Vector512.Abs(x);
                }

                double square = Vector512.Sum(squares);
                Squares += square;
                largestRow = Math.Max(largestRow, Vector512.Sum(magnitude));
                counted += square != 0 ? 1 : 0;
                inverseNorms[token] = square != 0 ? 1 / Math.Sqrt(square) : 0;
            }

            return (counted, largestRow);
        }

        // Σ h, Σ h/‖h‖ and Σ|h| over the tokens, eight columns.
        private static (
            Vector512<double> Sum, Vector512<double> Direction,
            Vector512<double> Magnitude) ColumnSums(ref double strip, int stride, ReadOnlySpan<double> inverseNorms)
        {
            Vector512<double> sum = Vector512<double>.Zero, direction = sum, magnitude = sum;
            for (int token = 0; token < inverseNorms.Length; token++)
            {
                Vector512<double> x = Vector512.LoadUnsafe(ref strip, (nuint)(token * stride));
                sum += x;
                direction = Vector512.MultiplyAddEstimate(x, Vector512.Create(inverseNorms[token]), direction);
                magnitude += Vector512.Abs(x);
            }

            return (sum, direction, magnitude);
        }

        // Σ|r| over the tokens, eight columns of R = H − 1x̄ᵀ; ‖R‖² and the row sums of |r| are added up.
        private static Vector512<double> ResidualSums(
            ref double strip, int stride, Vector512<double> mean, Span<double> rowSums, ref Vector512<double> squares)
        {
            ref double rows = ref MemoryMarshal.GetReference(rowSums);
            Vector512<double> magnitude = Vector512<double>.Zero, total = squares;
            for (int token = 0; token * Lanes < rowSums.Length; token++)
            {
                Vector512<double> r = Vector512.LoadUnsafe(ref strip, (nuint)(token * stride)) - mean;
                total = Vector512.MultiplyAddEstimate(r, r, total);
                r = Vector512.Abs(r);
                magnitude += r;
                (Vector512.LoadUnsafe(ref rows, (nuint)(token * Lanes)) + r).StoreUnsafe(ref rows, (nuint)(token * Lanes));
            }

            squares = total;
            return magnitude;
        }

        private static double LargestSum(ReadOnlySpan<double> rowSums)
        {
            double largest = 0;
            for (int row = 0; row < rowSums.Length; row += Lanes)
            {
                largest = Math.Max(largest, Vector512.Sum(Vector512.Create(rowSums.Slice(row, Lanes))));
            }

            return largest;
        }

        private static double Largest(Vector512<double> values)
        {
            double largest = 0;
            for (int lane = 0; lane < Lanes; lane++)
            {
                largest = Math.Max(largest, values[lane]);
            }

            return largest;
        }
    }
}
