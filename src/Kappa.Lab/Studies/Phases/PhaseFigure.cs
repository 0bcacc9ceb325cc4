using System.Globalization;
using Kappa.Lab.Figures;

namespace Kappa.Lab.Studies.Phases;

/// <summary>Draws a phase diagram: cells by class, the theory's boundaries
/// on top, and what the picture cannot show in the caption.</summary>
internal static class PhaseFigure
{
    private const int Black = 6;

    // Okabe and Ito's blue, sky blue, orange and vermillion: good is cold, bad is warm, and each pair differs in lightness.
    private static readonly (RunPhase Phase, int Colour)[] Classes = [
        (RunPhase.Converges, 0), (RunPhase.Slow, 4), (RunPhase.Stalls, 5), (RunPhase.Diverges, 1)];
    private static readonly DashStyle[] Dashes = [
        DashStyle.Solid, DashStyle.Dashed, DashStyle.Dotted, DashStyle.DashDotted, DashStyle.LongDashed];

    /// <summary>The word of a class.</summary>
    public static string Word(RunPhase phase) => phase.ToString().ToLowerInvariant();

    /// <summary>The figure.</summary>
    /// <param name="grid">The outcomes.</param>
    /// <param name="points">The initial point of every run, by name.</param>
    public static Figure Of(PhaseGrid grid, IReadOnlyDictionary<string, InitialPoint> points)
    {
        var caption = new List<string> { Seeds(grid) };
        var figure = new Figure(
            "phase-diagram",
            $"What becomes of a run, by {grid.X.Key.Name} and {grid.Y.Key.Name}")
        { PlotHeight = grid.Panels.Count == 1 ? 250 : null };
        IReadOnlyList<PhaseBoundary> boundaries = PhaseBoundary.For(grid.X, grid.Y);
        var certificates = new List<(bool AreDrawn, double Nearest)>();
        var courses = boundaries.ToDictionary(boundary => boundary, _ => new List<Course>());
        foreach (PhasePanel panel in grid.Panels)
        {
            Axes axes = figure.AddPanel(panel.Title, grid.XAxis, grid.YAxis);
            DrawCells(axes, grid, panel);
            certificates.Add(DrawCertified(axes, grid, panel, points));
            int drawn = 0;
            foreach (PhaseBoundary boundary in boundaries)
            {
                Course course = Draw(axes, grid, boundary, boundary.Over(panel.Cells, points), Dashes[drawn % Dashes.Length]);
                courses[boundary].Add(course);
                drawn += course.IsDrawn ? 1 : 0;
            }
        }

        caption.Add(Certified(certificates));
        caption.AddRange(boundaries.SelectMany(boundary => Sentences(boundary, courses[boundary])));
        caption.Add("Boundaries are computed from initial points alone, median over the seeds of a cell, and interpolated between cells.");
        figure.Caption = string.Join(' ', caption);
        return figure;
    }

    private static void DrawCells(Axes axes, PhaseGrid grid, PhasePanel panel)
    {
        int rows = grid.Ys.Length, columns = grid.Xs.Length;
        foreach ((RunPhase phase, int colour) in Classes)
        {
            double[,] shares = new double[rows, columns];
            bool[,] drawn = new bool[rows, columns];
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    PhaseCell? cell = panel.Cells[row, column];
                    (shares[row, column], drawn[row, column]) = (cell?.Share(phase) ?? double.NaN, cell?.Majority == phase);
                }
            }

