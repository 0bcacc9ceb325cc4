namespace Kappa.Lab.Figures;

/// <summary>One category's mark on the page: its centre and the ends of its range
/// (each absent when it cannot be shown) and the slot's thickness.</summary>
internal readonly record struct CategoryMark(
    double Across, double? Centre, double? Low, double? High, double Thickness, bool Vertical)
{
    /// <summary>The part of the page it covers.</summary>
    internal Box Extent
    {
        get
        {
            var any = Centre ?? Low ?? High ?? 0;
            var (low, high) = (Low ?? any, High ?? any);
            var (from, to) = (Math.Min(low, high), Math.Max(low, high));
            return Vertical
                ? new Box(Across - (Thickness / 2), from, Thickness, to - from)
                : new Box(from, Across - (Thickness / 2), to - from, Thickness);
        }
    }

    internal PagePoint At(double along) => Vertical ? new PagePoint(Across, along) : new PagePoint(along, Across);
}

/// <summary>Places intervals: series that share a panel stand side by side within each slot.</summary>
internal static class CategoryMarks
{
    internal static List<CategoryMark> Of(IntervalSeries series, PanelLayout panel)
    {
        var vertical = panel.Axes.X.Scale == AxisScale.Categories;
        var (slots, values) = vertical ? (panel.X, panel.Y) : (panel.Y, panel.X);
        var (share, offset) = (Share(panel.Axes), Offset(series, panel.Axes));
        var thickness = Math.Abs(slots.PositionAt(share) - slots.PositionAt(0));
        var marks = new List<CategoryMark>();
        for (var i = 0; i < series.Categories.Length; i++)
        {
            var slot = SeriesPoints.Slot(panel.Axes, series.Categories[i]);
            double? Position(double v) => values.CanShow(v) ? values.Position(v) : null;
            var mark = new CategoryMark(
                slots.PositionAt(slot + offset), Position(series.Centres[i]), Position(series.Lows[i]), Position(series.Highs[i]),
                thickness, vertical);
            if ((mark.Centre ?? mark.Low ?? mark.High) is not null) marks.Add(mark);
        }

        return marks;
    }

    /// <summary>The part of a slot that one series fills; the rest separates the categories.</summary>
    internal static double Share(Axes axes) => 0.7 / Math.Max(1, Names(axes).Count);

    /// <summary>How far a series stands from the middle of each slot, in slots.</summary>
    internal static double Offset(Series series, Axes axes)
    {
        var names = Names(axes);
        return (names.IndexOf(series.Name) - ((names.Count - 1) / 2.0)) * Share(axes);
    }

    private static List<string> Names(Axes axes) => [.. axes.Series.OfType<IntervalSeries>().Select(s => s.Name).Distinct()];
}
