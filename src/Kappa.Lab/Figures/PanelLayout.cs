namespace Kappa.Lab.Figures;

/// <summary>The room a panel needs around its plot, in points.</summary>
internal sealed record PanelMargins(double Left, double Right, double Bottom, LegendPlace Legend);

/// <summary>A label with its place.</summary>
internal sealed record PlacedLabel(string Text, Box Box, string Colour);

/// <summary>A panel with everything in its place.</summary>
internal sealed class PanelLayout
{
    private readonly FigureSizes _sizes;

    internal PanelLayout(Axes axes, FigureSizes sizes, IReadOnlyCollection<string> namedEarlier)
    {
        (Axes, _sizes) = (axes, sizes);
        var (minX, maxX, minY, maxY, hasFloor) = SeriesPoints.Extent(axes);
        var padding = axes.Series.Any(s => s is HeatMapSeries or CellSeries) ? 0 : 0.04;
        X = axes.X.Scale == AxisScale.Categories ? Slots(axes.X) : AxisMap.Covering(axes.X, minX, maxX, padding);
        Y = axes.Y.Scale == AxisScale.Categories ? Slots(axes.Y) : AxisMap.Covering(axes.Y, minY, maxY, padding, hasFloor);
        HasData = minX <= maxX || minY <= maxY || hasFloor
            || axes.Series.Any(s => s is HeatMapSeries or CellSeries or FitSeries or IdentityLine);
        HeatMap = axes.Series.OfType<HeatMapSeries>().FirstOrDefault() is { } map ? new HeatMapColours(map) : null;
        var legend = Legend.Of(axes, sizes);
        if (legend.Entries.Any(e => !namedEarlier.Contains(e.Name))) Legend = legend;
    }

    internal Axes Axes { get; }

    internal AxisMap X { get; private set; }

    internal AxisMap Y { get; private set; }

    internal bool HasData { get; }

    internal Legend? Legend { get; }

    internal HeatMapColours? HeatMap { get; }

    internal TickSet XTicks { get; private set; } = new([], 0);

    internal TickSet YTicks { get; private set; } = new([], 0);

    internal CategoryLabels? XCategories { get; private set; }

    internal CategoryLabels? YCategories { get; private set; }

    internal TickSet? ColourTicks { get; private set; }

    internal PanelMargins Margins { get; private set; } = new(0, 0, 0, LegendPlace.None);

    internal Box Plot { get; private set; }

    /// <summary>The part of the figure that is the panel's: as wide as its column.</summary>
    internal Box Cell { get; private set; }

    /// <summary>The shaded line for values at or below the floor of the vertical axis; none when there are none.</summary>
    internal Box? FloorLine =>
        Y.ScaleLow is { } top ? new Box(Plot.X, Y.PositionAt(top), Plot.Width, Plot.Bottom - Y.PositionAt(top)) : null;

    internal Box LegendBox { get; private set; }

    internal int LegendColumns { get; private set; } = 1;

    internal List<PlacedLabel> Labels { get; } = [];

    /// <summary>Lines of the panel's title, which begins at the plot's left edge.</summary>
    internal List<string> TitleLines { get; private set; } = [];

    /// <summary>The room above the plot.</summary>
    internal double Top => (TitleLines.Count * _sizes.PanelTitle * TextMetrics.LineHeight) + 5;

    /// <summary>The distance from the plot's left edge to the centre of the vertical axis's label.</summary>
    internal double YLabelOffset { get; private set; }

    internal double ColourBarWidth => 1.2 * _sizes.Tick;

    /// <summary>Finds the room the panel needs in a cell of the given width with a plot of the given height.</summary>
    internal void Measure(double cellWidth, double plotHeight)
    {
        var left = MeasureLeft(cellWidth, plotHeight);
        var right = ColourBarRoom(plotHeight) + (0.8 * _sizes.Tick);
        var place = ChooseLegendPlace(new Box(0, 0, cellWidth - left - right, plotHeight), cellWidth);
        if (place == LegendPlace.Right) right += Legend!.Width(1) + 6;
        Margins = new PanelMargins(left, right, MeasureBottom(cellWidth - left - right), place);
    }

    /// <summary>Breaks the title into lines once the plot's left edge is known.</summary>
    internal void WrapTitle(double width) =>
        TitleLines = Axes.Title.Length == 0 ? [] : TextMetrics.Wrap(Axes.Title, _sizes.PanelTitle, width, bold: true);

    /// <summary>Fixes the plot's place and with it the ticks, the labels and the legend.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="cell">The cell that the panel may fill.</param>
    /// <param name="below">Where a legend below the plot goes.</param>
    internal void Place(Box plot, Box cell, Box below)
    {
        (Plot, Cell) = (plot, cell);
        _ = MeasureLeft(cell.Width, plot.Height);
        _ = MeasureBottom(plot.Width);
        PlaceMaps(plot);
        var occupancy = PanelOccupancy.Of(this);
        Labels.AddRange(LabelPlacement.Place(this, occupancy, _sizes));
        PlaceLegend(occupancy, below);
    }

    private void PlaceMaps(Box plot)
    {
        X = X with { Start = plot.X, End = plot.Right };
        // Categories on a vertical axis read from the top, values grow upwards.
        Y = Axes.Y.Scale == AxisScale.Categories
            ? Y with { Start = plot.Y, End = plot.Bottom }
            : Y with { Start = plot.Bottom, End = plot.Y };
    }

