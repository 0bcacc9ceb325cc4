using Kappa.Lab.Studies.Landscapes;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Landscapes;

public sealed class LandscapeEngineTests
{
    private static readonly int s_size = QuadraticLoss.Layout.Length;
    private static readonly double[] s_curvatures = [.. Enumerable.Range(1, s_size).Select(k => (double)k * k)];
    private static readonly double[] s_minimum = [.. Enumerable.Range(0, s_size).Select(k => 0.1 * k)];

    [Fact]
    public void A_quadratic_has_one_minimum_its_own_curvatures_and_no_roughness()
    {
        // The two axes of largest curvature, through the minimum.
        var plane = new LandscapePlane(s_minimum, Unit(s_size - 1), Unit(s_size - 2));
        var grid = LandscapeGrid.Around(21, 0.5);
        double[,] values = LandscapeSweep.Run(Quadratic, plane, grid, threads: 1, cancellation: TestContext.Current.CancellationToken);
        var numbers = LandscapeNumbers.Of(grid, values);

        Assert.Equal((1, 0, 0.0), (numbers.LocalMinima, numbers.NonFinite, numbers.NonConvexShare));
        Assert.Equal(0, values[10, 10]);

        // A second difference divides 4 ε ℒ by the squared spacing: 4 · 2⁻⁵² · 45 / 0.05² = 1.6e-11 at the corners.
        double first = s_curvatures[^1], second = s_curvatures[^2];
        Near(first, numbers.AlongFirst);
        Near(second, numbers.AlongSecond);
        Near(Math.Max(first, second), numbers.LargerPrincipal);
        Near(Math.Min(first, second), numbers.SmallerPrincipal);
        Assert.Equal(19 * 19, numbers.AlongFirst.Points);

        // Twenty differences of what rounding leaves of unit range.
        Assert.InRange(numbers.RoughnessFirst, 0, 1e-13);

        static void Near(double expected, CurvatureQuantiles found)
        {
            Assert.InRange(found.Least, expected - 1e-9, expected + 1e-9);
            Assert.InRange(found.Largest, expected - 1e-9, expected + 1e-9);
        }
    }

    [Fact]
    public void Mixed_curvature_is_seen_by_the_principal_ones_alone()
    {
        // ½(x² + y²) + 2xy has the eigenvalues 3 and −1 everywhere: a saddle without minimum.
        var grid = LandscapeGrid.Around(9, 1);
        double[,] values = Fill(grid, (x, y) => (0.5 * ((x * x) + (y * y))) + (2 * x * y));
        var numbers = LandscapeNumbers.Of(grid, values);
        Assert.Equal((0, 1.0), (numbers.LocalMinima, numbers.NonConvexShare));
        Assert.Equal(1, numbers.AlongFirst.Median, 1e-12);
        Assert.Equal(3, numbers.LargerPrincipal.Median, 1e-12);
        Assert.Equal(-1, numbers.SmallerPrincipal.Median, 1e-12);
    }

    [Fact]
    public void A_plateau_holds_no_minimum_and_an_egg_box_holds_one_for_each_hollow()
    {
        var grid = LandscapeGrid.Around(41, 2);
        Assert.Equal(0, LandscapeNumbers.Of(grid, Fill(grid, (_, _) => 1)).LocalMinima);
        Assert.Equal(0, LandscapeNumbers.Of(grid, Fill(grid, (x, _) => x * x)).LocalMinima);

        // sin² has hollows at −1, 0 and 1 inside, at ±2 on the edge, which is not looked at.
        Assert.Equal(
            9,
            LandscapeNumbers.Of(
                grid, Fill(grid, (x, y) => 1 + Math.Pow(Math.Sin(Math.PI * x), 2) + Math.Pow(Math.Sin(Math.PI * y), 2))).LocalMinima);
    }

    [Fact]
    public void A_point_that_is_not_finite_is_counted_and_is_higher_than_any()
    {
        var grid = LandscapeGrid.Around(5, 1);
        double[,] values = Fill(grid, (x, y) => (x * x) + (y * y));
        values[1, 1] = double.PositiveInfinity;
        values[2, 3] = double.NaN;
        var numbers = LandscapeNumbers.Of(grid, values);
        Assert.Equal((1, 2), (numbers.LocalMinima, numbers.NonFinite));
        Assert.True(numbers.AlongFirst.Points < 9);
        Assert.True(double.IsNaN(numbers.RoughnessFirst));
    }

    [Fact]
    public void Roughness_is_nothing_for_a_parabola_and_counts_waves()
    {
        double[] t = [.. Enumerable.Range(0, 401).Select(k => k / 400.0)];
        Assert.InRange(Cuts.Roughness([.. t.Select(x => 3 - x + (5 * x * x))]), 0, 1e-12);
        Assert.Equal(0, Cuts.Roughness([2, 2, 2]));

        // Ten whole waves rise and fall by twice their amplitude each, which
        // is the range: 20; the parabola takes less than a fiftieth of it.
        Assert.InRange(Cuts.Roughness([.. t.Select(x => Math.Sin(20 * Math.PI * x))]), 19.6, 20.4);
    }

