using Kappa.Lab.Data;
using Kappa.Lab.Data.Drawing;
using Xunit;

namespace Kappa.Lab.Tests.Data.Drawing;

public sealed class StrokeTests
{
    /// <summary>The nearest of 200 × 200 pairs of points is never nearer than the
    /// distance, and at most half a step of either segment farther.</summary>
    [Fact]
    public void The_distance_of_segments_is_that_of_their_nearest_points()
    {
        RandomDraws draws = new(1, "test.segments");
        for (int trial = 0; trial < 60; trial++)
        {
            (Segment a, Segment b) = (Any(draws), Any(draws));
            double nearest = Along(a).Min(point => Along(b).Min(other => point.DistanceTo(other)));
            double halfSteps = (a.Start.DistanceTo(a.End) + b.Start.DistanceTo(b.End)) / 398;
            Assert.InRange(nearest, a.DistanceTo(b) - 1e-12, a.DistanceTo(b) + halfSteps + 1e-12);
            Assert.Equal(a.DistanceTo(b), b.DistanceTo(a), 1e-12);
            foreach (double distance in (double[])[0.1, 1, 3])
            {
                Assert.Equal(a.DistanceTo(b) < distance, a.IsCloserThan(distance, b));
            }
        }
    }

    /// <summary>Area of a stroke 2 r L + π r²; each of the perimeter's sample cells, of side 1/8, errs by
    /// at most half of its area, and errors of n cells add to about √n halves: here below 1 %.</summary>
    [Theory]
    [InlineData(0, 5)]
    [InlineData(12.3, 4)]
    public void The_painted_area_is_that_of_the_stroke(double length, double radius)
    {
        StrokeRaster raster = new(40, 40);
        byte[] pixels = new byte[1600];
        raster.Add(new Segment(new Point(13.1, 14.7), new Point(13.1, 14.7).Towards(0.7, length)), radius);
        raster.Paint(pixels, 1);
        double area = (2 * radius * length) + (Math.PI * radius * radius);
        Assert.Equal(area, pixels.Sum(pixel => pixel / 255.0), 0.01 * area);
    }

    [Fact]
    public void Pieces_painted_together_are_not_brighter_where_they_overlap_and_strokes_outside_are_cut_off()
    {
        StrokeRaster raster = new(10, 10);
        (byte[] once, byte[] twice) = (new byte[100], new byte[100]);
        Segment whole = new(new Point(-3, 5.2), new Point(12, 5.2)), part = new(new Point(2, 5.2), new Point(7, 5.2));
        raster.Add(whole, 0.3);
        raster.Paint(once, 0.8);
        raster.Add(whole, 0.3);
        raster.Add(part, 0.3);
        raster.Paint(twice, 0.8);
        Assert.Equal(once, twice);
        // From y = 4.9 to 5.5: the last of the eight sample rows of pixel row 4 and the first four of row 5.
        Assert.Equal((byte)Math.Round(255 * 0.8 * (1 / 8.0)), once[45]);
        Assert.Equal((byte)Math.Round(255 * 0.8 * (4 / 8.0)), once[55]);
        raster.Add(new Point(50, 50), 2);
        raster.Paint(once, 1);
        Assert.Equal(twice, once);
    }

    private static Segment Any(RandomDraws draws)
    {
        Point start = new(draws.Between(0, 6), draws.Between(0, 6));
        return new Segment(start, draws.Chance(0.1) ? start : new Point(draws.Between(0, 6), draws.Between(0, 6)));
    }

    private static IEnumerable<Point> Along(Segment segment) => Enumerable.Range(0, 200).Select(k => new Point(
        segment.Start.X + (k / 199.0 * (segment.End.X - segment.Start.X)),
        segment.Start.Y + (k / 199.0 * (segment.End.Y - segment.Start.Y))));
}
