using Kappa.Lab.Studies.Landscapes;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Landscapes;

public sealed class ContourLinesTests
{
    [Fact]
    public void A_cone_has_one_closed_circle_for_a_level()
    {
        var grid = LandscapeGrid.Around(61, 1);
        (double[] xs, double[] ys) = Assert.Single(
            ContourLines.At(grid.First, grid.Second, Fill(grid, (x, y) => Math.Sqrt((x * x) + (y * y))), 0.5));
        Assert.Equal((xs[0], ys[0]), (xs[^1], ys[^1]));

        // Linear interpolation errs by an eighth of the squared spacing times the curvature 1/r.
        Assert.All(
            xs.Zip(ys),
            point =>
                Assert.Equal(
                    0.5,
                    Math.Sqrt((point.First * point.First) + (point.Second * point.Second)),
                    grid.FirstStep * grid.FirstStep / 8 / 0.45));
        Assert.Equal(
            2 * Math.PI * 0.5, xs.Zip(xs.Skip(1), (a, b) => a - b).Zip(ys.Zip(ys.Skip(1), (a, b) => a - b), double.Hypot).Sum(), 0.01);
    }

    [Fact]
    public void A_slope_has_one_open_line_across_and_a_level_outside_has_none()
    {
        var grid = LandscapeGrid.Around(7, 1);
        double[,] slope = Fill(grid, (x, _) => x);
        (double[] xs, double[] ys) = Assert.Single(ContourLines.At(grid.First, grid.Second, slope, 0.1));
        Assert.All(xs, x => Assert.Equal(0.1, x, 1e-15));
        Assert.Equal(grid.Second, ys.Order());
        Assert.Empty(ContourLines.At(grid.First, grid.Second, slope, 1.5));
    }

    [Fact]
    public void A_cell_with_a_loss_that_is_not_finite_breaks_the_line()
    {
        var grid = LandscapeGrid.Around(7, 1);
        double[,] slope = Fill(grid, (x, _) => x);
        slope[3, 3] = double.NaN;
        Assert.Equal(2, ContourLines.At(grid.First, grid.Second, slope, 0.1).Count);
    }

    private static double[,] Fill(LandscapeGrid grid, Func<double, double, double> value)
    {
        double[,] values = new double[grid.Second.Length, grid.First.Length];
        for (int row = 0; row < grid.Second.Length; row++)
        {
            for (int column = 0; column < grid.First.Length; column++)
            {
                values[row, column] = value(grid.First[column], grid.Second[row]);
            }
        }

        return values;
    }
}
