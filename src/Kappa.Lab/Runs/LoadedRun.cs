using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>A run, loaded: its model on its data and the parameters it ended with.</summary>
/// <remarks>Owns the model.</remarks>
internal sealed class LoadedRun : IDisposable
{
    private LoadedRun(Experiment experiment, ModelParameters parameters) => (Experiment, Parameters) = (experiment, parameters);

    /// <summary>The experiment; its model and its trained matrices.</summary>
    public Experiment Experiment { get; }

    /// <summary>The model on its data.</summary>
    public IModel Model => Experiment.Model;

    /// <summary>θ at the checkpoint.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>Loads a run.</summary>
    /// <param name="run">The run; it has a checkpoint.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <exception cref="BadInputException">It is damaged, or its data are gone or others.</exception>
    public static LoadedRun Of(RunRecord run, int threads = 1)
    {
        var experiment = Experiment.Of(run, threads);
        try
        {
            DescentState state = RunCheckpoint.Read(run.Files.Checkpoint, experiment);
            experiment.Adopt(state);
            return new LoadedRun(experiment, state.Parameters);
        }
        catch
        {
            experiment.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Experiment.Dispose();
}
