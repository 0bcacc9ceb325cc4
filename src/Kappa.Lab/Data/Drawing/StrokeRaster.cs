using System.Numerics;

namespace Kappa.Lab.Data.Drawing;

/// <summary>Draws thick strokes without stairs: a pixel is as bright as
/// the share of its 8 × 8 sample points that the strokes cover.</summary>
/// <remarks>Strokes are gathered first and painted together, so that pieces of
/// one stroke that overlap are not brighter there. Not thread-safe.</remarks>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
internal sealed class StrokeRaster(int height, int width)
{
    private const int Side = 8;

    // Bit 8·i + j of a pixel: its sample point in row i and column j is covered.
    private readonly ulong[] _covered = new ulong[height * width];

    /// <summary>Gathers a piece: all points within <paramref name="radius"/>
    /// of the segment. What lies outside the picture is cut off.</summary>
    internal void Add(Segment segment, double radius)
    {
        int top = Math.Max(0, (int)Math.Floor(Math.Min(segment.Start.Y, segment.End.Y) - radius));
        int bottom = Math.Min(height - 1, (int)Math.Floor(Math.Max(segment.Start.Y, segment.End.Y) + radius));
        int left = Math.Max(0, (int)Math.Floor(Math.Min(segment.Start.X, segment.End.X) - radius));
        int right = Math.Min(width - 1, (int)Math.Floor(Math.Max(segment.Start.X, segment.End.X) + radius));
        for (int row = top; row <= bottom; row++)
        {
            for (int column = left; column <= right; column++)
            {
                _covered[(row * width) + column] |= CoveredIn(row, column, segment, radius);
            }
        }
    }

    /// <summary>Gathers a disc.</summary>
    internal void Add(Point centre, double radius) => Add(new Segment(centre, centre), radius);

    /// <summary>Paints what was gathered and forgets it: pixel = max(pixel, 255 · min(1, intensity · coverage)).</summary>
    /// <param name="pixels">[height, width].</param>
    /// <param name="intensity">Brightness of a fully covered pixel; above 1 it brightens strokes thinner than a pixel.</param>
    internal void Paint(Span<byte> pixels, double intensity)
    {
        for (int k = 0; k < _covered.Length; k++)
        {
            double coverage = BitOperations.PopCount(_covered[k]) / (double)(Side * Side);
            pixels[k] = Math.Max(pixels[k], (byte)Math.Round(byte.MaxValue * Math.Min(1, intensity * coverage)));
        }

        Array.Clear(_covered);
    }

    private static ulong CoveredIn(int row, int column, Segment segment, double radius)
    {
        (double dx, double dy) = (segment.End.X - segment.Start.X, segment.End.Y - segment.Start.Y);
        double squaredLength = (dx * dx) + (dy * dy);
        (double perLength, double squaredRadius) = (squaredLength > 0 ? 1 / squaredLength : 0, radius * radius);
        ulong bits = 0;
        for (int sample = 0; sample < Side * Side; sample++)
        {
            // From the start to the sample point, then from the nearest point of the segment.
            double x = column + (((sample % Side) + 0.5) / Side) - segment.Start.X;
            double y = row + (((sample / Side) + 0.5) / Side) - segment.Start.Y;
            double along = Math.Clamp(((x * dx) + (y * dy)) * perLength, 0, 1);
            (double restX, double restY) = (x - (along * dx), y - (along * dy));
            bits |= (restX * restX) + (restY * restY) <= squaredRadius ? 1UL << sample : 0;
        }

        return bits;
    }
}
