namespace Kappa.Lab.Figures;

/// <summary>A cell of a heat map that spans columns From to To (inclusive) of one row; no colour means the value cannot be shown.</summary>
internal readonly record struct HeatCell(int Row, int From, int To, double? Fraction);

/// <summary>The colour scale of a heat map and its cells, merged where neighbours look the same.</summary>
internal sealed class HeatMapColours
{
    /// <summary>Shades told apart; neighbours of the same shade become one cell.</summary>
    private const int Shades = 96;

    private readonly HeatMapSeries _map;

    /// <summary>The median of the values on the colour scale, 0 to 1.</summary>
    private readonly double _median;

    internal HeatMapColours(HeatMapSeries map)
    {
        _map = map;
        double[] shown = [.. map.Values.Cast<double>().Where(map.Colour.CanShow).Order()];
        Missing = map.Values.Length - shown.Length;
        var (minimum, maximum) = shown.Length == 0 ? (double.PositiveInfinity, double.NegativeInfinity) : (shown[0], shown[^1]);
        Scale = AxisMap.Covering(map.Colour, minimum, maximum, 0);
        _median = shown.Length == 0 ? 0 : Scale.FractionAt(Scale.Coordinate(shown[shown.Length / 2]));
    }

    internal AxisMap Scale { get; }

    /// <summary>Cells without a place on the colour scale.</summary>
    internal int Missing { get; }

    internal HeatMapSeries Map => _map;

    /// <summary>How many columns share a drawn cell on a plot of the given width: no cell is narrower than half a point.</summary>
    internal int ColumnsPerCell(double plotWidth) => Math.Max(1, (int)Math.Floor(_map.Xs.Length * 0.5 / plotWidth));

    /// <summary>
    /// The cells to draw. Columns that share a cell show the one value farthest from the map's median, so that a spike of one step
    /// survives.
    /// </summary>
    internal IEnumerable<HeatCell> Cells(double plotWidth)
    {
        var block = ColumnsPerCell(plotWidth);
        for (var row = 0; row < _map.Ys.Length; row++)
        {
            HeatCell? open = null;
            for (var column = 0; column < _map.Xs.Length; column += block)
            {
                var next = new HeatCell(row, column, Math.Min(column + block, _map.Xs.Length) - 1, Shade(row, column, block));
                if (open is { } cell && cell.Fraction == next.Fraction) next = cell with { To = next.To };
                else if (open is { } done) yield return done;
                open = next;
            }

            if (open is { } last) yield return last;
        }
    }

    /// <summary>Of the columns that share a cell the value farthest from the
    /// map's median on the colour scale; none when none can be shown.</summary>
    internal double? Representative(int row, int first, int count)
    {
        var (chosen, farthest) = ((double?)null, -1.0);
        for (var column = first; column < Math.Min(first + count, _map.Xs.Length); column++)
        {
            var value = _map.Values[row, column];
            if (!_map.Colour.CanShow(value)) continue;
            var distance = Math.Abs(Scale.FractionAt(Scale.Coordinate(value)) - _median);
            if (distance > farthest) (chosen, farthest) = (value, distance);
        }

        return chosen;
    }

    private double? Shade(int row, int first, int count) =>
        Representative(row, first, count) is { } value
            ? Math.Round(Scale.FractionAt(Scale.Coordinate(value)) * (Shades - 1)) / (Shades - 1)
            : null;
}
