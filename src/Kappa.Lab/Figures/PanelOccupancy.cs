namespace Kappa.Lab.Figures;

/// <summary>Marks what a panel's series cover.</summary>
internal static class PanelOccupancy
{
    internal static Occupancy Of(PanelLayout panel)
    {
        var occupancy = new Occupancy(panel.Plot);
        foreach (var series in panel.Axes.Series) Take(occupancy, series, panel);
        return occupancy;
    }

    private static void Take(Occupancy occupancy, Series series, PanelLayout panel)
    {
        var (x, y, plot) = (panel.X, panel.Y, panel.Plot);
        switch (series)
        {
            case LineSeries s:
                Geometry.Pieces(s.Xs, s.Ys, x, y).ForEach(occupancy.Take);
                break;
            case ScatterSeries s:
                foreach (var point in Geometry.Points(s.Xs, s.Ys, x, y)) occupancy.Take(new Box(point.X - 3, point.Y - 3, 6, 6));
                break;
            case BandSeries s:
                foreach (var (low, high) in Geometry.Bands(s, x, y)) TakeBand(occupancy, low, high);
                break;
            case FitSeries s:
                var fit = Geometry.Sampled(s, x, y);
                Geometry.Pieces(fit.Xs, fit.Centre, x, y).ForEach(occupancy.Take);
                break;
            case HeatMapSeries or CellSeries:
                occupancy.Take(plot);
                break;
            case ReferenceLine { Horizontal: true } s when y.Axis.CanShow(s.Value):
                occupancy.Take([new PagePoint(plot.X, y.Position(s.Value)), new PagePoint(plot.Right, y.Position(s.Value))]);
                break;
            case ReferenceLine { Horizontal: false } s when x.Axis.CanShow(s.Value):
                occupancy.Take([new PagePoint(x.Position(s.Value), plot.Y), new PagePoint(x.Position(s.Value), plot.Bottom)]);
                break;
            case IntervalSeries s:
                foreach (var mark in CategoryMarks.Of(s, panel)) occupancy.Take(mark.Extent);
                break;
            default:
                break;
        }
    }

    private static void TakeBand(Occupancy occupancy, List<PagePoint> low, List<PagePoint> high)
    {
        occupancy.Take(low);
        occupancy.Take(high);
        // Between the curves: verticals from the nearest vertices, close enough for a legend that needs whole free cells.
        var j = 0;
        foreach (var point in low)
        {
            while (j + 1 < high.Count && high[j].X < point.X) j++;
            occupancy.Take([point, high[j]]);
        }
    }
}
