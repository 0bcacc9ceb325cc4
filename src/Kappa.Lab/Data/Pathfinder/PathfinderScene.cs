using Kappa.Lab.Data.Drawing;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>What a picture shows, before its label is known: two long contours,
/// distractors, and a place for the two markers under either label.</summary>
/// <remarks>
/// Both classes take their scenes from one distribution, and in every scene the two markers are about as far apart whether they mark one
/// contour or two: neither the strokes nor the distance of the markers tell the label, only the path does. Either pair has one first end
/// and one last end.
/// </remarks>
/// <param name="Contours">The two long contours.</param>
/// <param name="Distractors">Short contours, as many as found room.</param>
/// <param name="Connected">Marker places on one contour: its first and last end.</param>
/// <param name="Separate">Marker places on two contours: the first end of one and the last of the other.</param>
internal sealed record PathfinderScene(
    PathfinderContour[] Contours, PathfinderContour[] Distractors, (Point First, Point Second) Connected,
    (Point First, Point Second) Separate)
{
    /// <summary>Largest difference, in pixels, between the distances of the markers under the two labels.</summary>
    internal const double DistanceTolerance = 1;

    private const int Attempts = 20_000;
    private const int TriesPerDistractor = 30;

    /// <summary>Markers closer than this beyond their radii would melt into one.</summary>
    private const double LeastGapOfMarkers = 1;

    /// <summary>Draws a scene.</summary>
    /// <param name="specification">Valid parameters.</param>
    /// <param name="draws">Random numbers of this picture alone.</param>
    /// <exception cref="BadInputException">No attempt fitted.</exception>
    internal static PathfinderScene Draw(PathfinderSpecification specification, RandomDraws draws)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            List<Segment> occupied = [];
            if (TryContours(specification, occupied, draws) is { } contours && TryMarkers(specification, contours, draws) is { } markers)
            {
                return new PathfinderScene(contours, GrowDistractors(specification, occupied, draws), markers.Connected, markers.Separate);
            }
        }

        throw new BadInputException(
            "pathfinder",
            $"two contours of {specification.ContourLength} dashes with their markers must fit into a picture, but none of {Attempts} "
                + $"attempts did ({specification}). Use shorter contours, shorter dashes or a larger picture.");
    }

    private static PathfinderContour[]? TryContours(PathfinderSpecification specification, List<Segment> occupied, RandomDraws draws)
    {
        Point start = AnyPlace(specification, draws);
        if (PathfinderContour.TryGrow(specification, specification.ContourLength, start, occupied, draws) is not { } first)
        {
            return null;
        }

        occupied.AddRange(first.Dashes);
        Point beside = start.Towards(draws.Between(-Math.PI, Math.PI), specification.SeedDistance);
        if (PathfinderContour.TryGrow(specification, specification.ContourLength, beside, occupied, draws) is not { } second)
        {
            return null;
        }

        occupied.AddRange(second.Dashes);
        return [first, second];
    }

    private static ((Point, Point) Connected, (Point, Point) Separate)? TryMarkers(
        PathfinderSpecification specification, PathfinderContour[] contours, RandomDraws draws)
    {
        List<((Point, Point) Connected, (Point, Point) Separate)> choices = [];
        foreach ((Point First, Point Second) connected in contours.Select(contour => (contour.Start, contour.End)))
        {
            foreach (
                (Point First, Point Second) separate in new[]
                    { (contours[0].Start, contours[1].End), (contours[1].Start, contours[0].End) })
            {
                if (!AreVisible(specification, connected.First, connected.Second, separate.First, separate.Second))
                {
                    continue;
                }

                double along = connected.First.DistanceTo(connected.Second);
                double across = separate.First.DistanceTo(separate.Second);
                if (Math.Abs(along - across) <= DistanceTolerance
                    && Math.Min(along, across) >= (2 * specification.MarkerRadius) + LeastGapOfMarkers)
                {
                    choices.Add((connected, separate));
                }
            }
        }

        return choices.Count > 0 ? draws.Choose(choices) : null;
    }

    // A disc cut off by the rim would be smaller than the others.
    private static bool AreVisible(PathfinderSpecification specification, params ReadOnlySpan<Point> places)
    {
        (double near, double far) = (specification.MarkerRadius, specification.Size - specification.MarkerRadius);
        foreach (Point place in places)
        {
            if (place.X < near || place.X > far || place.Y < near || place.Y > far)
            {
                return false;
            }
        }

        return true;
    }

    private static PathfinderContour[] GrowDistractors(PathfinderSpecification specification, List<Segment> occupied, RandomDraws draws)
    {
        List<PathfinderContour> distractors = [];
        for (int wanted = 0; wanted < specification.DistractorCount; wanted++)
        {
            PathfinderContour? grown = null;
            for (int attempt = 0; grown is null && attempt < TriesPerDistractor; attempt++)
            {
                grown = PathfinderContour.TryGrow(
                    specification, specification.DashesOfDistractor, AnyPlace(specification, draws), occupied, draws);
            }

            if (grown is not null)
            {
                occupied.AddRange(grown.Dashes);
                distractors.Add(grown);
            }
        }

        return [.. distractors];
    }

    private static Point AnyPlace(PathfinderSpecification specification, RandomDraws draws)
    {
        (double near, double far) = (specification.Padding, specification.Size - specification.Padding);
        return new Point(draws.Between(near, far), draws.Between(near, far));
    }
}
