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

    private static void KeepInOrder(List<int> kept, params ReadOnlySpan<int> increasing)
    {
        foreach (var index in increasing)
        {
            if (kept.Count == 0 || kept[^1] < index) kept.Add(index);
        }
    }
}
