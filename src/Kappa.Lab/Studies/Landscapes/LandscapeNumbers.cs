namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Quantiles of a curvature over the interior points of a grid.</summary>
/// <param name="Points">Interior points where it could be taken: all nine losses around are finite.</param>
/// <param name="Least">The smallest.</param>
/// <param name="Low">5 of 100 are below.</param>
/// <param name="LowerQuartile">25 of 100 are below.</param>
/// <param name="Median">Half are below.</param>
/// <param name="UpperQuartile">75 of 100 are below.</param>
/// <param name="High">95 of 100 are below.</param>
/// <param name="Largest">The largest.</param>
internal sealed record CurvatureQuantiles(
    int Points, double Least, double Low, double LowerQuartile, double Median, double UpperQuartile, double High, double Largest)
{
    internal static CurvatureQuantiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return new(sorted.Length, At(0), At(0.05), At(0.25), At(0.5), At(0.75), At(0.95), At(1));

        // Linear between order statistics.
        double At(double share)
        {
            if (sorted.Length == 0)
            {
                return double.NaN;
            }

            double position = share * (sorted.Length - 1);
            int below = Math.Min((int)position, sorted.Length - 1), above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
        }
    }
}

/// <summary>What can be counted and measured on the grid of a landscape, so that "flatter" and "rougher" are numbers.</summary>
/// <remarks>Curvatures are per unit of α and β: with unit directions per unit of parameter distance, with row or layer
/// normalisation relative to the weights. All values, none proven: a grid sees nothing between its points.</remarks>
internal sealed record LandscapeNumbers
{
    /// <summary>Interior points below each of their eight neighbours by more than
    /// <see cref="Resolution"/>; a plateau, and an edge, hold none.</summary>
    public required int LocalMinima { get; init; }

    /// <summary>Absolute difference that losses must have to count as different: rounding of the loss.</summary>
    public required double Resolution { get; init; }

    /// <summary>Points of the grid whose loss is not finite; a neighbour of that kind counts as higher.</summary>
    public required int NonFinite { get; init; }

    /// <summary>Smallest finite loss.</summary>
    public required double Least { get; init; }

    /// <summary>Largest finite loss.</summary>
    public required double Largest { get; init; }

    /// <summary>∂²ℒ/∂α² by second differences.</summary>
    public required CurvatureQuantiles AlongFirst { get; init; }

    /// <summary>∂²ℒ/∂β² by second differences.</summary>
    public required CurvatureQuantiles AlongSecond { get; init; }

    /// <summary>Larger eigenvalue of the Hessian [2, 2] in α and β, by second differences.</summary>
    public required CurvatureQuantiles LargerPrincipal { get; init; }

    /// <summary>Smaller eigenvalue of that Hessian; negative where the plane's loss is not convex.</summary>
    public required CurvatureQuantiles SmallerPrincipal { get; init; }

    /// <summary>Share of interior points whose smaller principal curvature
    /// is negative beyond the rounding of its second difference.</summary>
    public required double NonConvexShare { get; init; }

    /// <summary>Roughness of the cut along α through the centre, see <see cref="Cuts.Roughness"/>.</summary>
    public required double RoughnessFirst { get; init; }

    /// <summary>Roughness of the cut along β through the centre.</summary>
    public required double RoughnessSecond { get; init; }

    /// <summary>Median roughness of all cuts along either axis.</summary>
    public required double RoughnessMedian { get; init; }

    /// <summary>The numbers of a grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="values">ℒ, [rows along β, columns along α].</param>
    /// <param name="resolution">Rounding of a loss, absolute; a relative 10⁻¹² is added.</param>
    internal static LandscapeNumbers Of(LandscapeGrid grid, double[,] values, double resolution = 0)
    {
        double[] finite = [.. values.Cast<double>().Where(double.IsFinite)];
        double smallest = finite.Length == 0 ? double.NaN : finite.Min();
        resolution += finite.Length == 0 ? 0 : 1e-12 * Math.Abs(smallest);
        GridCurvature[] curvatures = [.. GridCurvature.Of(grid, values)];
        double noise = 4 * resolution * ((1 / (grid.FirstStep * grid.FirstStep)) + (1 / (grid.SecondStep * grid.SecondStep)));
        double[] roughness = [.. Cuts.Along(values, alongFirst: true).Concat(Cuts.Along(values, alongFirst: false)).Select(Cuts.Roughness)];
        return new LandscapeNumbers
        {
            LocalMinima = GridMinima.Count(values, resolution),
            Resolution = resolution,
            NonFinite = values.Length - finite.Length,
            Least = smallest,
            Largest = finite.Length == 0 ? double.NaN : finite.Max(),
            AlongFirst = CurvatureQuantiles.Of(curvatures.Select(curvature => curvature.First)),
            AlongSecond = CurvatureQuantiles.Of(curvatures.Select(curvature => curvature.Second)),
            LargerPrincipal = CurvatureQuantiles.Of(curvatures.Select(curvature => curvature.Larger)),
            SmallerPrincipal = CurvatureQuantiles.Of(curvatures.Select(curvature => curvature.Smaller)),
            NonConvexShare = curvatures.Length == 0
                ? double.NaN
                : (double)curvatures.Count(curvature => curvature.Smaller < -noise) / curvatures.Length,
            RoughnessFirst = roughness[grid.CentreRow],
            RoughnessSecond = roughness[grid.Second.Length + grid.CentreColumn],
            RoughnessMedian = CurvatureQuantiles.Of(roughness).Median,
        };
    }
}
