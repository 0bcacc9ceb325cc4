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
/// <remarks>Made by <see cref="OfRun"/> or <see cref="OfPoint"/>: the places where a model of another kind joins, by an <see cref="ILandscapeLoss"/> of its own.</remarks>
internal sealed class LandscapeTarget
{
    internal LandscapeTarget(string name, string identity, Func<ILandscapeLoss> evaluators) => (Name, Identity, Evaluators) = (name, identity, evaluators);

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

    /// <summary>The last state of a run with the path to it, which is descended again; of a diverged run the last one recorded whose loss is finite.</summary>
    /// <param name="run">The run.</param>
    /// <exception cref="BadInputException">Nothing finite is recorded, or the data are missing or are no longer those of the run.</exception>
    public static LandscapeTarget OfRun(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Specification.Form != ModelForm.Residual)
        {
            return TrainableTarget.Of(run);
        }

        var analysis = RunAnalysis.Of(run);
        long last = LastFinite(run, analysis.Telemetry);
        using Experiment experiment = RunLadder.PrepareAgain(analysis, 1);
        var point = new ModelPoint(run.Name, experiment.Residual.Shape, experiment.Data.Samples, experiment.Data.Inputs, experiment.Data.Targets, experiment.InitialWeights, experiment.Trained);
        var coordinates = new TrainedCoordinates(experiment.InitialWeights.Layout, experiment.Trained);
        return new LandscapeTarget($"{run.Name} at step {last}", RunName.Identity(run.Specification, experiment.Data.Fingerprint), () => Evaluator(point))
        {
            Folder = run.Files.Path,
            Remark = RemarkOn(run, last),
            Steps = last,
            Resolution = RoundingFloor.Of(point.Shape, point.Tokens, point.Targets, Precision.Double),
            Path = (states, threads, cancellation) => Descend(analysis, coordinates, last, states, threads, cancellation),
        };
    }

    /// <summary>A point without a path, for example a checkpoint with the specification beside it.</summary>
    /// <param name="point">The point.</param>
    /// <param name="folder">The folder that its results lie in unless told.</param>
    public static LandscapeTarget OfPoint(ModelPoint point, string folder)
    {
        ArgumentNullException.ThrowIfNull(point);
        return new LandscapeTarget(point.Name, FormattableString.Invariant($"point {point.Name} {point.Shape} {point.Samples} {Hash(point)}"), () => Evaluator(point))
        {
            Folder = folder,
            Resolution = RoundingFloor.Of(point.Shape, point.Tokens, point.Targets, Precision.Double),
            Centre = new TrainedCoordinates(point.Weights.Layout, point.Trained).Gather(point.Weights.Vector),
        };
    }

    private static ModelLoss Evaluator(ModelPoint point)
    {
        var model = new ResidualTransformer(point.Shape, point.Inputs, point.Targets, point.Samples);
        return new ModelLoss(model, model.AllSamples, point.Weights, point.Trained);
    }

    // The centre and the plane are part of a sweep's fingerprint anyway; this adds the data.
    private static string Hash(ModelPoint point)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        Formats.DoubleBytes.Append(hash, point.Inputs.Span);
        Formats.DoubleBytes.Append(hash, point.Targets.Span);
        Formats.DoubleBytes.Append(hash, point.Weights.Vector);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal static string RemarkOn(RunRecord run, long last) => run.Status.StopReason == nameof(Descent.StopReason.NonFinite)
        ? FormattableString.Invariant($"Run {run.Name} diverged: its loss or gradient is not finite after {run.Status.Step} steps. What follows is the landscape around its last recorded finite iterate, step {last}.")
        : string.Empty;

    internal static long LastFinite(RunRecord run, TelemetryTable telemetry)
    {
        if (telemetry.Rows == 0)
        {
            throw new BadInputException(run.Files.Telemetry, "must have a row for a landscape but has none; the run stopped before its first step.");
        }

        for (int row = telemetry.Rows - 1; row >= 0; row--)
        {
            if (double.IsFinite(telemetry[Quantities.Loss][row]))
            {
                return (long)telemetry[Quantities.Step][row];
            }
        }

        throw new BadInputException(run.Files.Path, "the run diverged before its first step: it has no iterate whose loss is finite, so there is no landscape to look at. Choose a smaller initialisation.");
    }

    private static List<PathState> Descend(RunAnalysis analysis, TrainedCoordinates coordinates, long last, int states, int threads, CancellationToken cancellation)
    {
        using Experiment experiment = RunLadder.PrepareAgain(analysis, threads);
        return [.. LadderState.At(experiment, LadderState.Schedule(last, states), cancellation).Select(state => new PathState(state.Step, coordinates.Gather(state.Parameters.Vector)))];
    }
}
