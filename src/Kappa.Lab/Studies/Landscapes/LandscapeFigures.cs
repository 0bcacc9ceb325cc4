using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The figures of a landscape.</summary>
internal static class LandscapeFigures
{
    private const int Levels = 14;
    private const int FinestColours = 161;

    /// <summary>Contour, surface, cuts, and the strip of the path if there is one.</summary>
    /// <param name="landscape">The landscape.</param>
    public static IReadOnlyList<Figure> Of(Landscape landscape)
    {
        ArgumentNullException.ThrowIfNull(landscape);
        var figures = new List<Figure> { Contour(landscape), Surface(landscape), Cut(landscape) };
        if (landscape.Path is { } path)
        {
            figures.Add(Strip(landscape, path));
        }

        return figures;
    }

    private static Figure Contour(Landscape landscape)
    {
        string path = landscape.Path is { } found
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" Line and points: the path, projected; the plane explains {100 * found.ExplainedShare:F1} % of it, its states lie up "
                    + $"to {NumberText.Of(found.LargestDistance, 3)} beside it.")
            : string.Empty;
        var figure = new Figure(
            "contour", "Loss on the plane", $"{About(landscape)} {Levels} levels, evenly spaced in log ℒ.{path}")
        { PlotHeight = 300 };
        double[] xs = landscape.Grid.First, ys = landscape.Grid.Second;
        Axes panel = figure.AddPanel(
            string.Empty, Axis.Linear(Label(landscape, first: true), xs[0], xs[^1]),
            Axis.Linear(Label(landscape, first: false), ys[0], ys[^1]));
        double[,] logarithms = Logarithms(landscape.Values);
        double[] levels = LevelsOf(logarithms);
        (double[] fineXs, double[] fineYs, double[,] banded) = Banded(xs, ys, logarithms, levels);
        _ = panel.HeatMap(fineXs, fineYs, banded, "loss ℒ");
        foreach (double level in levels)
        {
            foreach ((double[] across, double[] up) in ContourLines.At(xs, ys, logarithms, level))
            {
                _ = panel.Line("level of the loss", across, up, SeriesStyle.Thin with { Colour = 6, Opacity = 0.35 });
            }
        }

