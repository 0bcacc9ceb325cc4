using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The outcome of reading a point: the point, or everything that is wrong with it.</summary>
/// <param name="Point">The point; <see langword="null"/> when there are problems.</param>
/// <param name="Problems">All problems, in the order of the file as far as
/// possible; of more than 100 the first 100 and how many were left out.</param>
public sealed record PointReading(ModelPoint? Point, IReadOnlyList<Problem> Problems)
{
    /// <summary>The loss that the file says another program found; <see langword="null"/> when it says none.</summary>
    internal double? ExpectedLoss { get; init; }

    /// <summary>The point, for a caller that cannot go on without one.</summary>
    /// <exception cref="BadInputException">There are problems: the first, and how many more.</exception>
    public ModelPoint Require()
    {
        if (Point is { } point)
            return point;
        string more = Problems.Count > 1 ? $" ({Problems.Count - 1} more)" : "";
        throw new BadInputException(Problems[0].Location, Problems[0].Message + more);
    }

    internal static PointReading Of(ModelPoint? point, ProblemList problems) => new(problems.Count == 0 ? point : null, problems.ToList());
}
