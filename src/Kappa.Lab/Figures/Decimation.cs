namespace Kappa.Lab.Figures;

/// <summary>Thins a long line to what a page can resolve without losing an extreme.</summary>
/// <remarks>
/// Consecutive points that fall into the same column of the page are replaced by their first, lowest, highest and last, in order.
/// The thinned polyline covers the same dots as the full one, because within a column it spans the same range and enters and leaves
/// at the same points (U. Jugel et al., "M4: a visualization-oriented time series data aggregation", VLDB 2014).
/// </remarks>
internal static class Decimation
{
    /// <summary>The width of a column in points: 1/144 in, two dots at 288 dots per inch.</summary>
    internal const double ColumnWidth = 0.5;

    /// <summary>How far a straightened line may lie from a point it leaves out: 1/3600 in, below the dot of any printer.</summary>
    internal const double Tolerance = 0.02;

    /// <summary>Bounds the quadratic cost of finding a chord.</summary>
    private const int LongestChord = 64;

    /// <summary>The indices to keep, increasing.</summary>
    /// <param name="positions">Horizontal positions in points.</param>
    /// <param name="heights">Vertical positions in points.</param>
    internal static List<int> Keep(ReadOnlySpan<double> positions, ReadOnlySpan<double> heights)
    {
        var kept = new List<int>();
        var start = 0;
        while (start < positions.Length)
        {
            var column = Math.Floor(positions[start] / ColumnWidth);
            var (end, lowest, highest) = (start, start, start);
            while (end + 1 < positions.Length && Math.Floor(positions[end + 1] / ColumnWidth) == column)
            {
                end++;
                if (heights[end] < heights[lowest]) lowest = end;
                if (heights[end] > heights[highest]) highest = end;
            }

            KeepInOrder(kept, start, Math.Min(lowest, highest), Math.Max(lowest, highest), end);
            start = end + 1;
        }

        return kept;
    }

    /// <summary>
    /// Of the given points those that a line needs to stay within <see cref="Tolerance"/> of every one left out: from each kept point
    /// the longest chord is taken whose skipped points lie that close to it.
    /// </summary>
    internal static List<int> Straighten(List<int> indices, ReadOnlySpan<double> positions, ReadOnlySpan<double> heights)
    {
        var kept = new List<int>();
        var anchor = 0;
        while (anchor < indices.Count)
        {
            kept.Add(indices[anchor]);
            var end = anchor + 1;
            while (end + 1 < indices.Count && end - anchor < LongestChord && IsClose(indices, anchor, end + 1, positions, heights)) end++;
            anchor = end;
        }

        return kept;
    }

    private static bool IsClose(List<int> indices, int from, int to, ReadOnlySpan<double> positions, ReadOnlySpan<double> heights)
    {
        var (x, y) = (positions[indices[from]], heights[indices[from]]);
        var (dx, dy) = (positions[indices[to]] - x, heights[indices[to]] - y);
        var length = double.Hypot(dx, dy);
        for (var i = from + 1; i < to; i++)
        {
            var (px, py) = (positions[indices[i]] - x, heights[indices[i]] - y);
            var along = (px * dx) + (py * dy);
            // Outside the chord's ends the distance to its line says nothing: a line that turns back is kept.
            if (along < 0 || along > length * length || Math.Abs((px * dy) - (py * dx)) > Tolerance * length) return false;
        }

        return true;
    }

    private static void KeepInOrder(List<int> kept, params ReadOnlySpan<int> increasing)
    {
        foreach (var index in increasing)
        {
            if (kept.Count == 0 || kept[^1] < index) kept.Add(index);
        }
    }
}