            _ = axes.Cells(new CellSeries(Word(phase), new SeriesStyle { Colour = colour }, grid.Xs, grid.Ys, shares, drawn));
        }
    }

    private static Course Draw(Axes axes, PhaseGrid grid, PhaseBoundary boundary, double[,] field, DashStyle dash)
    {
        double[] finite = [.. field.Cast<double>().Where(double.IsFinite).Order()];
        var pieces = LevelCurve.Of(grid.XAxis, grid.YAxis, grid.Xs, grid.Ys, field, boundary.Level);
        foreach (var piece in pieces)
            _ = axes.Line(
                boundary.Name, [.. piece.Select(point => point.X)], [.. piece.Select(point => point.Y)],
                new SeriesStyle { Colour = Black, Dash = dash, WidthFactor = 1.5 });
        return finite.Length == 0
            ? new(pieces.Count > 0, double.NaN, double.NaN)
            : new(pieces.Count > 0, finite[0] / boundary.Level, finite[^1] / boundary.Level);
    }

    // One sentence for all panels that draw a boundary, and one for all that do not meet it.
    private static IEnumerable<string> Sentences(PhaseBoundary boundary, List<Course> courses)
    {
        bool isDrawn = courses.Any(course => course.IsDrawn);
        if (isDrawn)
            yield return $"{boundary.Name}: {boundary.Meaning}.";
        Course[] apart = [.. courses.Where(course => !course.IsDrawn && double.IsFinite(course.Least))];
        if (apart.Length == 0 || boundary.Name.StartsWith('κ'))
            yield break;
        string which = apart.Length == courses.Count ? "" : $" in {apart.Length} of {courses.Count} panels";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{boundary.Name} is not crossed{which}: the left side is {TickLabels.Rounded(apart.Min(course => course.Least), 3)} to "
                + $"{TickLabels.Rounded(apart.Max(course => course.Most), 3)} times the right one.");
    }

    private static (bool AreDrawn, double Nearest) DrawCertified(
        Axes axes, PhaseGrid grid, PhasePanel panel, IReadOnlyDictionary<string, InitialPoint> points)
    {
        double[,] step = PhaseBoundary.Median(
            panel.Cells,
            outcome =>
                PhaseBoundary.StepSize(outcome.Run.Specification, points[outcome.Run.Name]) / points[outcome.Run.Name].CertifiedStep);
        double[,] shortfall = PhaseBoundary.Median(panel.Cells, outcome => points[outcome.Run.Name].Shortfall);
        var certified = (
            from row in Enumerable.Range(0, grid.Ys.Length)
            from column in Enumerable.Range(0, grid.Xs.Length)
            where step[row, column] <= 1
            select (X: grid.Xs[column], Y: grid.Ys[row])).ToList();
        if (certified.Count > 0)
            _ = axes.Scatter(
                "certified at θ_0", [.. certified.Select(cell => cell.X)], [.. certified.Select(cell => cell.Y)], MarkerShape.Circle,
                new SeriesStyle { Colour = Black });
        return (certified.Count > 0, shortfall.Cast<double>().Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min());
    }

    private static string Certified(List<(bool AreDrawn, double Nearest)> panels)
    {
        if (panels.Any(panel => panel.AreDrawn))
            return "Dots: at least half of the seeds are certified to converge from θ_0 with their own step size (C.9, C.14).";
        double nearest = panels.Select(panel => panel.Nearest).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min();
        return double.IsNaN(nearest) ? "No theorem applies to these runs, or none is affordable."
            : nearest <= 1 ? "Certificates at θ_0 hold for smaller step sizes only."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"No cell is certified at θ_0 with its step size; of the nearest a condition fails by a factor "
                    + $"{TickLabels.Rounded(nearest, 3)}.");
    }

    private static string Seeds(PhaseGrid grid)
    {
        int[] counts = [
            .. grid.Panels.SelectMany(panel => panel.Cells.Cast<PhaseCell?>()).OfType<PhaseCell>().Select(cell => cell.Finished).Distinct()
                .Order()];
        string runs = counts.Length == 1 ? $"{counts[0]}" : $"{counts[0]} to {counts[^1]}";
        string empty = counts[0] == 0 ? " White: none is finished." : string.Empty;
        return $"Colour: the class of most of the {runs} finished runs of a cell, of several the worst; a number is its share in percent "
            + $"where it is not all of them.{empty}";
    }

    /// <summary>What became of a boundary in one panel: whether it is drawn, and between
    /// which multiples of its level the quantity lies; NaN where there is none.</summary>
    private readonly record struct Course(bool IsDrawn, double Least, double Most);
}
