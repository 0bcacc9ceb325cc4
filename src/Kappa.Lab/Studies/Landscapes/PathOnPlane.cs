using Kappa.Lab.Runs.Evaluation;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>A state of a path beside a plane.</summary>
/// <param name="Step">k.</param>
/// <param name="First">α of its projection.</param>
/// <param name="Second">β of its projection.</param>
/// <param name="Distance">Its distance from the plane.</param>
/// <param name="Loss">ℒ at the state.</param>
/// <param name="PlaneLoss">ℒ at its projection, evaluated and not interpolated.</param>
internal sealed record PathPoint(long Step, double First, double Second, double Distance, double Loss, double PlaneLoss);

/// <summary>A path projected onto a plane, and how much of it the plane explains.</summary>
/// <param name="Points">The states in order.</param>
/// <param name="ExplainedShare">1 − Σ distance² / Σ‖φ_k − c‖²; NaN when every state is the centre.</param>
/// <param name="LargestDistance">The largest distance of a state from the plane.</param>
/// <param name="LargestDistanceStep">The step of that state.</param>
internal sealed record PathOnPlane(IReadOnlyList<PathPoint> Points, double ExplainedShare, double LargestDistance, long LargestDistanceStep)
{
    /// <summary>Projects states and evaluates the loss at them and at their projections.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="plane">The plane.</param>
    /// <param name="states">At least one.</param>
    internal static PathOnPlane Of(ILandscapeLoss loss, LandscapePlane plane, IReadOnlyList<PathState> states)
    {
        double[] point = new double[plane.Centre.Length];
        double outside = 0, total = 0;
        var points = new List<PathPoint>();
        foreach (PathState state in states)
        {
            Projection projection = plane.Project(state.Point);
            plane.PointAt(projection.First, projection.Second, point);
            points.Add(
                new PathPoint(
                    state.Step, projection.First, projection.Second, projection.Distance, loss.Loss(state.Point), loss.Loss(point)));
            outside += projection.Distance * projection.Distance;
            total += Vectors.SquaredDistance(state.Point, plane.Centre);
        }

        PathPoint farthest = points.MaxBy(entry => entry.Distance)!;
        return new PathOnPlane(points, total == 0 ? double.NaN : 1 - (outside / total), farthest.Distance, farthest.Step);
    }
}

/// <summary>A kept state of an optimisation path.</summary>
/// <param name="Step">k.</param>
/// <param name="Point">φ_k [P].</param>
internal sealed record PathState(long Step, double[] Point);
