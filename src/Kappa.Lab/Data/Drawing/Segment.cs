namespace Kappa.Lab.Data.Drawing;

/// <summary>A point of the plane in pixels: x to the right, y downwards; pixel (row r, column c) covers [c, c + 1) × [r, r + 1).</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Downwards.</param>
internal readonly record struct Point(double X, double Y)
{
    /// <summary>The point at a distance in a direction.</summary>
    /// <param name="angle">Radians from the x axis towards the y axis.</param>
    /// <param name="distance">Pixels.</param>
    internal Point Towards(double angle, double distance) => new(X + (distance * Math.Cos(angle)), Y + (distance * Math.Sin(angle)));

    /// <summary>Euclidean distance.</summary>
    internal double DistanceTo(Point other) => Math.Sqrt(((X - other.X) * (X - other.X)) + ((Y - other.Y) * (Y - other.Y)));
}

/// <summary>A straight piece from one point to another; both may be the same.</summary>
/// <param name="Start">One end.</param>
/// <param name="End">The other.</param>
internal readonly record struct Segment(Point Start, Point End)
{
    /// <summary>Distance from a point to the nearest point of the segment.</summary>
    internal double DistanceTo(Point point)
    {
        (double dx, double dy) = (End.X - Start.X, End.Y - Start.Y);
        double squaredLength = (dx * dx) + (dy * dy);
        double along = squaredLength > 0 ? (((point.X - Start.X) * dx) + ((point.Y - Start.Y) * dy)) / squaredLength : 0;
        along = Math.Clamp(along, 0, 1);
        return point.DistanceTo(new Point(Start.X + (along * dx), Start.Y + (along * dy)));
    }

    /// <summary>Smallest distance between two segments; 0 when they cross.</summary>
    internal double DistanceTo(Segment other)
    {
        if (Crosses(other))
        {
            return 0;
        }

        // Segments that do not cross are nearest at an end of one of them.
        return Math.Min(
            Math.Min(DistanceTo(other.Start), DistanceTo(other.End)),
            Math.Min(other.DistanceTo(Start), other.DistanceTo(End)));
    }

    /// <summary>Whether the distance to another segment is below <paramref name="distance"/>; cheap where they are far apart.</summary>
    internal bool IsCloserThan(double distance, Segment other)
    {
        // Every point of a segment is within its extent of its start.
        double reach = distance + Extent + other.Extent;
        return Math.Abs(Start.X - other.Start.X) <= reach && Math.Abs(Start.Y - other.Start.Y) <= reach && DistanceTo(other) < distance;
    }

    private double Extent => Math.Abs(End.X - Start.X) + Math.Abs(End.Y - Start.Y);

    private bool Crosses(Segment other) =>
        Side(other.Start) * Side(other.End) < 0 && other.Side(Start) * other.Side(End) < 0;

    // Twice the signed area of start, end, point: its sign says on which side the point lies.
    private double Side(Point point) => ((End.X - Start.X) * (point.Y - Start.Y)) - ((End.Y - Start.Y) * (point.X - Start.X));
}
