using System.Globalization;
using System.Text;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The data of a landscape as CSV, every number so that it reads back to the same bits.</summary>
internal static class LandscapeTables
{
    /// <summary>One line for each point of the grid.</summary>
    public static string Grid(Landscape landscape)
    {
        var text = new StringBuilder("alpha,beta,loss\n");
        for (int row = 0; row < landscape.Second.Count; row++)
        {
            for (int column = 0; column < landscape.First.Count; column++)
            {
                _ = text.Append(
                    CultureInfo.InvariantCulture,
                    $"{landscape.First[column]:R},{landscape.Second[row]:R},{landscape.Values[row, column]:R}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>One line for each kept state of the path.</summary>
    public static string Path(PathOnPlane path)
    {
        var text = new StringBuilder("step,alpha,beta,distance,loss,planeLoss\n");
        foreach (PathPoint point in path.Points)
        {
            _ = text.Append(
                CultureInfo.InvariantCulture,
                $"{point.Step},{point.First:R},{point.Second:R},{point.Distance:R},{point.Loss:R},{point.PlaneLoss:R}\n");
        }

        return text.ToString();
    }
}