    private double MeasureLeft(double cellWidth, double plotHeight)
    {
        var label = 0.0;
        if (Axes.Y.Scale == AxisScale.Categories)
        {
            YCategories = CategoryLabels.BesideAxis(Axes.Categories, _sizes.Tick, 0.42 * cellWidth);
            label = YCategories.Extent;
        }
        else
        {
            YTicks = AxisTicks.For(Y, Math.Min(8, (int)(plotHeight / (2.4 * _sizes.Tick))));
            label = YTicks.Major.Select(t => TextMetrics.Width(t.Label, _sizes.Tick)).DefaultIfEmpty(0).Max();
        }

        YLabelOffset = 6 + label + 4 + (_sizes.Label / 2);
        return YTicks.Labelled(Axes.Y.Label).Length == 0 ? label + 8 : YLabelOffset + (_sizes.Label * 0.7);
    }

    private double MeasureBottom(double plotWidth)
    {
        var labels = _sizes.Tick * 1.1;
        if (Axes.X.Scale == AxisScale.Categories)
        {
            XCategories = CategoryLabels.UnderAxis(Axes.Categories, _sizes.Tick, plotWidth / Math.Max(1, Axes.Categories.Count));
            labels = XCategories.Extent;
        }
        else
        {
            XTicks = WidestFitting(plotWidth);
        }

        var title = XTicks.Labelled(Axes.X.Label);
        return 5 + labels + (title.Length == 0 ? 2 : _sizes.Label * 1.6);
    }

    /// <summary>The most ticks whose labels do not touch.</summary>
    private TickSet WidestFitting(double plotWidth)
    {
        var map = X with { Start = 0, End = plotWidth };
        if (Axes.X.Labelled is { } chosen) return Spaced(AxisTicks.For(map, 100 * chosen.Count), map);
        for (var count = 9; count > 2; count--)
        {
            var ticks = AxisTicks.For(map, count);
            if (!Touch(ticks, map)) return ticks;
        }

        return AxisTicks.For(map, 2);
    }

    /// <summary>Every tick, and from the left the labels that have half a letter's room to the one before.</summary>
    private TickSet Spaced(TickSet ticks, AxisMap map)
    {
        var end = double.NegativeInfinity;
        var spaced = new List<Tick>();
        foreach (var tick in ticks.Ticks)
        {
            var (centre, half) = (map.Position(tick.Value), TextMetrics.Width(tick.Label, _sizes.Tick) / 2);
            var isFar = centre - half >= end + (0.5 * _sizes.Tick);
            spaced.Add(isFar ? tick : tick with { Label = "" });
            if (isFar) end = centre + half;
        }

        return ticks with { Ticks = spaced };
    }

    private bool Touch(TickSet ticks, AxisMap map)
    {
        var end = double.NegativeInfinity;
        foreach (var tick in ticks.Major)
        {
            var (centre, width) = (map.Position(tick.Value), TextMetrics.Width(tick.Label, _sizes.Tick));
            if (centre - (width / 2) < end + (0.9 * _sizes.Tick)) return true;
            end = centre + (width / 2);
        }

        return false;
    }

    private double ColourBarRoom(double plotHeight)
    {
        if (HeatMap is null) return 0;
        ColourTicks = AxisTicks.For(HeatMap.Scale, Math.Min(8, (int)(plotHeight / (2.4 * _sizes.Tick))));
        var labels = ColourTicks.Major.Select(t => TextMetrics.Width(t.Label, _sizes.Tick)).DefaultIfEmpty(0).Max();
        return 8 + ColourBarWidth + 5 + labels + (_sizes.Label * 1.8);
    }

    private LegendPlace ChooseLegendPlace(Box plot, double cellWidth)
    {
        if (Legend is null) return LegendPlace.None;
        PlaceMaps(plot);
        Plot = plot;
        var occupancy = PanelOccupancy.Of(this);
        foreach (var label in LabelPlacement.Place(this, occupancy, _sizes)) occupancy.Take(label.Box);
        if (Legend.Candidates(plot).Any(c => occupancy.Taken(c.Box) == 0)) return LegendPlace.Inside;
        // Beside the plot as long as the plot keeps more than half of the cell.
        return plot.Width - Legend.Width(1) - 6 >= 0.55 * cellWidth && Legend.Height(1) <= plot.Height
            ? LegendPlace.Right
            : LegendPlace.Below;
    }

    private void PlaceLegend(Occupancy occupancy, Box below)
    {
        if (Legend is null) return;
        switch (Margins.Legend)
        {
            case LegendPlace.Right:
                LegendBox = new Box(Cell.Right - Legend.Width(1), Plot.Y, Legend.Width(1), Legend.Height(1));
                break;
            case LegendPlace.Below:
                LegendBox = below;
                break;
            default:
                foreach (var label in Labels) occupancy.Take(label.Box);
                var candidates = Legend.Candidates(Plot).ToList();
                LegendBox = occupancy.Freest(candidates.Select(c => c.Box)).Box;
                LegendColumns = candidates.First(c => c.Box == LegendBox).Columns;
                break;
        }
    }

    private AxisMap Slots(Axis axis) => new(axis, -0.5, Math.Max(1, Axes.Categories.Count) - 0.5);
}
