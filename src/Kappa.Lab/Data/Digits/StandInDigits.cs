using System.Globalization;
using Kappa.Lab.Data.Drawing;
using Kappa.Lab.Data.Labelled;

namespace Kappa.Lab.Data.Digits;

/// <summary>The stand-in for MNIST: digits of our own drawing, 28 × 28, each written in one of
/// two ways and bent, turned, slanted, stretched, shifted and thickened at random.</summary>
/// <remarks>
/// Not MNIST, and no imitation of its statistics: accuracies on it say nothing about accuracies there. Picture i shows digit d with the
/// digits of every ten pictures in random order, so multiples of ten are exactly balanced; it depends on seed and i only. Streams:
/// <c>data.digits.i</c>, <c>data.digits.labels</c>.
/// </remarks>
internal static class StandInDigits
{
    /// <summary>Rows and columns, as in MNIST.</summary>
    internal const int Size = 28;

    /// <summary>Number of classes.</summary>
    internal const int Digits = 10;

    // The jitter, chosen by eye on the contact sheet so that every digit can be read.
    private const double BoxSide = 20;
    private const double Bend = 0.045;
    private const double LargestTurn = 0.3;
    private const double LargestSlant = 0.3;
    private const double SmallestStretch = 0.7;
    private const double LargestShift = 2.5;
    private const double ThinnestRadius = 0.7;
    private const double ThickestRadius = 1.6;
    private const double DarkestInk = 0.75;
    private const int PiecesPerSpan = 8;

    /// <summary>Draws digits.</summary>
    /// <param name="count">N, a multiple of ten.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentOutOfRangeException">N is no positive multiple of ten.</exception>
    internal static LabelledImages Create(int count, long seed)
    {
        if (count < Digits || count % Digits != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"The number of digits must be a multiple of {Digits}, as many of each, but is {count}.");
        }

        byte[] pixels = new byte[(long)count * Size * Size];
        int[] labels = Labels(count, seed);
        for (int picture = 0; picture < count; picture++)
        {
            RandomDraws draws = new(seed, string.Create(CultureInfo.InvariantCulture, $"data.digits.{picture}"));
            Paint(labels[picture], draws, pixels.AsSpan(picture * Size * Size, Size * Size));
        }

        return new LabelledImages(
            Size, Size, pixels, labels, Digits,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Stand-in digits (own strokes, not MNIST): {count} pictures of {Size} x {Size}, seed {seed}"));
    }

    private static int[] Labels(int count, long seed)
    {
        RandomDraws draws = new(seed, "data.digits.labels");
        int[] labels = [.. Enumerable.Range(0, count).Select(k => k % Digits)];
        for (int start = 0; start < count; start += Digits)
        {
            draws.Shuffle(labels.AsSpan(start, Digits));
        }

        return labels;
    }

    private static void Paint(int digit, RandomDraws draws, Span<byte> pixels)
    {
        Point[][] strokes = draws.Choose(DigitShapes.Ways[digit]);
        PlaneMap map = PlaneMap.Draw(draws);
        double radius = draws.Between(ThinnestRadius, ThickestRadius);
        StrokeRaster raster = new(Size, Size);
        foreach (Point[] stroke in strokes)
        {
            Point[] bent = [
                .. stroke.Select(point =>
                    map.Apply(new Point(point.X + draws.Between(-Bend, Bend), point.Y + draws.Between(-Bend, Bend))))];
            AddCurve(raster, bent, radius);
        }

        raster.Paint(pixels, draws.Between(DarkestInk, 1));
    }

    private static void AddCurve(StrokeRaster raster, Point[] points, double radius)
    {
        Point last = points[0];
        for (int span = 0; span + 1 < points.Length; span++)
        {
            for (int piece = 1; piece <= PiecesPerSpan; piece++)
            {
                Point next = OnCurve(points, span, piece / (double)PiecesPerSpan);
                raster.Add(new Segment(last, next), radius);
                last = next;
            }
        }
    }

    // The Catmull–Rom cubic from points[span] to points[span + 1]: through both, parallel there to the lines between their neighbours.
    private static Point OnCurve(Point[] points, int span, double t)
    {
        Point before = points[Math.Max(0, span - 1)], from = points[span], to = points[span + 1],
            after = points[Math.Min(points.Length - 1, span + 2)];
        double a = ((-t + 2) * t - 1) * t / 2, b = (((3 * t) - 5) * t * t + 2) / 2, c = ((((-3 * t) + 4) * t) + 1) * t / 2,
            d = (t - 1) * t * t / 2;
        return new Point(
            (a * before.X) + (b * from.X) + (c * to.X) + (d * after.X),
            (a * before.Y) + (b * from.Y) + (c * to.Y) + (d * after.Y));
    }

    /// <summary>Unit square to pixels: stretch, slant, turn about the middle, then shift.</summary>
    private readonly record struct PlaneMap(double StretchX, double StretchY, double Slant, double Turn, Point Middle)
    {
        internal static PlaneMap Draw(RandomDraws draws) => new(
            BoxSide * draws.Between(SmallestStretch, 1),
            BoxSide * draws.Between(SmallestStretch, 1),
            draws.Between(-LargestSlant, LargestSlant),
            draws.Between(-LargestTurn, LargestTurn),
            new Point(
                (Size / 2.0) + draws.Between(-LargestShift, LargestShift), (Size / 2.0) + draws.Between(-LargestShift, LargestShift)));

        internal Point Apply(Point point)
        {
            double y = StretchY * (point.Y - 0.5);
            double x = (StretchX * (point.X - 0.5)) + (Slant * y);
            (double sine, double cosine) = Math.SinCos(Turn);
            return new Point(Middle.X + (cosine * x) - (sine * y), Middle.Y + (sine * x) + (cosine * y));
        }
    }
}
