using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>What a landscape is of: a centre, the loss around it, and the path that led there, if there is one.</summary>
/// <remarks>Made by <see cref="OfRun"/> or <see cref="OfPoint"/>; the loss is over all samples, whatever batches a run saw.</remarks>
internal sealed class LandscapeTarget
{
    private const double RelativeResolution = 1e-13;

    internal LandscapeTarget(string name, string identity, Func<ILandscapeLoss> evaluators) =>
        (Name, Identity, Evaluators) = (name, identity, evaluators);

    /// <summary>What it is called in results.</summary>
    public string Name { get; }

    /// <summary>The folder that its results lie in unless told.</summary>
    public required string Folder { get; init; }

    /// <summary>What a reader must know of the target, such as that its run diverged; empty for nothing.</summary>
    public string Remark { get; init; } = string.Empty;

    /// <summary>Steps of the path; <see langword="null"/> when there is no path.</summary>
    public long? Steps { get; init; }

    /// <summary>Rounding of the loss.</summary>
    internal double Resolution { get; init; }

    /// <summary>Model, data and program, as text.</summary>
    internal string Identity { get; }

    /// <summary>Makes a single-threaded evaluator.</summary>
    internal Func<ILandscapeLoss> Evaluators { get; }

    /// <summary>The centre when there is no path; otherwise the path's last state is.</summary>
    internal double[]? Centre { get; init; }

    /// <summary>Descends again and keeps so many states, the last one among them.</summary>
    internal Func<int, int, CancellationToken, IReadOnlyList<PathState>>? Path { get; init; }

    /// <summary>The last state of a run with the path to it, which is descended
    /// again; of a diverged run the last one recorded whose loss is finite.</summary>
    /// <param name="run">The run.</param>
    /// <exception cref="BadInputException">Nothing finite is recorded, or
    /// the data are missing or are no longer those of the run.</exception>
    public static LandscapeTarget OfRun(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var analysis = RunAnalysis.Of(run);
        long last = LastFinite(run, analysis.Telemetry);
        using Experiment experiment = RunLadder.PrepareAgain(analysis, 1);
        return new LandscapeTarget(
            FormattableString.Invariant($"{run.Name} at step {last}"), RunName.Identity(run.Specification, experiment.DataFingerprint),
            () => Evaluator(run))
        {
            Folder = run.Files.Path,
            Remark = RemarkOn(run, last),
            Steps = last,
            Resolution = ResolutionOf(experiment.Model, experiment.InitialLoss),
            Path = (states, threads, cancellation) => Descend(analysis, LadderState.Schedule(last, states), threads, cancellation),
        };
    }

    /// <summary>A point without a path, for example a checkpoint with the specification beside it.</summary>
    /// <param name="read">Reads the point; every evaluator has one of its own.</param>
    /// <param name="folder">The folder that its results lie in unless told.</param>
    public static LandscapeTarget OfPoint(Func<ModelPoint> read, string folder)
    {
        ArgumentNullException.ThrowIfNull(read);
        using ModelPoint point = read();
        double loss = point.Model.ExactLoss(point.Parameters);
        return new LandscapeTarget(
            point.Name, FormattableString.Invariant($"point {point.Name} {Hash(point, loss)}"), () => Evaluator(read()))
        {
            Folder = folder,
            Resolution = ResolutionOf(point.Model, loss),
            Centre = new TrainedCoordinates(point.Model.Layout, point.Trained).Gather(point.Parameters.Vector),
        };
    }

    private static ModelLoss Evaluator(ModelPoint point) => new(point.Model, point.Parameters, point.Trained);

    // Always in double precision: a single one would round away the curvature.
    private static ModelLoss Evaluator(RunRecord run)
    {
        var experiment = Experiment.Of(run with { Specification = Experiment.InDouble(run.Specification) });
        return new ModelLoss(experiment.Model, experiment.Initial, experiment.Trained);
    }

    // A loss is a sum of some hundred rounded terms of the size of the first loss, or fewer.
    private static double ResolutionOf(IModel model, double loss) => model is ResidualTransformer residual
        ? RoundingFloor.Of(residual.Shape, residual.Tokens, residual.Targets, Precision.Double)
        : RelativeResolution * loss;

    // The centre and the plane are part of a sweep's fingerprint anyway; this adds the data, which decide output and loss.
    private static string Hash(ModelPoint point, double loss)
    {
        IModel model = point.Model;
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(point.Parameters, model.AllSamples, output);
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        Formats.DoubleBytes.Append(hash, output.Span);
        Formats.DoubleBytes.Append(hash, [loss]);
        Formats.DoubleBytes.Append(hash, point.Parameters.Vector);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string RemarkOn(RunRecord run, long last) => run.Status.StopReason == nameof(StopReason.NonFinite)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"Run {run.Name} diverged: its loss or gradient is not finite after {run.Status.Step} steps. What follows is the landscape "
                + $"around its last recorded finite iterate, step {last}.")
        : string.Empty;

    private static long LastFinite(RunRecord run, TelemetryTable telemetry)
    {
        if (telemetry.Rows == 0)
        {
            throw new BadInputException(
                run.Files.Telemetry, "must have a row for a landscape but has none; the run stopped before its first step.");
        }

        for (int row = telemetry.Rows - 1; row >= 0; row--)
        {
            if (double.IsFinite(telemetry[Quantities.Loss][row]))
            {
                return (long)telemetry[Quantities.Step][row];
            }
        }

        throw new BadInputException(
            run.Files.Path,
            "the run diverged before its first step: it has no iterate whose loss is finite, so there is no landscape to look at. Choose "
                + "a smaller initialisation.");
    }

    // The steps of the run again, whatever its method and batches, to the same bits.
    private static List<PathState> Descend(RunAnalysis analysis, long[] steps, int threads, CancellationToken cancellation)
    {
        using Experiment experiment = RunLadder.PrepareAgain(analysis, threads);
        var coordinates = new TrainedCoordinates(experiment.Model.Layout, experiment.Trained);
        DescentState state = experiment.Start();
        var path = new List<PathState>();
        foreach (long step in steps)
        {
            _ = experiment.DescentTo(step).Run(state, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            path.Add(new PathState(step, coordinates.Gather(state.Parameters.Vector)));
        }

        return path;
    }
}
