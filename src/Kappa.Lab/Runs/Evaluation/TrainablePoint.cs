using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A point of a model other than R: the model on its data, its parameters, and which of them are trained.</summary>
/// <remarks>Owns the model.</remarks>
public sealed class TrainablePoint : IDisposable
{
    private readonly IDisposable _owner;

    internal TrainablePoint(string name, IModel model, ModelParameters parameters, TrainedSet trained, IDisposable owner) =>
        (Name, Model, Parameters, Trained, _owner) = (name, model, parameters, trained, owner);

    /// <summary>What it is called in results.</summary>
    public string Name { get; }

    /// <summary>The model on its data.</summary>
    public IModel Model { get; }

    /// <summary>θ; not to be written.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>The matrices that the gradient and the kernel are taken in.</summary>
    public TrainedSet Trained { get; }

    /// <summary>How the point would descend, for one of a specification or a run.</summary>
    internal Experiment? Experiment { get; private init; }

    /// <summary>The run whose initial point this is; null for none.</summary>
    internal RunRecord? Run { get; private init; }

    /// <summary>The initial point of an experiment.</summary>
    /// <param name="specification">A specification without problems, of a kind other than R.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <param name="stepSizeOf">Finds the step size of the run that <c>stepSize: same(RUN)</c> names.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static TrainablePoint OfSpecification(ExperimentSpecification specification, int threads = 1, Func<string, double>? stepSizeOf = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var experiment = Experiment.Prepare(specification, threads, stepSizeOf);
        string changes = string.Join(' ', SpecificationWriter.Changes(specification));
        return new TrainablePoint($"the specification {changes}", experiment.Model, experiment.Initial, experiment.Trained, experiment) { Experiment = experiment };
    }

    /// <summary>The initial point of a run, with the step size that the run used.</summary>
    /// <param name="run">The run.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <exception cref="BadInputException">The record is damaged, or the data are not there.</exception>
    public static TrainablePoint OfRun(RunRecord run, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(run);
        var experiment = LoadedRun.Prepare(run, threads);
        return new TrainablePoint($"run {run.Name}", experiment.Model, experiment.Initial, experiment.Trained, experiment) { Experiment = experiment, Run = run };
    }

    /// <summary>The last saved state of a run, or of the same checkpoint on other data; evaluated in double precision whatever that of the run.</summary>
    /// <param name="path">A checkpoint of such a run.</param>
    /// <param name="specification">Its specification.</param>
    /// <param name="threads">Threads of a pass.</param>
    /// <exception cref="BadInputException">The checkpoint is damaged or of another model, or the data cannot be read or are others.</exception>
    public static TrainablePoint OfCheckpoint(string path, ExperimentSpecification specification, int threads = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(specification);
        var experiment = Experiment.Prepare(InDouble(specification), threads, _ => 1);
        try
        {
            ModelParameters parameters = RunCheckpoint.Read(path, experiment).Parameters;
            return new TrainablePoint(path, experiment.Model, parameters, experiment.Trained, experiment);
        }
        catch
        {
            experiment.Dispose();
            throw;
        }
    }

    /// <summary>The model in double precision, for what is said of exact arithmetic: its own where that is double, otherwise one to be disposed of.</summary>
    internal IModel InDoublePrecision(out IDisposable? owner)
    {
        owner = Experiment is { Specification.Descent.Precision: Precision.Single } ? Experiment.Prepare(InDouble(Experiment.Specification), 1, _ => 1) : null;
        return owner is Experiment twin ? twin.Model : Model;
    }

    private static ExperimentSpecification InDouble(ExperimentSpecification specification) => specification with { Descent = specification.Descent with { Precision = Precision.Double } };

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();
}
