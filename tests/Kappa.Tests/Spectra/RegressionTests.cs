using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class RegressionTests
{
    [Fact]
    public void Least_squares_agrees_with_a_worked_example()
    {
        // x̄ = 3, ȳ = 4; Σ(x−x̄)² = 10, Σ(x−x̄)(y−ȳ) = 6: slope 0.6, intercept 2.2, residual 2.4, total 6; t(3) = 3.182446305.
        Regression line = Regression.LeastSquares([1, 2, 3, 4, 5], [2, 4, 5, 4, 5]);
        Assert.Equal(0.6, line.Slope, 1e-15);
        Assert.Equal(2.2, line.Intercept, 1e-14);
        Assert.Equal(0.6, line.CoefficientOfDetermination, 1e-15);
        double margin = 3.182446305284263 * Math.Sqrt(2.4 / 3 / 10);
        Assert.Equal(0.6 - margin, line.SlopeLow, 1e-12);
        Assert.Equal(0.6 + margin, line.SlopeHigh, 1e-12);
    }

    [Theory] // Published table values.
    [InlineData(1, 12.7062047364)]
    [InlineData(2, 4.3026527297)]
    [InlineData(3, 3.1824463053)]
    [InlineData(4, 2.7764451052)]
    [InlineData(10, 2.2281388520)]
    [InlineData(29, 2.0452296421)]
    [InlineData(1000, 1.9623390808)]
    public void The_t_quantile_is_that_of_the_tables(int freedom, double expected) =>
        Assert.Equal(expected, StudentT.TwoSided95(freedom), 1e-9);

    [Fact]
    public void The_robust_line_ignores_wild_points_that_move_least_squares()
    {
        double[] x = [.. Enumerable.Range(0, 30).Select(i => (double)i)];
        double[] y = [.. x.Select(v => 5 - (2 * v))];
        y[3] = 500;
        y[25] = 900;
        Regression robust = Regression.Robust(x, y, [.. x.Select(_ => 0)]);
        Assert.Equal(-2, robust.Slope, 1e-12);
        Assert.Equal(5, robust.Intercept, 1e-12);
        Assert.True(Math.Abs(Regression.LeastSquares(x, y).Slope + 2) > 1);
    }

    /// <summary>Slopes of five seeds miss their median on one side with probability 2/32, less
    /// what the widening gives: 93.75 % of 400 is 375, four standard deviations are 19.</summary>
    [Fact]
    public void The_interval_over_groups_holds_the_slope_as_often_as_it_says_when_groups_share_an_error()
    {
        int held = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            var draws = new RandomSequence(trial, "tests.groups");
            double[] gaussian = new double[55], x = [.. Enumerable.Range(0, 50).Select(i => (double)(i % 10))];
            draws.FillGaussian(gaussian);
            int[] groups = [.. Enumerable.Range(0, 50).Select(i => i / 10)];
            Regression line = Regression.Robust(
                x, [.. x.Select((value, i) => (value * (2 + gaussian[50 + groups[i]])) + (0.1 * gaussian[i]))], groups);
            Assert.Equal(0.9375, line.Level);
            Assert.InRange(line.Slope, line.SlopeLow, line.SlopeHigh);
            held += line.SlopeLow <= 2 && 2 <= line.SlopeHigh ? 1 : 0;
        }

        Assert.InRange(held, 356, 400);
    }

    [Fact]
    public void The_t_interval_holds_the_slope_as_often_as_promised()
    {
        int held = 0;
        double[] x = [.. Enumerable.Range(0, 12).Select(i => (double)i)];
        for (int trial = 0; trial < 400; trial++)
        {
            double[] y = new double[12];
            new RandomSequence(trial, "tests.regression").FillGaussian(y);
            Regression line = Regression.LeastSquares(x, [.. y.Zip(x, (e, v) => e - (3 * v))]);
            held += line.SlopeLow <= -3 && -3 <= line.SlopeHigh ? 1 : 0;
        }

        // 95 % of 400 is 380, four standard deviations are 17.4.
        Assert.InRange(held, 363, 397);
    }

    [Fact]
    public void Points_that_give_no_slope_give_NaN()
    {
        Assert.True(double.IsNaN(Regression.LeastSquares([1, 1], [2, 3]).Slope));
        Assert.True(double.IsNaN(Regression.LeastSquares([1, 2], [2, 3]).SlopeLow));
        Assert.True(double.IsNaN(Regression.Robust([1, 1], [2, 3], [0, 1]).Slope));
    }
}
