namespace Kappa.Lab.Figures;

/// <summary>A cell of a heat map that spans columns From to To (inclusive) of one row; no colour means the value cannot be shown.</summary>
internal readonly record struct HeatCell(int Row, int From, int To, double? Fraction);

/// <summary>The colour scale of a heat map and its cells, merged where neighbours look the same.</summary>
internal sealed class HeatMapColours
{
    /// <summary>Shades told apart; neighbours of the same shade become one cell.</summary>
    private const int Shades = 96;

    private readonly HeatMapSeries _map;

    internal HeatMapColours(HeatMapSeries map)
    {
        _map = map;
        var (minimum, maximum) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in map.Values)
        {
            if (!map.Colour.CanShow(value))
            {
                Missing++;
                continue;
            }

            (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        }

        Scale = AxisMap.Covering(map.Colour, minimum, maximum, 0);
    }

    internal AxisMap Scale { get; }

    /// <summary>Cells without a place on the colour scale.</summary>
    internal int Missing { get; }

    internal HeatMapSeries Map => _map;

    /// <summary>How many columns share a drawn cell on a plot of the given width: no cell is narrower than half a point.</summary>
    internal int ColumnsPerCell(double plotWidth) => Math.Max(1, (int)Math.Floor(_map.Xs.Length * 0.5 / plotWidth));

    /// <summary>
    /// The cells to draw. Columns that share a cell show the value farthest from the middle of the colour scale among them, so that a
    /// spike of one step survives.
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

    private double? Shade(int row, int first, int count)
    {
        double? farthest = null;
        for (var column = first; column < Math.Min(first + count, _map.Xs.Length); column++)
        {
            var value = _map.Values[row, column];
            if (!_map.Colour.CanShow(value)) continue;
            var fraction = Scale.FractionAt(Scale.Coordinate(value));
            if (farthest is null || Math.Abs(fraction - 0.5) > Math.Abs(farthest.Value - 0.5)) farthest = fraction;
        }

        return farthest is null ? null : Math.Round(farthest.Value * (Shades - 1)) / (Shades - 1);
    }
}
