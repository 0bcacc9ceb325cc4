namespace Kappa.Lab.Figures;

/// <summary>Draws a surface in parallel projection: the far cells first, each filled
/// by its height and darkened by its slope, so that nothing hidden shows.</summary>
internal sealed class SurfacePainter(SvgWriter svg, PanelLayout panel, FigureSizes sizes)
{
    private const int MostCells = 60; // along an axis: a cell is then still a few points wide
    private const double Turn = 0.62; // radians about the vertical: 35 degrees
    private const double Tilt = 0.56; // radians downwards: 32 degrees
    private const double Lift = 0.62; // height of the tallest point over the width of the base
    private const double Ambient = 0.72; // share of the light that does not depend on the slope

    private static readonly (double X, double Y) s_turned = (Math.Cos(Turn), Math.Sin(Turn));

    private readonly HeatMapColours _colours = panel.HeatMap!;
    private double _scale;
    private double _left;
    private double _top;

    internal void Paint(SurfaceSeries surface, IEnumerable<SurfacePathSeries> paths)
    {
        Fit();
        PaintBase();
        var rows = Kept(surface.Ys.Length);
        var columns = Kept(surface.Xs.Length);
        _ = svg.Open("g", ("stroke-linejoin", "round"), ("stroke-width", "0.25"));
        // The eye is at positive x and negative y: what is behind has large y and small x.
        for (var row = rows.Count - 2; row >= 0; row--)
        {
            for (var column = 0; column + 1 < columns.Count; column++) PaintCell(
                surface, rows[row], rows[row + 1], columns[column], columns[column + 1]);
        }

        _ = svg.Close();
        foreach (var path in paths) PaintPath(surface, path);
        PaintLabels();
    }

    // White below and around black: it stands out from every shade.
    private void PaintPath(SurfaceSeries surface, SurfacePathSeries path)
    {
        var pieces = new List<List<PagePoint>> { new() };
        for (var i = 0; i < path.Xs.Length; i++)
        {
            if (PlaceOf(surface, path, i) is { } place) pieces[^1].Add(place);
            else if (pieces[^1].Count > 0) pieces.Add([]);
        }

        foreach (var piece in pieces.Where(piece => piece.Count > 0))
        {
            var line = "M" + string.Join("L", piece.Select(p => $"{SvgWriter.Number(p.X)} {SvgWriter.Number(p.Y)}"));
            _ = svg.Empty(
                "path", ("d", line), ("fill", "none"), ("stroke", "#ffffff"), ("stroke-width", "2.6"), ("stroke-linejoin", "round"));
            _ = svg.Empty(
                "path", ("d", line), ("fill", "none"), ("stroke", Palette.Ink), ("stroke-width", "1.2"), ("stroke-linejoin", "round"));
            foreach (var point in piece) _ = svg.Empty(
                "circle", ("cx", SvgWriter.Number(point.X)), ("cy", SvgWriter.Number(point.Y)), ("r", "1.7"), ("fill", "#ffffff"),
                ("stroke", Palette.Ink), ("stroke-width", "0.9"));
        }
    }

    /// <summary>None outside the base or the scale of heights.</summary>
    private PagePoint? PlaceOf(SurfaceSeries surface, SurfacePathSeries path, int index)
    {
        if (!surface.Colour.CanShow(path.Values[index])) return null;
        var (x, y) = (panel.X.FractionAt(panel.X.Coordinate(path.Xs[index])), panel.Y.FractionAt(panel.Y.Coordinate(path.Ys[index])));
        var z = _colours.Scale.FractionAt(_colours.Scale.Coordinate(path.Values[index]));
        return x is >= 0 and <= 1 && y is >= 0 and <= 1 && z is >= -0.02 and <= 1.02 ? Page(x, y, z) : null;
    }

    /// <summary>Every so manieth index, the last one always.</summary>
    private static List<int> Kept(int count)
    {
        var step = Math.Max(1, (count - 1 + MostCells - 1) / MostCells);
        List<int> kept = [.. Enumerable.Range(0, count).Where(i => i % step == 0)];
        if (kept[^1] != count - 1) kept.Add(count - 1);
        return kept;
    }

    /// <summary>Scales the unit cube into the panel, with room below for the labels of the base.</summary>
    private void Fit()
    {
        (double X, double Y)[] corners = [
            .. from x in new[] { 0.0, 1 } from y in new[] { 0.0, 1 } from z in new[] { 0.0, 1 } select Flat(x, y, z)];
        var (left, right, top, bottom) = (corners.Min(c => c.X), corners.Max(c => c.X), corners.Min(c => c.Y), corners.Max(c => c.Y));
        var room = 3.2 * sizes.Tick;
        _scale = Math.Min((panel.Plot.Width - (2 * sizes.Tick)) / (right - left), (panel.Plot.Height - room + sizes.Tick) / (bottom - top));
        _left = panel.Plot.X + ((panel.Plot.Width - (_scale * (right - left))) / 2) - (_scale * left);
        _top = panel.Plot.Y - sizes.Tick - (_scale * top);
    }