    [Fact]
    public void A_path_in_a_plane_is_explained_in_full_by_its_principal_components()
    {
        double[] centre = Random("centre"), first = Random("u"), second = Random("v");
        double[][] states = [
            .. new[] { (3.0, 1.0), (2.0, -1.0), (1.0, 0.5), (0.0, 0.0) }.Select(at => At(centre, at.Item1, first, at.Item2, second))];
        PathDirections found = PathDirections.Of(centre, states)!;
        Assert.Equal(1, found.ExplainedShares[0] + found.ExplainedShares[1], 1e-13);
        Assert.Equal(1, Vectors.Norm(found.Plane.First), 1e-14);
        Assert.Equal(1, Vectors.Norm(found.Plane.Second), 1e-14);
        Assert.Equal(0, found.Plane.Cosine, 1e-14);
        var path = PathOnPlane.Of(Quadratic(), found.Plane, [.. states.Select((state, k) => new PathState(k, state))]);

        // Rounding of offsets of about 10.
        Assert.InRange(path.LargestDistance, 0, 1e-13);
        Assert.Equal(1, path.ExplainedShare, 1e-13);
        Assert.All(path.Points, point => Assert.Equal(point.Loss, point.PlaneLoss, 1e-12 * point.Loss));
        Assert.True(path.Points[0].First > 0);
    }

    [Fact]
    public void What_a_plane_leaves_of_a_path_is_a_share_and_a_distance()
    {
        // Offsets 2 e_0, 1 e_1 and 0.5 e_2 are their own principal components.
        double[] centre = new double[s_size];
        PathState[] states = [new(0, Scaled(0, 2)), new(5, Scaled(1, 1)), new(9, Scaled(2, 0.5))];
        PathDirections found = PathDirections.Of(centre, [.. states.Select(state => state.Point)])!;
        Assert.Equal(
            [4 / 5.25, 1 / 5.25, 0.25 / 5.25], found.ExplainedShares.Select(share => Math.Round(share, 14)),
            (a, b) => Math.Abs(a - b) < 1e-13);
        var path = PathOnPlane.Of(Quadratic(), found.Plane, states);
        Assert.Equal(5 / 5.25, path.ExplainedShare, 1e-13);
        Assert.Equal((0.5, 9L), (Math.Round(path.LargestDistance, 13), path.LargestDistanceStep));
    }

    [Fact]
    public void A_path_on_a_line_has_no_nearest_plane() =>
        Assert.Null(PathDirections.Of(new double[s_size], [Scaled(0, 2), Scaled(0, 1), Scaled(0, 0)]));

    [Fact]
    public void A_projection_onto_slanted_directions_is_the_nearest_point()
    {
        double[] centre = Random("centre"), first = Random("u"), second = [.. first.Zip(Random("v"), (u, v) => u + (0.3 * v))];
        var plane = new LandscapePlane(centre, first, second);
        Projection found = plane.Project(At(centre, 0.7, first, -1.3, second));
        Assert.Equal((0.7, -1.3, 0.0), (Math.Round(found.First, 11), Math.Round(found.Second, 11), Math.Round(found.Distance, 11)));
    }

    [Fact]
    public void The_directions_of_top_curvature_are_the_eigenvectors_of_largest_modulus()
    {
        const double tolerance = 1e-8;
        double[] curvatures = [.. s_curvatures];
        curvatures[1] = -1000;
        CurvatureDirections found = CurvatureDirections.Of(new QuadraticLoss(curvatures, s_minimum), Random("centre"), seed: 1)!;
        Assert.Equal(-1000, found.Pairs[0].Value, 1000 * tolerance);
        Assert.Equal(s_curvatures[^1], found.Pairs[1].Value, 1000 * tolerance);
        Assert.All(found.Pairs, pair => Assert.True(pair.Converged && pair.Residual <= 2000 * tolerance));

        // An eigenvector errs by the residual over the gap to the next eigenvalue, here at least 31.
        Assert.Equal(1, found.Plane.First[1], 100 * tolerance);
        Assert.Equal(1, found.Plane.Second[^1], 100 * tolerance);
    }

    [Fact]
    public void Directions_that_span_no_plane_are_refused()
    {
        double[] first = Random("u");
        Assert.Contains(
            "span a plane", Assert.Throws<ArgumentException>(() => new LandscapePlane(new double[s_size], first, first)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "must have one length", Assert.Throws<ArgumentException>(() => new LandscapePlane(new double[s_size], first, [1])).Message,
            StringComparison.Ordinal);
        double[] broken = [.. first];
        broken[2] = double.NaN;
        _ = Assert.Throws<ArgumentException>(() => new LandscapePlane(new double[s_size], first, broken));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(2002, 1)]
    [InlineData(9, double.NaN)]
    [InlineData(9, 0)]
    [InlineData(9, double.PositiveInfinity)]
    public void A_grid_without_points_or_reach_is_refused(int points, double reach) =>
        Assert.ThrowsAny<ArgumentException>(() => LandscapeGrid.Around(points, reach));

    private static QuadraticLoss Quadratic() => new(s_curvatures, s_minimum);

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

    private static double[] Unit(int index) => Scaled(index, 1);

    private static double[] Scaled(int index, double length)
    {
        double[] vector = new double[s_size];
        vector[index] = length;
        return vector;
    }

    private static double[] Random(string name)
    {
        double[] vector = new double[s_size];
        new RandomSequence(3, name).FillGaussian(vector);
        return vector;
    }

    private static double[] At(double[] centre, double first, double[] u, double second, double[] v) =>
        [.. centre.Select((c, k) => c + (first * u[k]) + (second * v[k]))];
}
