namespace Kappa.Lab.Figures;

/// <summary>A point on the page, in points from the top left.</summary>
internal readonly record struct PagePoint(double X, double Y);

/// <summary>A rectangle on the page, in points from the top left.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    internal double Right => X + Width;

    internal double Bottom => Y + Height;
}

/// <summary>Turns series into page geometry: gaps where a point cannot be shown, thinned to what the page resolves.</summary>
internal static class Geometry
{
    /// <summary>The unbroken pieces of a line.</summary>
    internal static List<List<PagePoint>> Pieces(double[] xs, double[] ys, AxisMap x, AxisMap y)
    {
        var pieces = new List<List<PagePoint>>();
        var start = 0;
        while (start < xs.Length)
        {
            var end = start;
            while (end < xs.Length && x.CanShow(xs[end]) && y.CanShow(ys[end])) end++;
            if (end > start) pieces.Add(Thinned(xs.AsSpan(start..end), ys.AsSpan(start..end), x, y));
            start = end + 1;
        }

        return pieces;
    }

    /// <summary>The unbroken pieces of a band: forward along the lower curve, back along the upper.</summary>
    internal static List<(List<PagePoint> Low, List<PagePoint> High)> Bands(BandSeries band, AxisMap x, AxisMap y)
    {
        bool Shown(int i) => x.CanShow(band.Xs[i]) && y.CanShow(band.Low[i]) && y.CanShow(band.High[i]);
        var pieces = new List<(List<PagePoint>, List<PagePoint>)>();
        var start = 0;
        while (start < band.Xs.Length)
        {
            var end = start;
            while (end < band.Xs.Length && Shown(end)) end++;
            if (end > start)
            {
                var xs = band.Xs.AsSpan(start..end);
                pieces.Add((Thinned(xs, band.Low.AsSpan(start..end), x, y), Thinned(xs, band.High.AsSpan(start..end), x, y)));
            }

            start = end + 1;
        }

        return pieces;
    }

    /// <summary>The showable points of a scatter.</summary>
    internal static List<PagePoint> Points(double[] xs, double[] ys, AxisMap x, AxisMap y)
    {
        var points = new List<PagePoint>();
        for (var i = 0; i < xs.Length; i++)
        {
            if (x.CanShow(xs[i]) && y.CanShow(ys[i]) && x.Contains(xs[i]) && y.Contains(ys[i]))
                points.Add(new PagePoint(x.Position(xs[i]), y.Position(ys[i])));
        }

        return points;
    }

    /// <summary>A fitted line and its band, sampled because either axis may be logarithmic.</summary>
    internal static (double[] Xs, double[] Centre, double[] Low, double[] High) Sampled(FitSeries fit, AxisMap x, AxisMap y)
    {
        const int samples = 65; // straight lines on matching scales need two; the interval band is a hyperbola
        var (from, to) = (fit.From ?? x.ValueAt(0), fit.To ?? x.ValueAt(1));
        double[] xs = new double[samples], centre = new double[samples], low = new double[samples], high = new double[samples];
        for (var i = 0; i < samples; i++)
        {
            var weight = i / (samples - 1.0);
            xs[i] = x.Axis.Scale == AxisScale.Logarithmic
                ? Math.Exp((Math.Log(from) * (1 - weight)) + (Math.Log(to) * weight))
                : (from * (1 - weight)) + (to * weight);
            var (value, halfWidth) = fit.At(x.Axis.Scale == AxisScale.Logarithmic ? Math.Log(xs[i]) : xs[i]);
            double Back(double u) => y.Axis.Scale == AxisScale.Logarithmic ? Math.Exp(u) : u;
            (centre[i], low[i], high[i]) = (Back(value), Back(value - halfWidth), Back(value + halfWidth));
        }

        return (xs, centre, low, high);
    }

    private static List<PagePoint> Thinned(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, AxisMap x, AxisMap y)
    {
        double[] across = new double[xs.Length], down = new double[xs.Length];
        for (var i = 0; i < xs.Length; i++) (across[i], down[i]) = (x.Position(xs[i]), y.Position(ys[i]));
        return Decimation.Straighten(Decimation.Keep(across, down), across, down).ConvertAll(i => new PagePoint(across[i], down[i]));
    }
}
