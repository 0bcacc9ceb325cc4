namespace Kappa.Lab.Figures;

/// <summary>How many points of one name a panel was given and how many it cannot draw, and why.</summary>
internal sealed record DrawnCount(string Name, int Total, int NotFinite, int NotPositive, int AtFloor, int Outside);

/// <summary>The points a series asks a panel to show, with categories as slot indices.</summary>
internal static class SeriesPoints
{
    /// <summary>The points that the limits of the axes must hold.</summary>
    internal static IEnumerable<(double X, double Y)> Of(Series series, Axes axes) => series switch
    {
        LineSeries s => Pairs(s.Xs, s.Ys),
        SurfacePathSeries s => Pairs(s.Xs, s.Ys),
        ScatterSeries s => Pairs(s.Xs, s.Ys),
        BandSeries s => Pairs(s.Xs, s.Low).Concat(Pairs(s.Xs, s.High)),
        IntervalSeries s => Slots(s.Categories, axes, s.Centres, s.Lows, s.Highs),
        _ => [],
    };

    /// <summary>The smallest and largest value on the scale of either axis, minimum above maximum
    /// when there is none, and whether values lie on the floor of the vertical one.</summary>
    internal static (double MinX, double MaxX, double MinY, double MaxY, bool HasFloor) Extent(Axes axes)
    {
        var (x, y) = (new DataRange(axes.X), new DataRange(axes.Y));
        var hasFloor = false;
        foreach (var series in axes.Series)
        {
            foreach (var (px, py) in Of(series, axes).Where(p => axes.X.CanShow(p.X) && (axes.Y.CanShow(p.Y) || axes.Y.IsAtFloor(p.Y))))
            {
                x.Include(px);
                if (axes.Y.IsAtFloor(py)) hasFloor = true;
                else y.Include(py);
            }

            if (series is ReferenceLine { Horizontal: true } across) y.Include(across.Value);
            if (series is ReferenceLine { Horizontal: false } up) x.Include(up.Value);
            if (series is HeatMapSeries map) IncludeEdges(map.Xs, map.Ys, axes, x, y);
            if (series is CellSeries cells) IncludeEdges(cells.Xs, cells.Ys, axes, x, y);
        }

        return (x.Minimum, x.Maximum, y.Minimum, y.Maximum, hasFloor);
    }

    internal static IEnumerable<DrawnCount> Counts(Axes axes, AxisMap x, AxisMap y) =>
        axes.Series.GroupBy(s => s.Name).Select(g => Count(g.Key, g.SelectMany(s => Of(s, axes)), x, y));

    /// <summary>The coordinates of cell edges: halfway between centres on the axis's own scale, and as far beyond the outer ones.</summary>
    internal static double[] Edges(double[] centres, Axis axis)
    {
        double To(double v) => axis.Scale == AxisScale.Logarithmic ? Math.Log10(v) : v;
        double Back(double c) => axis.Scale == AxisScale.Logarithmic ? Math.Pow(10, c) : c;
        if (centres.Length == 1) return [Back(To(centres[0]) - 0.5), Back(To(centres[0]) + 0.5)];
        var edges = new double[centres.Length + 1];
        for (var i = 1; i < centres.Length; i++) edges[i] = Back((To(centres[i - 1]) / 2) + (To(centres[i]) / 2));
        edges[0] = Back(To(centres[0]) - ((To(centres[1]) / 2) - (To(centres[0]) / 2)));
        edges[^1] = Back(To(centres[^1]) + ((To(centres[^1]) / 2) - (To(centres[^2]) / 2)));
        return edges;
    }

    private static DrawnCount Count(string name, IEnumerable<(double X, double Y)> points, AxisMap x, AxisMap y)
    {
        var (total, notFinite, notPositive, atFloor, outside) = (0, 0, 0, 0, 0);
        foreach (var (px, py) in points)
        {
            total++;
            if (!double.IsFinite(px) || !double.IsFinite(py)) notFinite++;
            else if (!x.CanShow(px) || !y.CanShow(py)) notPositive++;
            else if (y.ScaleLow is not null && y.Axis.IsAtFloor(py)) atFloor++;
            else if (!x.Contains(px) || !y.Contains(py)) outside++;
        }

        return new DrawnCount(name, total, notFinite, notPositive, atFloor, outside);
    }

    private static void IncludeEdges(double[] xs, double[] ys, Axes axes, DataRange x, DataRange y)
    {
        var (columns, rows) = (Edges(xs, axes.X), Edges(ys, axes.Y));
        x.Include(columns[0]);
        x.Include(columns[^1]);
        y.Include(rows[0]);
        y.Include(rows[^1]);
    }

    private static IEnumerable<(double X, double Y)> Pairs(double[] xs, double[] ys) => xs.Select((x, i) => (x, ys[i]));

    private static IEnumerable<(double X, double Y)> Slots(string[] categories, Axes axes, params double[][] values)
    {
        var horizontal = axes.Y.Scale == AxisScale.Categories;
        foreach (var column in values)
        {
            for (var i = 0; i < column.Length; i++)
            {
                var slot = Slot(axes, categories[i]);
                yield return horizontal ? (column[i], slot) : (slot, column[i]);
            }
        }
    }

    internal static int Slot(Axes axes, string category)
    {
        for (var i = 0; i < axes.Categories.Count; i++)
        {
            if (axes.Categories[i] == category) return i;
        }

        return -1;
    }

    private sealed class DataRange(Axis axis)
    {
        internal double Minimum { get; private set; } = double.PositiveInfinity;

        internal double Maximum { get; private set; } = double.NegativeInfinity;

        internal void Include(double value)
        {
            if (!axis.CanShow(value)) return;
            Minimum = Math.Min(Minimum, value);
            Maximum = Math.Max(Maximum, value);
        }
    }
}
