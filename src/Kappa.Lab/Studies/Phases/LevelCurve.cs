using Kappa.Lab.Figures;

namespace Kappa.Lab.Studies.Phases;

/// <summary>The curve on which a field on a grid takes a value, by marching squares:
/// crossings on the edges between neighbouring cells, joined inside each square.</summary>
/// <remarks>
/// Along a logarithmic axis log field is interpolated, along a linear one the field: so η λ over η, and a power law over a logarithmic
/// axis, are met exactly on the grid. Squares with a value that is not finite have no curve. In a saddle the high corners stay together.
/// </remarks>
internal static class LevelCurve
{
    /// <summary>The pieces of the curve, each a run of points.</summary>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="xs">Coordinates, rising.</param>
    /// <param name="ys">Coordinates, rising.</param>
    /// <param name="field">Positive values, [ys, xs].</param>
    /// <param name="level">A positive value.</param>
    public static IReadOnlyList<IReadOnlyList<(double X, double Y)>> Of(
        Axis x, Axis y, double[] xs, double[] ys, double[,] field, double level)
    {
        var segments = new List<((double X, double Y) From, (double X, double Y) To)>();
        for (int row = 0; row + 1 < ys.Length; row++)
        {
            for (int column = 0; column + 1 < xs.Length; column++)
            {
                // The edges of the square in turn: bottom, right, top, left.
                (double X, double Y)?[] edges =
                [
                    Along(column, row, column + 1, row), Along(column + 1, row, column + 1, row + 1),
                    Along(column, row + 1, column + 1, row + 1), Along(column, row, column, row + 1),
                ];
                (double X, double Y)[] met = [.. edges.OfType<(double X, double Y)>()];
                if (met.Length >= 2)
                    segments.Add(met.Length == 4 && field[row, column] < level ? (met[0], met[3]) : (met[0], met[1]));
                if (met.Length == 4)
                    segments.Add(field[row, column] < level ? (met[1], met[2]) : (met[2], met[3]));
            }
        }

        return Joined(segments);

        (double X, double Y)? Along(int c0, int r0, int c1, int r1) =>
            (
                r0 == r1
                    ? Crossing(x, xs[c0], xs[c1], field[r0, c0], field[r1, c1], level)
                    : Crossing(y, ys[r0], ys[r1], field[r0, c0], field[r1, c1], level)) is { } at
            ? r0 == r1 ? (at, ys[r0]) : (xs[c0], at)
            : null;
    }

    private static double? Crossing(Axis axis, double from, double to, double before, double after, double level)
    {
        if (!double.IsFinite(before) || !double.IsFinite(after) || (before < level) == (after < level))
            return null;
        if (axis.Scale != AxisScale.Logarithmic)
            return from + ((to - from) * (level - before) / (after - before));
        double share = Math.Log(level / before) / Math.Log(after / before);
        return from * Math.Pow(to / from, share);
    }

    // An edge is met at the same bits from both of its squares, so pieces join where ends are equal.
    private static List<List<(double X, double Y)>> Joined(List<((double X, double Y) From, (double X, double Y) To)> segments)
    {
        var pieces = new List<List<(double X, double Y)>>();
        while (segments.Count > 0)
        {
            var piece = new List<(double X, double Y)> { segments[0].From, segments[0].To };
            segments.RemoveAt(0);
            while (Next(segments, piece[^1]) is { } after)
                piece.Add(after);
            while (Next(segments, piece[0]) is { } before)
                piece.Insert(0, before);
            pieces.Add(piece);
        }

        return pieces;
    }

    private static (double X, double Y)? Next(List<((double X, double Y) From, (double X, double Y) To)> segments, (double X, double Y) end)
    {
        int at = segments.FindIndex(segment => segment.From == end || segment.To == end);
        if (at < 0)
            return null;
        var (from, to) = segments[at];
        segments.RemoveAt(at);
        return from == end ? to : from;
    }
}
