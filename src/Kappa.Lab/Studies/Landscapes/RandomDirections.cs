using Kappa.Lab.Runs.Evaluation;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>What the length of a random direction is made to follow.</summary>
internal enum DirectionNormalisation
{
    /// <summary>In each unit's weights the norm of the centre's there: filter
    /// normalisation (Li et al. 2018), the scale-free choice.</summary>
    Row,

    /// <summary>In each matrix the norm of the centre's there.</summary>
    Layer,

    /// <summary>Norm one over all parameters.</summary>
    None,
}

/// <summary>Gaussian directions, normalised as in H. Li, Z. Xu, G. Taylor, C. Studer,
/// T. Goldstein, "Visualizing the Loss Landscape of Neural Nets" (2018).</summary>
/// <remarks>
/// A unit's weights are a column of a matrix [fan-in, fan-out] (a row in the [fan-out, fan-in] in which the paper counts), a row of a table
/// of vectors, and the whole of a single row. Where the centre is zero the direction is zero, so a shift that was never trained is not
/// moved. Stateless and thread-safe.
/// </remarks>
internal static class RandomDirections
{
    /// <summary>The plane of two seeded directions through a centre.</summary>
    /// <param name="coordinates">The trained matrices.</param>
    /// <param name="centre">c [P]; held.</param>
    /// <param name="normalisation">What the lengths follow.</param>
    /// <param name="seed">Seed of both directions.</param>
    /// <exception cref="ArgumentException">The centre is not finite, or is zero under row or layer normalisation.</exception>
    public static LandscapePlane Of(TrainedCoordinates coordinates, double[] centre, DirectionNormalisation normalisation, long seed) =>
        new(
            centre, Direction(coordinates, centre, normalisation, new RandomSequence(seed, "landscape.first")),
            Direction(coordinates, centre, normalisation, new RandomSequence(seed, "landscape.second")));

    private static double[] Direction(
        TrainedCoordinates coordinates, double[] centre, DirectionNormalisation normalisation, RandomSequence random)
    {
        double[] direction = new double[coordinates.Size];
        random.FillGaussian(direction);
        switch (normalisation)
        {
            case DirectionNormalisation.Row:
                foreach (TrainedMatrix matrix in coordinates.Matrices)
                {
                    FollowUnits(matrix, centre, direction);
                }

                break;
            case DirectionNormalisation.Layer:
                foreach (TrainedMatrix matrix in coordinates.Matrices)
                {
                    Follow(centre.AsSpan(matrix.Start, matrix.Block.Length), direction.AsSpan(matrix.Start, matrix.Block.Length));
                }

                break;
            default:
                Vectors.Scale(direction, 1 / Vectors.Norm(direction));
                break;
        }

        return direction;
    }

    private static void FollowUnits(TrainedMatrix matrix, double[] centre, double[] direction)
    {
        (int rows, int columns) = (matrix.Block.Rows, matrix.Block.Columns);
        (int units, int length, int unitStride, int stride) = matrix.UnitsAreRows
            ? (rows, columns, columns, 1)
            : (columns, rows, 1, columns);
        double[] weights = new double[length], moved = new double[length];
        for (int unit = 0; unit < units; unit++)
        {
            int start = matrix.Start + (unit * unitStride);
            for (int k = 0; k < length; k++)
            {
                (weights[k], moved[k]) = (centre[start + (k * stride)], direction[start + (k * stride)]);
            }

            Follow(weights, moved);
            for (int k = 0; k < length; k++)
            {
                direction[start + (k * stride)] = moved[k];
            }
        }
    }

    // d ← d ‖w‖ / ‖d‖
    private static void Follow(ReadOnlySpan<double> weights, Span<double> direction) =>
        Vectors.Scale(direction, Vectors.Norm(weights) / Vectors.Norm(direction));
}