        AddPath(panel, landscape.Path);
        return figure;
    }

    // Orange and black stand out from every shade of the map, in grey too, and differ in shape.
    private static void AddPath(Axes panel, PathOnPlane? path)
    {
        if (path is not null)
        {
            double[] first = [.. path.Points.Select(point => point.First)], second = [.. path.Points.Select(point => point.Second)];
            _ = panel.Line(
                "path", first, second,
                new SeriesStyle { Colour = 1, Dash = DashStyle.Solid, ShowMarkers = true, Marker = MarkerShape.Circle });
            _ = panel.Scatter("start", [first[0]], [second[0]], MarkerShape.Square, new SeriesStyle { Colour = 1 });
        }

        _ = panel.Scatter("centre", [0], [0], MarkerShape.Diamond, new SeriesStyle { Colour = 1 });
    }

    private static Figure Surface(Landscape landscape)
    {
        string path = landscape.Path is null
            ? string.Empty
            : " Line and points: the path, projected, at the loss there; it is drawn over what would hide it.";
        var figure = new Figure(
            "surface", "Loss over the plane",
            $"{About(landscape)} Height and colour: loss, on a logarithmic scale. Parts behind are hidden.{path}")
        { PlotHeight = 290 };
        double[] xs = landscape.Grid.First, ys = landscape.Grid.Second;
        Axes panel = figure.AddPanel(string.Empty, Axis.Linear("α", xs[0], xs[^1]), Axis.Linear("β", ys[0], ys[^1]));
        _ = panel.Surface(xs, ys, landscape.Values, "loss ℒ");
        if (landscape.Path is { Points: var points })
        {
            _ = panel.SurfacePath(
                "path", [.. points.Select(point => point.First)], [.. points.Select(point => point.Second)],
                [.. points.Select(point => point.PlaneLoss)]);
        }

        return figure;
    }

    private static Figure Cut(Landscape landscape)
    {
        LandscapeNumbers numbers = landscape.Numbers;
        var figure = new Figure(
            "cuts", "Cuts through the centre",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{About(landscape)} Roughness (total variation beside the parabola, over the range): "
                    + $"{NumberText.Of(numbers.RoughnessFirst, 3)} along α, {NumberText.Of(numbers.RoughnessSecond, 3)} along β, median "
                    + $"of all cuts {NumberText.Of(numbers.RoughnessMedian, 3)}."));
        LandscapeGrid grid = landscape.Grid;
        _ = figure.AddPanel(string.Empty, Axis.Linear(Label(landscape, first: true)), Axis.Log("loss ℒ"))
            .Line(
                "along α", grid.First, Cuts.Line(landscape.Values, grid.CentreRow, alongFirst: true),
                SeriesStyle.Solid with { InLegend = false })
            .VerticalLine(0, "centre");
        _ = figure.AddPanel(string.Empty, Axis.Linear(Label(landscape, first: false)), Axis.Log("loss ℒ"))
            .Line(
                "along β", grid.Second, Cuts.Line(landscape.Values, grid.CentreColumn, alongFirst: false),
                SeriesStyle.Solid with { InLegend = false })
            .VerticalLine(0, "centre");
        return figure;
    }

    private static Figure Strip(Landscape landscape, PathOnPlane path)
    {
        double[] steps = [.. path.Points.Select(point => (double)point.Step)];
        var figure = new Figure(
            "path", "The path and its shadow on the plane",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{About(landscape)} Where the curves part, the plane does not show what the descent went through. The plane explains "
                    + $"{100 * path.ExplainedShare:F1} % of the path; farthest state: {NumberText.Of(path.LargestDistance, 3)} at step "
                    + $"{path.LargestDistanceStep}."));
        Axes loss = figure.AddPanel("Loss along the path", Axis.Whole("step k"), Axis.Log("loss ℒ"));
        _ = loss.Line("true loss", steps, [.. path.Points.Select(point => point.Loss)], SeriesStyle.Marked)
            .Line("at the projection", steps, [.. path.Points.Select(point => point.PlaneLoss)], SeriesStyle.Marked);
        _ = figure.AddPanel("Distance from the plane", Axis.Whole("step k"), Axis.Linear("distance")).Line(
            "distance", steps, [.. path.Points.Select(point => point.Distance)], SeriesStyle.Marked with { InLegend = false });
        return figure;
    }

    /// <summary>What spans the plane, in words.</summary>
    internal static string About(Landscape landscape) => $"{landscape.Target.Name}. {LandscapeReport.Directions(landscape)}";

    private static string Label(Landscape landscape, bool first)
    {
        string letter = first ? "α" : "β";
        int index = first ? 0 : 1;
        return landscape.Request.Directions switch
        {
            LandscapeDirections.Pca =>
                FormattableString.Invariant($"{letter}, component {index + 1} ({100 * landscape.ExplainedShares[index]:F1} %)"),
            LandscapeDirections.Curvature =>
                FormattableString.Invariant($"{letter}, eigenvalue {NumberText.Of(landscape.TopCurvatures[index].Value, 3)}"),
            _ => $"{letter}, random direction {index + 1}",
        };
    }

    private static double[,] Logarithms(double[,] values)
    {
        double[,] result = new double[values.GetLength(0), values.GetLength(1)];
        for (int row = 0; row < result.GetLength(0); row++)
        {
            for (int column = 0; column < result.GetLength(1); column++)
            {
                result[row, column] = values[row, column] > 0 && double.IsFinite(values[row, column])
                    ? Math.Log10(values[row, column])
                    : double.NaN;
            }
        }

        return result;
    }

    private static double[] LevelsOf(double[,] logarithms)
    {
        double[] finite = [.. logarithms.Cast<double>().Where(double.IsFinite)];
        return finite.Length == 0
            ? []
            : [.. Enumerable.Range(1, Levels - 1).Select(k => finite.Min() + (k * (finite.Max() - finite.Min()) / Levels))];
    }

    // Each band has the colour of its middle; between grid points the logarithm is linear, so that bands end at the lines.
    private static (double[] Xs, double[] Ys, double[,] Values) Banded(double[] xs, double[] ys, double[,] logarithms, double[] levels)
    {
        int refined = Math.Max(1, (FinestColours - 1) / (xs.Length - 1));
        double[] fineXs = Refined(xs, refined), fineYs = Refined(ys, refined);
        double[,] banded = new double[fineYs.Length, fineXs.Length];
        double half = levels.Length > 1 ? (levels[1] - levels[0]) / 2 : 0;
        for (int row = 0; row < fineYs.Length; row++)
        {
            for (int column = 0; column < fineXs.Length; column++)
            {
                double value = Between(logarithms, row, column, refined);
                int band = levels.Count(level => level <= value);
                banded[row, column] = !double.IsFinite(value) || levels.Length == 0
                    ? double.NaN
                    : Math.Pow(10, band == 0 ? levels[0] - half : levels[band - 1] + half);
            }
        }

        return (fineXs, fineYs, banded);
    }

    private static double[] Refined(double[] values, int factor) =>
        [
            .. Enumerable.Range(0, ((values.Length - 1) * factor) + 1).Select(k =>
                k % factor == 0
                    ? values[k / factor]
                    : values[k / factor] + ((double)(k % factor) / factor * (values[(k / factor) + 1] - values[k / factor])))];

    private static double Between(double[,] values, int row, int column, int factor)
    {
        (int r, int c) = (row / factor, column / factor);
        (double y, double x) = ((double)(row % factor) / factor, (double)(column % factor) / factor);
        double near = x == 0 ? values[r, c] : ((1 - x) * values[r, c]) + (x * values[r, c + 1]);
        return y == 0
            ? near
            : ((1 - y) * near) + (y * (x == 0 ? values[r + 1, c] : ((1 - x) * values[r + 1, c]) + (x * values[r + 1, c + 1])));
    }
}
