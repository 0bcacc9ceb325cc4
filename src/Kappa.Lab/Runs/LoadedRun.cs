using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>A run, loaded: its model on its data, the parameters it ended with, and its path.</summary>
/// <remarks>Owns the model. What a landscape needs of a run.</remarks>
internal sealed class LoadedRun : IDisposable
{
    private LoadedRun(Experiment experiment, ModelParameters parameters, long step) => (Experiment, Parameters, Step) = (experiment, parameters, step);

    /// <summary>The experiment; its model and its trained matrices.</summary>
    public Experiment Experiment { get; }

    /// <summary>The model on its data.</summary>
    public IModel Model => Experiment.Model;

    /// <summary>θ at the checkpoint.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>The step of the checkpoint.</summary>
    public long Step { get; }

    /// <summary>Loads a run.</summary>
    /// <param name="run">The run; it has a checkpoint.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <exception cref="BadInputException">It is damaged, or its data are gone or others.</exception>
    public static LoadedRun Of(RunRecord run, int threads = 1)
    {
        Experiment experiment = Prepare(run, threads);
        try
        {
            DescentState state = RunCheckpoint.Read(run.Files.Checkpoint, experiment);
            experiment.Adopt(state);
            return new LoadedRun(experiment, state.Parameters, state.Step);
        }
        catch
        {
            experiment.Dispose();
            throw;
        }
    }

    /// <summary>The parameters at some steps, made again by the same descent: the bits of the run.</summary>
    /// <param name="steps">Increasing, from 0 to <see cref="Step"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Copies, as many as there are steps.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<ModelParameters> Path(IReadOnlyList<long> steps, CancellationToken cancellation = default)
    {
        var kept = new List<ModelParameters>();
        DescentState state = Experiment.Start();
        foreach (long step in steps)
        {
            _ = Experiment.DescentTo(step).Run(state, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            kept.Add(state.Parameters.Clone());
        }

        return kept;
    }

    /// <inheritdoc/>
    public void Dispose() => Experiment.Dispose();

    /// <summary>The experiment of a run; it knows itself the step size that it took from another one.</summary>
    internal static Experiment Prepare(RunRecord run, int threads) => Experiment.Prepare(run.Specification, threads, other =>
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        return telemetry.Rows > 0
            ? telemetry[Quantities.StepSize][0]
            : throw new BadInputException(run.Files.Telemetry, $"the step size that was taken from run {other} is in the first row, but there is none. Run it first.");
    });
}
