namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Strict local minima of a grid.</summary>
internal static class GridMinima
{
    /// <summary>Interior points that lie below each of their eight neighbours by more than a resolution.
    /// Equal neighbours make a plateau, which is no strict minimum; edges are not looked at.</summary>
    /// <param name="values">ℒ; a value that is not finite is no minimum and, as a neighbour, higher than any.</param>
    /// <param name="resolution">At least 0.</param>
    public static int Count(double[,] values, double resolution)
    {
        int count = 0;
        for (int row = 1; row < values.GetLength(0) - 1; row++)
        {
            for (int column = 1; column < values.GetLength(1) - 1; column++)
            {
                count += IsMinimum(values, row, column, resolution) ? 1 : 0;
            }
        }

        return count;
    }

    private static bool IsMinimum(double[,] values, int row, int column, double resolution)
    {
        double value = values[row, column];
        for (int k = 0; k < 9; k++)
        {
            double neighbour = values[row + (k / 3) - 1, column + (k % 3) - 1];
            if (k != 4 && double.IsFinite(neighbour) && !(value + resolution < neighbour))
            {
                return false;
            }
        }

        return double.IsFinite(value);
    }
}
