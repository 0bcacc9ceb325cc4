namespace Kappa.Lab.Landscapes;

/// <summary>Lines of equal value on a grid, by marching squares with linear interpolation along the edges of a cell.</summary>
internal static class ContourLines
{
    /// <summary>One line of a level as points with NaN between separate pieces.</summary>
    /// <param name="xs">Coordinates of the columns.</param>
    /// <param name="ys">Coordinates of the rows.</param>
    /// <param name="values">[ys, xs]; a cell with a corner that is not finite has no line.</param>
    /// <param name="level">The value.</param>
    public static (double[] Xs, double[] Ys) At(double[] xs, double[] ys, double[,] values, double level)
    {
        var across = new List<double>();
        var up = new List<double>();
        for (int row = 0; row + 1 < ys.Length; row++)
        {
            for (int column = 0; column + 1 < xs.Length; column++)
            {
                (double X, double Y)[] crossings = Crossings(xs, ys, values, level, row, column);

                // Four crossings are a saddle: neighbours along the outline are joined, one of two equally good readings.
                for (int k = 0; k + 1 < crossings.Length; k += 2)
                {
                    across.AddRange([crossings[k].X, crossings[k + 1].X, double.NaN]);
                    up.AddRange([crossings[k].Y, crossings[k + 1].Y, double.NaN]);
                }
            }
        }

        return ([.. across], [.. up]);
    }

    private static (double X, double Y)[] Crossings(double[] xs, double[] ys, double[,] values, double level, int row, int column)
    {
        (int Row, int Column)[] corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
        if (!corners.All(corner => double.IsFinite(values[corner.Row, corner.Column])))
        {
            return [];
        }

        var found = new List<(double, double)>();
        for (int k = 0; k < 4; k++)
        {
            ((int r, int c), (int r2, int c2)) = (corners[k], corners[(k + 1) % 4]);
            double from = values[r, c], to = values[r2, c2];
            if (from < level != to < level)
            {
                double share = (level - from) / (to - from);
                found.Add((xs[c] + (share * (xs[c2] - xs[c])), ys[r] + (share * (ys[r2] - ys[r]))));
            }
        }

        return [.. found];
    }
}
