namespace Kappa.Lab.Figures;

/// <summary>The labels of a category axis: each in lines, or turned when they are too wide for their slots.</summary>
/// <param name="Lines">The lines of each label.</param>
/// <param name="Turned">Whether the labels are turned by <see cref="Angle"/>.</param>
/// <param name="Extent">The room across the axis, in points.</param>
internal sealed record CategoryLabels(IReadOnlyList<IReadOnlyList<string>> Lines, bool Turned, double Extent)
{
    /// <summary>The slant of turned labels in degrees.</summary>
    internal const double Angle = 40;

    internal static CategoryLabels UnderAxis(IReadOnlyList<string> categories, double size, double slot)
    {
        var wrapped = categories.Select(c => (IReadOnlyList<string>)TextMetrics.Wrap(c, size, slot - 4)).ToList();
        var words = categories.SelectMany(c => c.Split(' ')).Select(w => TextMetrics.Width(w, size)).DefaultIfEmpty(0).Max();
        if (words <= slot - 4 && wrapped.All(l => l.Count <= 3))
            return new CategoryLabels(wrapped, false, wrapped.Select(l => l.Count).DefaultIfEmpty(1).Max() * size * 1.2);
        var shortened = categories.Select(c => TextMetrics.Shortened(c, size, 16 * size)).ToList();
        var longest = shortened.Max(c => TextMetrics.Width(c, size));
        var radians = Angle * Math.PI / 180;
        return new CategoryLabels(
            [.. shortened.Select(c => (IReadOnlyList<string>)[c])], true, (longest * Math.Sin(radians)) + (size * Math.Cos(radians)));
    }

    internal static CategoryLabels BesideAxis(IReadOnlyList<string> categories, double size, double room)
    {
        var lines = categories.Select(c => (IReadOnlyList<string>)Limited(TextMetrics.Wrap(c, size, room), size, room)).ToList();
        return new CategoryLabels(lines, false, lines.SelectMany(l => l).Select(l => TextMetrics.Width(l, size)).DefaultIfEmpty(0).Max());
    }

    private static List<string> Limited(List<string> lines, double size, double room) =>
        lines.Count <= 2 ? lines : [lines[0], TextMetrics.Shortened(string.Join(' ', lines.Skip(1)), size, room)];
}
