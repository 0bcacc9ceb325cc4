using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Studies.Landscapes;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Landscapes;

public sealed class RandomDirectionsTests
{
    private static readonly TrainedCoordinates s_coordinates = new(QuadraticLoss.Layout, Kappa.Models.TrainedSet.All);

    [Fact]
    public void Row_normalisation_gives_the_weights_into_every_unit_the_norm_of_the_centres()
    {
        double[] centre = Centre();
        LandscapePlane plane = RandomDirections.Of(s_coordinates, centre, DirectionNormalisation.Row, seed: 5);
        foreach (double[] direction in new[] { plane.First, plane.Second })
        {
            foreach (TrainedMatrix matrix in s_coordinates.Matrices)
            {
                for (int unit = 0; unit < matrix.Block.Columns; unit++)
                {
                    // Two roundings of a norm and one of the quotient.
                    double expected = UnitNorm(centre, matrix, unit);
                    Assert.Equal(expected, UnitNorm(direction, matrix, unit), 1e-14 * expected);
                }
            }
        }
    }

    [Fact]
    public void Layer_normalisation_gives_every_matrix_the_norm_of_the_centres_but_not_every_unit()
    {
        double[] centre = Centre();
        double[] direction = RandomDirections.Of(s_coordinates, centre, DirectionNormalisation.Layer, seed: 5).First;
        Assert.All(s_coordinates.Matrices, matrix => Assert.Equal(
            Vectors.Norm(centre.AsSpan(matrix.Start, matrix.Block.Length)),
            Vectors.Norm(direction.AsSpan(matrix.Start, matrix.Block.Length)), 1e-13));
        TrainedMatrix value = s_coordinates.Matrices.First(matrix => matrix.Block.Columns > 1);
        Assert.NotEqual(UnitNorm(centre, value, 0), UnitNorm(direction, value, 0), 1e-3);
    }

    [Fact]
    public void Without_normalisation_a_direction_has_norm_one()
    {
        LandscapePlane plane = RandomDirections.Of(s_coordinates, Centre(), DirectionNormalisation.None, seed: 5);
        Assert.Equal(1, Vectors.Norm(plane.First), 1e-14);
        Assert.Equal(1, Vectors.Norm(plane.Second), 1e-14);
    }

    [Fact]
    public void A_seed_gives_its_directions_again_and_another_gives_others()
    {
        LandscapePlane one = RandomDirections.Of(s_coordinates, Centre(), DirectionNormalisation.Row, 5),
            again = RandomDirections.Of(s_coordinates, Centre(), DirectionNormalisation.Row, 5);
        Assert.Equal(one.First, again.First);
        Assert.Equal(one.Second, again.Second);
        Assert.NotEqual(one.First, one.Second);
        Assert.NotEqual(one.First, RandomDirections.Of(s_coordinates, Centre(), DirectionNormalisation.Row, 6).First);
    }

    [Fact]
    public void A_unit_without_weights_is_not_moved()
    {
        double[] centre = Centre();
        TrainedMatrix last = s_coordinates.Matrices[^1];
        centre.AsSpan(last.Start).Clear();
        double[] direction = RandomDirections.Of(s_coordinates, centre, DirectionNormalisation.Row, 5).First;
        Assert.All(direction[last.Start..], element => Assert.Equal(0, element));
    }

    private static double[] Centre()
    {
        double[] centre = new double[s_coordinates.Size];
        new RandomSequence(2, "centre").FillGaussian(centre);
        return centre;
    }

    private static double UnitNorm(double[] vector, TrainedMatrix matrix, int unit) =>
        Vectors.Norm([.. Enumerable.Range(0, matrix.Block.Rows).Select(row => vector[matrix.Start + (row * matrix.Block.Columns) + unit])]);
}
