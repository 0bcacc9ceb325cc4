using Kappa.Spectra;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class TokenStatisticsTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(19)]
    public void Statistics_are_their_definitions_written_out(int width)
    {
        const int samples = 3;
        const int tokens = 4;
        Matrix h = MatrixSamples.Gaussian(samples * tokens, width + 3, 21).ColumnRange(2, width);
        (double squares, double residualSquares, double composite, double residualComposite, double cosine) = (0, 0, 0, 0, 0);
        for (int s = 0; s < samples; s++)
        {
            double[][] rows = [.. Enumerable.Range(0, tokens).Select(t => h.Row((s * tokens) + t).ToArray())];
            double[] mean = [.. Enumerable.Range(0, width).Select(j => rows.Average(r => r[j]))];
            double[][] residual = [.. rows.Select(r => r.Zip(mean, (x, m) => x - m).ToArray())];
            squares += rows.Sum(r => r.Sum(x => x * x));
            residualSquares += residual.Sum(r => r.Sum(x => x * x));
            composite += Composite(rows);
            residualComposite += Composite(residual);
            for (int a = 0; a < tokens; a++)
            {
                for (int b = 0; b < a; b++)
                {
                    cosine += Cosine(rows[a], rows[b]) / (samples * tokens * (tokens - 1) / 2);
                }
            }
        }

        TokenStatistics statistics = TokenStatistics.Of(h, samples);
        Assert.Equal(Math.Sqrt(residualSquares / squares), statistics.RankOneDistance, 1e-14);
        Assert.Equal(Math.Sqrt(residualComposite / composite), statistics.RankOneDistanceComposite, 1e-14);
        Assert.Equal(cosine, statistics.TokenCosine, 1e-14);
    }

    [Fact]
    public void Equal_tokens_have_distance_zero_and_cosine_one_and_opposite_tokens_one_and_minus_one()
    {
        TokenStatistics equal = TokenStatistics.Of(Matrix.From(new double[,] { { 1, 2 }, { 1, 2 }, { -3, 4 }, { -3, 4 } }), 2);
        Assert.Equal(new TokenStatistics(0, 0, equal.TokenCosine), equal);
        Assert.Equal(1, equal.TokenCosine, 1e-15);
        TokenStatistics opposite = TokenStatistics.Of(Matrix.From(new double[,] { { 1, 2 }, { -1, -2 } }), 1);
        Assert.Equal(1, opposite.RankOneDistance);
        Assert.Equal(1, opposite.RankOneDistanceComposite);
        Assert.Equal(-1, opposite.TokenCosine, 1e-15);
    }

    [Fact]
    public void Zero_tokens_are_left_out_of_the_cosine_and_one_token_has_none()
    {
        Assert.Equal(0, TokenStatistics.Of(Matrix.From(new double[,] { { 1, 0 }, { 0, 0 }, { 0, 2 } }), 1).TokenCosine, 1e-15);
        Assert.True(double.IsNaN(TokenStatistics.Of(Matrix.From(new double[,] { { 1, 0 }, { 0, 1 } }), 2).TokenCosine));
        Assert.True(double.IsNaN(TokenStatistics.Of(Matrix.Allocate(4, 3), 2).RankOneDistance));
    }

    [Fact]
    public void Rows_that_do_not_divide_into_samples_are_refused() =>
        Assert.Contains(
            "multiple", Assert.Throws<ArgumentException>(() => TokenStatistics.Of(Matrix.Allocate(5, 3), 2)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Sample_spectra_report_the_worst_and_the_median_sample()
    {
        Matrix stacked = Matrix.Allocate(9, 4);
        double[][] spectra = [[4, 2, 1], [9, 1, 0.1], [5, 5, 5]];
        for (int s = 0; s < 3; s++)
        {
            MatrixSamples.WithSpectrum(3, 4, spectra[s], s).CopyTo(stacked.RowRange(3 * s, 3));
        }

        SampleSpectrumSummary summary = new SampleSpectra(3, 3, 4).Compute(stacked);
        Assert.Equal(0.1, summary.SigmaMin, 1e-14);
        Assert.Equal(90, summary.ConditionNumberMax, 1e-11);
        Assert.Equal(4, summary.ConditionNumberMedian, 1e-13);
        Assert.Equal(0, summary.BelowFloor);
        Assert.False(summary.IsRankLimited);

        stacked[4, 2] = double.NaN;
        SampleSpectrumSummary bad = new SampleSpectra(3, 3, 4).Compute(stacked);
        Assert.True(double.IsNaN(bad.SigmaMin) && double.IsNaN(bad.ConditionNumberMax) && double.IsNaN(bad.ConditionNumberMedian));
        Assert.Equal(1, bad.BelowFloor);
    }

    [Fact]
    public void Sample_spectra_say_when_there_are_more_tokens_than_columns_and_when_a_sample_is_deficient()
    {
        SampleSpectrumSummary tall = new SampleSpectra(2, 5, 3).Compute(MatrixSamples.Gaussian(10, 3, 2));
        Assert.True(tall.IsRankLimited);
        Assert.Equal(0, tall.BelowFloor);
        Matrix collapsed = Matrix.Allocate(6, 4);
        collapsed.Fill(1);
        SampleSpectrumSummary zero = new SampleSpectra(2, 3, 4).Compute(collapsed);
        Assert.Equal(2, zero.BelowFloor);
        Assert.Equal(0, zero.SigmaMin);
    }

    // ‖R‖₁‖R‖_∞
    private static double Composite(double[][] rows) =>
        Enumerable.Range(0, rows[0].Length).Max(j => rows.Sum(r => Math.Abs(r[j]))) * rows.Max(r => r.Sum(Math.Abs));

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
}
