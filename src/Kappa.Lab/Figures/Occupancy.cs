namespace Kappa.Lab.Figures;

/// <summary>Which parts of a plot are taken, in square cells, so that labels and the legend can be put where nothing is.</summary>
internal sealed class Occupancy
{
    private const double Cell = 3; // points: finer than the smallest text is high

    private readonly Box _plot;
    private readonly int _columns;
    private readonly int _rows;
    private readonly bool[] _taken;

    internal Occupancy(Box plot)
    {
        _plot = plot;
        _columns = Math.Max(1, (int)Math.Ceiling(plot.Width / Cell));
        _rows = Math.Max(1, (int)Math.Ceiling(plot.Height / Cell));
        _taken = new bool[_columns * _rows];
    }

    internal void Take(PagePoint point)
    {
        var (column, row) = ((int)Math.Floor((point.X - _plot.X) / Cell), (int)Math.Floor((point.Y - _plot.Y) / Cell));
        if (column >= 0 && column < _columns && row >= 0 && row < _rows) _taken[(row * _columns) + column] = true;
    }

    internal void Take(IReadOnlyList<PagePoint> polyline)
    {
        foreach (var point in polyline) Take(point);
        for (var i = 1; i < polyline.Count; i++) TakeSegment(polyline[i - 1], polyline[i]);
    }

    internal void Take(Box box)
    {
        for (var y = box.Y; y <= box.Bottom; y += Cell)
        {
            for (var x = box.X; x <= box.Right; x += Cell) Take(new PagePoint(x, y));
        }
    }

    /// <summary>How much of a box is taken, between 0 and 1.</summary>
    internal double Taken(Box box)
    {
        var (left, right) = (Math.Max(0, (int)((box.X - _plot.X) / Cell)), Math.Min(_columns - 1, (int)((box.Right - _plot.X) / Cell)));
        var (top, bottom) = (Math.Max(0, (int)((box.Y - _plot.Y) / Cell)), Math.Min(_rows - 1, (int)((box.Bottom - _plot.Y) / Cell)));
        var (taken, cells) = (0, 0);
        for (var row = top; row <= bottom; row++)
        {
            for (var column = left; column <= right; column++)
            {
                cells++;
                if (_taken[(row * _columns) + column]) taken++;
            }
        }

        return cells == 0 ? 0 : taken / (double)cells;
    }

    /// <summary>The first of the candidates that is least taken, and how much it is.</summary>
    internal (Box Box, double Taken) Freest(IEnumerable<Box> candidates)
    {
        var (best, least) = (default(Box), double.PositiveInfinity);
        foreach (var candidate in candidates)
        {
            var taken = Taken(candidate);
            if (taken < least) (best, least) = (candidate, taken);
            if (least == 0) break;
        }

        return (best, least);
    }

    private void TakeSegment(PagePoint from, PagePoint to)
    {
        // Only the part inside the plot matters; a segment may come from 1e5 points away.
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var (enter, leave) = (0.0, 1.0);
        if (!Clip(-dx, from.X - _plot.X, ref enter, ref leave) || !Clip(dx, _plot.Right - from.X, ref enter, ref leave)
            || !Clip(-dy, from.Y - _plot.Y, ref enter, ref leave) || !Clip(dy, _plot.Bottom - from.Y, ref enter, ref leave)) return;
        var steps = (int)Math.Ceiling((leave - enter) * double.Hypot(dx, dy) / (Cell / 2)) + 1;
        for (var i = 0; i <= steps; i++)
        {
            var t = enter + ((leave - enter) * i / steps);
            Take(new PagePoint(from.X + (t * dx), from.Y + (t * dy)));
        }
    }

    /// <summary>Liang–Barsky: shortens [enter, leave] to the side of one border where denominator · t ≤ numerator.</summary>
    private static bool Clip(double denominator, double numerator, ref double enter, ref double leave)
    {
        if (denominator == 0) return numerator >= 0;
        var t = numerator / denominator;
        if (denominator < 0) enter = Math.Max(enter, t); else leave = Math.Min(leave, t);
        return enter <= leave;
    }
}
