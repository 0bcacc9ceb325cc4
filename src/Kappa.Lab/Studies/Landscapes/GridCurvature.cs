namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The Hessian of a plane's loss at an interior point of the grid, by second differences of the nine losses around.</summary>
/// <remarks>Exact for a quadratic; otherwise it errs by the fourth derivatives times a twelfth of the squared spacing.</remarks>
/// <param name="First">∂²ℒ/∂α².</param>
/// <param name="Second">∂²ℒ/∂β².</param>
/// <param name="Mixed">∂²ℒ/∂α∂β.</param>
internal readonly record struct GridCurvature(double First, double Second, double Mixed)
{
    /// <summary>The larger eigenvalue.</summary>
    public double Larger => Mean + Radius;

    /// <summary>The smaller eigenvalue.</summary>
    public double Smaller => Mean - Radius;

    private double Mean => (First + Second) / 2;

    private double Radius => double.Hypot((First - Second) / 2, Mixed);

    /// <summary>At every interior point whose nine losses are finite.</summary>
    public static IEnumerable<GridCurvature> Of(LandscapeGrid grid, double[,] values)
    {
        double h = grid.FirstStep, k = grid.SecondStep;
        for (int row = 1; row < values.GetLength(0) - 1; row++)
        {
            for (int column = 1; column < values.GetLength(1) - 1; column++)
            {
                double centre = values[row, column];
                var found = new GridCurvature(
                    (values[row, column - 1] - (2 * centre) + values[row, column + 1]) / (h * h),
                    (values[row - 1, column] - (2 * centre) + values[row + 1, column]) / (k * k),
                    (
                        values[row + 1, column + 1] - values[row + 1, column - 1] - values[row - 1, column + 1]
                        + values[row - 1, column - 1]) / (4 * h * k));
                if (double.IsFinite(found.First + found.Second + found.Mixed))
                {
                    yield return found;
                }
            }
        }
    }
}