    private static (double X, double Y) Flat(double x, double y, double z)
    {
        var (across, away) = ((x * s_turned.X) + (y * s_turned.Y), (y * s_turned.X) - (x * s_turned.Y));
        return (across, -(away * Math.Sin(Tilt)) - (z * Lift * Math.Cos(Tilt)));
    }

    private PagePoint Page(double x, double y, double z)
    {
        var (across, down) = Flat(x, y, z);
        return new PagePoint(_left + (_scale * across), _top + (_scale * down));
    }

    private double? HeightAt(SurfaceSeries surface, int row, int column)
    {
        var value = surface.Values[row, column];
        return surface.Colour.CanShow(value) ? _colours.Scale.FractionAt(_colours.Scale.Coordinate(value)) : null;
    }

    private void PaintCell(SurfaceSeries surface, int near, int far, int left, int right)
    {
        if (HeightAt(surface, near, left) is not { } a || HeightAt(surface, near, right) is not { } b
            || HeightAt(surface, far, right) is not { } c || HeightAt(surface, far, left) is not { } d) return;
        var (x0, x1) = (
            panel.X.FractionAt(panel.X.Coordinate(surface.Xs[left])), panel.X.FractionAt(panel.X.Coordinate(surface.Xs[right])));
        var (y0, y1) = (panel.Y.FractionAt(panel.Y.Coordinate(surface.Ys[near])), panel.Y.FractionAt(panel.Y.Coordinate(surface.Ys[far])));
        var (slopeX, slopeY) = (Lift * (b + c - a - d) / (2 * (x1 - x0)), Lift * (c + d - a - b) / (2 * (y1 - y0)));
        // Light from the upper left front; a level cell keeps the colour of the bar.
        var light = Math.Min(
            1,
            Ambient
                + (
                    (1 - Ambient) * Math.Max(
                        0, (1 + (0.6 * slopeX) + (0.3 * slopeY)) / Math.Sqrt(1 + (slopeX * slopeX) + (slopeY * slopeY)))));
        var colour = Darkened(Palette.Map((a + b + c + d) / 4), light);
        Polygon([Page(x0, y0, a), Page(x1, y0, b), Page(x1, y1, c), Page(x0, y1, d)], colour, Darkened(colour, 0.75));
    }

    private void Polygon(PagePoint[] corners, string fill, string stroke) => svg.Empty(
        "path", ("d", "M" + string.Join("L", corners.Select(c => $"{SvgWriter.Number(c.X)} {SvgWriter.Number(c.Y)}")) + "Z"),
        ("fill", fill), ("stroke", stroke));

    private static string Darkened(string colour, double factor)
    {
        int Channel(int start) => (int)Math.Round(Convert.ToInt32(colour.Substring(start, 2), 16) * factor);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#{Channel(1):x2}{Channel(3):x2}{Channel(5):x2}");
    }

    private void PaintBase()
    {
        _ = svg.Open("g", ("stroke-width", "0.5"));
        Polygon([Page(0, 0, 0), Page(1, 0, 0), Page(1, 1, 0), Page(0, 1, 0)], "#f6f6f6", Palette.Ink);
        Polygon([Page(0, 1, 0), Page(1, 1, 0), Page(1, 1, 1), Page(0, 1, 1)], "none", Palette.Grid);
        Polygon([Page(0, 0, 0), Page(0, 1, 0), Page(0, 1, 1), Page(0, 0, 1)], "none", Palette.Grid);
        _ = svg.Close();
    }

    /// <summary>Ticks and names along the two edges of the base that lie in front.</summary>
    private void PaintLabels()
    {
        var (front, side) = (Page(0.5, 0, 0), Page(1, 0.5, 0));
        foreach (var tick in EveryOther(panel.XTicks))
        {
            var at = panel.X.FractionAt(panel.X.Coordinate(tick.Value));
            Mark(Page(at, 0, 0), tick.Label, -0.35, "end");
        }

        foreach (var tick in EveryOther(panel.YTicks))
        {
            var at = panel.Y.FractionAt(panel.Y.Coordinate(tick.Value));
            Mark(Page(1, at, 0), tick.Label, 0.35, "start");
        }

        _ = svg.Text(
            front.X - (2.2 * sizes.Tick), front.Y + (3.2 * sizes.Tick), panel.XTicks.Labelled(panel.Axes.X.Label), sizes.Label, "middle");
        _ = svg.Text(
            side.X + (2.4 * sizes.Tick), side.Y + (3.2 * sizes.Tick), panel.YTicks.Labelled(panel.Axes.Y.Label), sizes.Label, "middle");
    }

    private static IEnumerable<Tick> EveryOther(TickSet ticks) => ticks.Major.Where((_, i) => ticks.Major.Count() <= 5 || i % 2 == 0);

    private void Mark(PagePoint point, string label, double lean, string anchor)
    {
        var end = new PagePoint(point.X + (lean * 8), point.Y + 3.5);
        _ = svg.Line(point.X, point.Y, end.X, end.Y, Palette.Ink, 0.6);
        _ = svg.Text(end.X, end.Y + (0.9 * sizes.Tick), label, sizes.Tick, anchor);
    }
}
