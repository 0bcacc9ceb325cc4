using System.Buffers;
using System.Numerics.Tensors;

namespace Kappa.Spectra;

/// <summary>How alike the tokens of each sample have become (P.3): distance to rank one, in two norms, and the mean cosine between tokens.</summary>
/// <param name="RankOneDistance">√(Σ_i‖H_i − 1x̄_iᵀ‖²)/‖H‖, x̄_i the token mean of sample i: 0 when all tokens of a sample are equal, 1 when they average to zero; NaN for H = 0.</param>
/// <param name="RankOneDistanceComposite">The same with ‖·‖ replaced by √(‖·‖₁‖·‖_∞), the norm of Dong, Cordonnier and Loukas 2021 (arXiv 2103.03404), squares summed over samples.</param>
/// <param name="TokenCosine">Mean over samples of the mean cosine over pairs of tokens; zero tokens are left out; NaN when no sample has two tokens that are not zero.</param>
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
            throw new ArgumentException($"The rows of H {stacked} must be a positive multiple of the number of samples, which is {samples}.", nameof(samples));
        }

        double[] workspace = ArrayPool<double>.Shared.Rent(4 * stacked.Columns);
        var totals = default(Totals);
        int tokens = stacked.Rows / samples;
        for (int sample = 0; sample < samples; sample++)
        {
            totals.Add(stacked.RowRange(sample * tokens, tokens), workspace);
        }

        ArrayPool<double>.Shared.Return(workspace);
        return new TokenStatistics(
            Math.Sqrt(totals.ResidualSquares / totals.Squares),
            Math.Sqrt(totals.ResidualComposite / totals.Composite),
            totals.CosineSum / totals.CosineSamples);
    }

    private struct Totals
    {
        public double Squares;
        public double ResidualSquares;
        public double Composite;
        public double ResidualComposite;
        public double CosineSum;
        public int CosineSamples;

        public void Add(in Matrix sample, double[] workspace)
        {
            int width = sample.Columns;
            Span<double> mean = workspace.AsSpan(0, width);
            Span<double> row = workspace.AsSpan(width, width);
            Span<double> columnSums = workspace.AsSpan(2 * width, width);
            Span<double> direction = workspace.AsSpan(3 * width, width);
            MeanAndDirection(sample, mean, direction);

            (double squares, double composite) = Norms(sample, [], row, columnSums);
            (double residualSquares, double residualComposite) = Norms(sample, mean, row, columnSums);
            Squares += squares;
            Composite += composite;
            ResidualSquares += residualSquares;
            ResidualComposite += residualComposite;
        }

        // x̄ and Σ ĥ_j over the tokens' unit vectors: Σ_{j≠k} cos = ‖Σĥ‖² − n.
        private void MeanAndDirection(in Matrix sample, Span<double> mean, Span<double> direction)
        {
            mean.Clear();
            direction.Clear();
            int counted = 0;
            for (int token = 0; token < sample.Rows; token++)
            {
                ReadOnlySpan<double> h = sample.Row(token);
                TensorPrimitives.Add(mean, h, mean);
                double norm = Math.Sqrt(TensorPrimitives.Dot(h, h));
                if (norm != 0)
                {
                    TensorPrimitives.MultiplyAdd(h, 1 / norm, direction, direction);
                    counted++;
                }
            }

            TensorPrimitives.Divide(mean, sample.Rows, mean);
            if (counted >= 2)
            {
                CosineSum += (TensorPrimitives.Dot<double>(direction, direction) - counted) / ((double)counted * (counted - 1));
                CosineSamples++;
            }
        }

        // ‖R‖² and ‖R‖₁‖R‖_∞ (largest column sum times largest row sum of magnitudes) of R = H − 1x̄ᵀ; an empty mean stands for zero.
        private static (double Squares, double Composite) Norms(in Matrix sample, ReadOnlySpan<double> mean, Span<double> row, Span<double> columnSums)
        {
            double squares = 0;
            double largestRow = 0;
            columnSums.Clear();
            for (int token = 0; token < sample.Rows; token++)
            {
                sample.Row(token).CopyTo(row);
                if (!mean.IsEmpty)
                {
                    TensorPrimitives.Subtract(row, mean, row);
                }

                squares += TensorPrimitives.Dot<double>(row, row);
                TensorPrimitives.Abs(row, row);
                TensorPrimitives.Add(columnSums, row, columnSums);
                largestRow = Math.Max(largestRow, TensorPrimitives.Sum<double>(row));
            }

            return (squares, largestRow * TensorPrimitives.Max<double>(columnSums));
        }
    }
}
