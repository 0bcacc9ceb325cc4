using System.Runtime.InteropServices;
using Kappa.Lab.Data.Drawing;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>A dashed contour: each dash starts where the one before points to, after a gap with a corner in its middle.</summary>
/// <param name="Dashes">From one end to the other, at least one.</param>
internal sealed record PathfinderContour(Segment[] Dashes)
{
    // A dead end takes back some dashes and goes on from there, as often as
    // the tries of the whole contour allow; then the caller starts elsewhere.
    private const int TriesPerDash = 12;
    private const int TakenBack = 3;
    private const int TriesPerContour = 40;

    /// <summary>The end where it was begun.</summary>
    internal Point Start => Dashes[0].Start;

    /// <summary>The other end.</summary>
    internal Point End => Dashes[^1].End;

    /// <summary>Grows a contour, or returns <c>null</c> when it finds no room.</summary>
    /// <param name="specification">Lengths, margin, continuity.</param>
    /// <param name="dashes">Number of dashes.</param>
    /// <param name="start">Its first end.</param>
    /// <param name="occupied">Dashes already in the picture.</param>
    /// <param name="draws">Random numbers.</param>
    internal static PathfinderContour? TryGrow(
        PathfinderSpecification specification, int dashes, Point start, List<Segment> occupied, RandomDraws draws)
    {
        double angle = draws.Between(-Math.PI, Math.PI);
        List<Segment> grown = [new(start, start.Towards(angle, specification.DashLength))];
        if (!Fits(specification, grown[0], [], occupied))
        {
            return null;
        }

        int failed = 0;
        for (int tries = TriesPerContour * dashes; grown.Count < dashes; tries--)
        {
            Segment dash = Next(specification, grown[^1], draws);
            if (Fits(specification, dash, CollectionsMarshal.AsSpan(grown)[..^1], occupied))
            {
                grown.Add(dash);
                failed = 0;
            }
            else if (tries <= 0)
            {
                return null;
            }
            else if (++failed == TriesPerDash)
            {
                int kept = Math.Max(1, grown.Count - TakenBack);
                grown.RemoveRange(kept, grown.Count - kept);
                failed = 0;
            }
        }

        return new PathfinderContour([.. grown]);
    }

    private static Segment Next(PathfinderSpecification specification, Segment last, RandomDraws draws)
    {
        double angle = Math.Atan2(last.End.Y - last.Start.Y, last.End.X - last.Start.X);
        double next = angle + Turn(specification.Continuity, draws);
        Point start = last.End.Towards(angle, specification.Margin).Towards(next, specification.Margin);
        return new Segment(start, start.Towards(next, specification.DashLength));
    }

    // Density ∝ cos²(c u) on |c u| < π/2, by rejection: half of the tries are kept.
    private static double Turn(double continuity, RandomDraws draws)
    {
        while (true)
        {
            double scaled = draws.Between(-Math.PI / 2, Math.PI / 2);
            double cosine = Math.Cos(scaled);
            if (draws.Chance(cosine * cosine))
            {
                return scaled / continuity;
            }
        }
    }

    private static bool Fits(PathfinderSpecification specification, Segment dash, ReadOnlySpan<Segment> own, List<Segment> occupied)
    {
        if (!IsInside(specification, dash.Start) || !IsInside(specification, dash.End))
        {
            return false;
        }

        foreach (Segment other in own)
        {
            if (dash.IsCloserThan(specification.Clearance, other))
            {
                return false;
            }
        }

        foreach (Segment other in occupied)
        {
            if (dash.IsCloserThan(specification.Clearance, other))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsInside(PathfinderSpecification specification, Point point)
    {
        double far = specification.Size - specification.Padding;
        return point.X >= specification.Padding && point.X <= far && point.Y >= specification.Padding && point.Y <= far;
    }
}
