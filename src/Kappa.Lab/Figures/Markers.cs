using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Draws marker shapes of equal visual weight.</summary>
internal static class Markers
{
    /// <summary>Draws one shape at every point, as a single path: filled with the series' colour, or stroked for crosses.</summary>
    internal static void Paint(SvgWriter svg, IReadOnlyList<PagePoint> points, Look look, double size)
    {
        var path = new StringBuilder();
        foreach (var point in points) _ = path.Append(Outline(look.Marker, point, size / 2));
        var open = look.Marker is MarkerShape.Cross or MarkerShape.Plus;
        _ = open
            ? svg.Empty(
                "path", ("d", path.ToString()), ("fill", "none"), ("stroke", look.Colour), ("stroke-width", SvgWriter.Number(size * 0.28)))
            : svg.Empty(
                "path", ("d", path.ToString()), ("fill", look.Colour), ("fill-opacity", SvgWriter.Number(0.8 * look.Opacity)),
                ("stroke", "#ffffff"), ("stroke-width", "0.3"));
    }

    private static string Outline(MarkerShape shape, PagePoint at, double r) => shape switch
    {
        MarkerShape.Square => Polygon(at, (-0.9 * r, -0.9 * r), (0.9 * r, -0.9 * r), (0.9 * r, 0.9 * r), (-0.9 * r, 0.9 * r)),
        MarkerShape.Triangle => Polygon(at, (0, -1.15 * r), (1.1 * r, 0.85 * r), (-1.1 * r, 0.85 * r)),
        MarkerShape.TriangleDown => Polygon(at, (0, 1.15 * r), (1.1 * r, -0.85 * r), (-1.1 * r, -0.85 * r)),
        MarkerShape.Diamond => Polygon(at, (0, -1.25 * r), (1.25 * r, 0), (0, 1.25 * r), (-1.25 * r, 0)),
        MarkerShape.Cross => Strokes(at, (-0.85 * r, -0.85 * r, 0.85 * r, 0.85 * r), (-0.85 * r, 0.85 * r, 0.85 * r, -0.85 * r)),
        MarkerShape.Plus => Strokes(at, (-1.1 * r, 0, 1.1 * r, 0), (0, -1.1 * r, 0, 1.1 * r)),
        _ => Disc(at, r),
    };

    private static string Polygon(PagePoint at, params ReadOnlySpan<(double X, double Y)> corners)
    {
        var path = new StringBuilder();
        foreach (var (x, y) in corners) _ = path.Append(path.Length == 0 ? 'M' : 'L').Append(Pair(at.X + x, at.Y + y));
        return path.Append('Z').ToString();
    }

    private static string Strokes(PagePoint at, params ReadOnlySpan<(double X1, double Y1, double X2, double Y2)> strokes)
    {
        var path = new StringBuilder();
        foreach (var (x1, y1, x2, y2) in strokes) _ = path.Append('M').Append(Pair(at.X + x1, at.Y + y1)).Append('L')
            .Append(Pair(at.X + x2, at.Y + y2));
        return path.ToString();
    }

    private static string Disc(PagePoint at, double r)
    {
        var radius = SvgWriter.Number(r);
        return $"M{Pair(at.X - r, at.Y)}A{radius} {radius} 0 1 0 {Pair(at.X + r, at.Y)}A{radius} {radius} 0 1 0 {Pair(at.X - r, at.Y)}Z";
    }

    private static string Pair(double x, double y) => $"{SvgWriter.Number(x)} {SvgWriter.Number(y)}";
}
