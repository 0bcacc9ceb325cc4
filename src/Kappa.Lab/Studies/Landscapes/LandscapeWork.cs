using System.Diagnostics;
using System.Globalization;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The parts of a landscape in order: path, directions, grid, numbers.</summary>
internal sealed class LandscapeWork(LandscapeTarget target, LandscapeRequest request, string folder)
{
    private PathDirections? _components;
    private CurvatureDirections? _curvature;

    /// <summary>One sentence with the seconds.</summary>
    public static string Forecast(LandscapeTarget target, LandscapeRequest request)
    {
        using ILandscapeLoss loss = target.Evaluators();
        double[] point = target.Centre ?? new double[loss.Coordinates.Size];
        _ = loss.Loss(point);
        long start = Stopwatch.GetTimestamp();
        int times = 0;
        while (times < 3 || (times < 1000 && Stopwatch.GetElapsedTime(start).TotalMilliseconds < 20))
        {
            _ = loss.Loss(point);
            times++;
        }

        double one = Stopwatch.GetElapsedTime(start).TotalSeconds / times;
        long points = (long)request.Points * request.Points;

        // A step of the descent is a loss and a gradient, about three losses.
        double seconds = one * (points + (3.0 * (target.Steps ?? 0))) / Math.Min(request.Threads, Environment.ProcessorCount);
        string path = target.Steps is long steps ? $", and {steps} steps of the path again" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Points} x {request.Points} losses of {1000 * one:G2} ms{path}: about {Math.Max(1, seconds):F0} s on "
                + $"{request.Threads} thread{(request.Threads == 1 ? string.Empty : "s")}; finished rows are kept.");
    }

    public Landscape Run(IProgress<LandscapeProgress>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<PathState> path = target.Path?.Invoke(request.PathStates, request.Threads, cancellation) ?? [];
        double[] centre = target.Centre ?? path[^1].Point;
        using ILandscapeLoss loss = target.Evaluators();
        LandscapePlane plane = Plane(loss, centre, path);
        LandscapeGrid grid = Grid(plane, path);
        string fingerprint = LandscapeSweep.Fingerprint(plane, grid, target.Identity);
        using LandscapeRows rows = LandscapeRows.Open(folder, fingerprint, grid);
        double[,] values = LandscapeSweep.Run(target.Evaluators, plane, grid, request.Threads, rows, progress, cancellation);
        return new Landscape
        {
            Target = target,
            Request = request,
            Grid = grid,
            First = grid.First,
            Second = grid.Second,
            Values = values,
            CentreLoss = loss.Loss(centre),
            Norms = (Vectors.Norm(centre), Vectors.Norm(plane.First), Vectors.Norm(plane.Second)),
            Cosine = plane.Cosine,
            Parameters = centre.Length,
            Numbers = LandscapeNumbers.Of(grid, values, target.Resolution),
            CentreCurvature = CentreCurvature(loss, plane),
            Path = path.Count > 0 ? PathOnPlane.Of(loss, plane, path) : null,
            ExplainedShares = _components?.ExplainedShares ?? [],
            TopCurvatures = [.. (_curvature?.Pairs ?? []).Select(pair => new TopCurvature(pair.Value, pair.Residual, pair.Converged))],
        };
    }

    private LandscapePlane Plane(ILandscapeLoss loss, double[] centre, IReadOnlyList<PathState> path)
    {
        switch (request.Directions)
        {
            case LandscapeDirections.Pca:
                _components = path.Count == 0
                    ? throw new BadInputException(
                        target.Name,
                        "the principal components of a path need the path, which only a run has. Name a run, or choose other directions.")
                    : PathDirections.Of(centre, [.. path.Select(state => state.Point)]);
                return _components?.Plane ?? throw new BadInputException(
                    target.Name,
                    $"the states of the path must span a plane around the last one but the {path.Count} states lie on a line. Choose "
                        + $"other directions, or run longer.");
            case LandscapeDirections.Curvature:
                _curvature = CurvatureDirections.Of(loss, centre, request.Seed);
                return _curvature?.Plane ?? throw new BadInputException(
                    target.Name,
                    "the Hessian at the centre must be finite and have two eigenvectors but has not. Choose other directions.");
            default:
                try
                {
                    return RandomDirections.Of(loss.Coordinates, centre, request.Normalisation, request.Seed);
                }
                catch (ArgumentException problem)
                {
                    throw new BadInputException(
                        target.Name, $"{problem.Message.Split(" (Parameter")[0]} Choose another normalisation.", problem);
                }
        }
    }

    private LandscapeGrid Grid(LandscapePlane plane, IReadOnlyList<PathState> path)
    {
        if (request.Span is double span)
        {
            return LandscapeGrid.Around(request.Points, span);
        }

        if (request.Directions != LandscapeDirections.Pca)
        {
            return LandscapeGrid.Around(request.Points, request.IsNormalised ? 1 : Vectors.Norm(plane.Centre) / 4);
        }

        Projection[] projections = [.. path.Select(state => plane.Project(state.Point))];
        return new LandscapeGrid(
            request.Points, Frame(projections.Select(projection => projection.First)),
            Frame(projections.Select(projection => projection.Second)));
    }

    // A quarter of the path's extent on either side, so that what it passes by is seen.
    private static (double From, double To) Frame(IEnumerable<double> coordinates)
    {
        double[] all = [0, .. coordinates];
        double margin = 0.25 * (all.Max() - all.Min());
        return (all.Min() - margin, all.Max() + margin);
    }

    private static (double First, double Second, double Mixed) CentreCurvature(ILandscapeLoss loss, LandscapePlane plane)
    {
        ISymmetricOperator hessian = loss.HessianAt(plane.Centre);
        double[] first = new double[plane.Centre.Length], second = new double[plane.Centre.Length];
        hessian.Apply(plane.First, first);
        hessian.Apply(plane.Second, second);
        return (Vectors.Dot(plane.First, first), Vectors.Dot(plane.Second, second), Vectors.Dot(plane.First, second));
    }
}
