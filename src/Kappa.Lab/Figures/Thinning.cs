namespace Kappa.Lab.Figures;

/// <summary>What is left out of a picture: points of lines that the page does not resolve, and all but some of many items.</summary>
internal static class Thinning
{
    /// <summary>Whether points of a line or a band are left out of the picture. Straight
    /// pieces drawn by their ends do not count: nothing of them is lost.</summary>
    internal static bool IsThinned(PanelLayout panel) => panel.Axes.Series.Any(series => series switch
    {
        LineSeries line => IsThinned(line.Xs, line.Ys, panel),
        BandSeries band => IsThinned(band.Xs, band.Low, panel) || IsThinned(band.Xs, band.High, panel),
        _ => false,
    });

    /// <summary>At most so many of the items, first and last included, evenly apart.</summary>
    internal static List<T> Even<T>(IReadOnlyList<T> items, int most) => items.Count <= most ? [.. items]
        : [.. Enumerable.Range(0, most).Select(k => items[(int)Math.Round((double)k * (items.Count - 1) / (most - 1))])];

    private static bool IsThinned(double[] xs, double[] ys, PanelLayout panel)
    {
        // Fewer points than columns of the page: none can be lost by column, unless several share one, which a path may do on purpose.
        int[] shown = [.. Enumerable.Range(0, xs.Length).Where(i => panel.X.CanShow(xs[i]) && panel.Y.CanShow(ys[i]))];
        double[] across = [.. shown.Select(i => panel.X.Position(xs[i]))], down = [.. shown.Select(i => panel.Y.Position(ys[i]))];
        return Decimation.Keep(across, down).Count < shown.Length;
    }
}
