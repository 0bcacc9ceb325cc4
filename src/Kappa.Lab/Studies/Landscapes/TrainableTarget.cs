using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The landscape of a run of a model other than R: the loss over all samples, whatever batches the run saw.</summary>
internal static class TrainableTarget
{
    // A loss is a sum of some hundred rounded terms of the size of the first loss, or fewer.
    private const double RelativeResolution = 1e-13;

    /// <summary>The last finite state of a run with the path to it.</summary>
    /// <exception cref="BadInputException">Nothing finite is recorded, or the run or its data are damaged or gone.</exception>
    public static LandscapeTarget Of(RunRecord run)
    {
        long recorded = LandscapeTarget.LastFinite(run, TelemetryReader.Read(run.Files.Telemetry));
        using var loaded = LoadedRun.Of(run);
        long last = Math.Min(recorded, loaded.Step);
        Experiment experiment = loaded.Experiment;
        return new LandscapeTarget(FormattableString.Invariant($"{run.Name} at step {last}"), RunName.Identity(run.Specification, experiment.DataFingerprint), () => Evaluator(run))
        {
            Folder = run.Files.Path,
            Remark = LandscapeTarget.RemarkOn(run, last),
            Steps = last,
            Resolution = RelativeResolution * experiment.InitialLoss,
            Path = (states, threads, cancellation) => Descend(run, last, states, threads, cancellation),
        };
    }

    // Each evaluator has a model of its own, always in double precision: a single one would round away the curvature.
    private static ModelLoss Evaluator(RunRecord run)
    {
        ExperimentSpecification specification = run.Specification;
        ExperimentSpecification inDouble = specification with { Descent = specification.Descent with { Precision = Numerics.Precision.Double } };
        Experiment experiment = LoadedRun.Prepare(run with { Specification = inDouble }, threads: 1);
        return new ModelLoss(experiment.Model, experiment.Model.AllSamples, experiment.Initial, experiment.Trained);
    }

    private static List<PathState> Descend(RunRecord run, long last, int states, int threads, CancellationToken cancellation)
    {
        using var loaded = LoadedRun.Of(run, threads);
        long[] steps = LadderState.Schedule(last, states);
        var coordinates = new TrainedCoordinates(loaded.Model.Layout, loaded.Experiment.Trained);
        IReadOnlyList<ModelParameters> path = loaded.Path(steps, cancellation);
        return [.. steps.Zip(path, (step, parameters) => new PathState(step, coordinates.Gather(parameters.Vector)))];
    }
}
