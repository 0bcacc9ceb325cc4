using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A point, from whichever program: a model on its data, its parameters, and which of them are trained.</summary>
/// <remarks>Owns the model. Checked where it is read, see <see cref="PointFile"/> and <see cref="WeightsFile"/>. Not thread-safe.</remarks>
public sealed class ModelPoint : IDisposable
{
    // Beyond this, unless more is allowed, the intermediate matrices of one pass
    // are no longer a small point; a run of that size is made with kappa run.
    private const long MostEvaluatorBytes = 1L << 32;

    private readonly IDisposable _owner;

    /// <summary>Takes over a model, or what owns it.</summary>
    internal ModelPoint(string name, IModel model, ModelParameters parameters, TrainedSet trained, IDisposable? owner = null) =>
        (Name, Model, Parameters, Trained, _owner) = (name, model, parameters, trained, owner ?? model);

    /// <summary>What it is called in results.</summary>
    public string Name { get; }

    /// <summary>The model on its data.</summary>
    public IModel Model { get; }

    /// <summary>θ; not to be written.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>The matrices that the gradient and the kernel are taken in.</summary>
    public TrainedSet Trained { get; }

    /// <summary>The trained matrices, in layout order.</summary>
    public IEnumerable<ParameterBlock> TrainedBlocks => Model.Layout.Blocks.Where(Trained.Includes);

    /// <summary>What it is called in a refusal: a specification without what differs from the defaults.</summary>
    internal string Subject => Experiment is null ? $"point {Name}" : Run is null ? "the specification" : Name;

    /// <summary>How many numbers F has.</summary>
    internal long Outputs => (long)Model.Samples * Model.OutputRows * Model.OutputColumns;

    /// <summary>How many numbers are trained.</summary>
    internal long TrainedParameters => TrainedBlocks.Sum(block => (long)block.Length);

    /// <summary>The model for what is said of exact arithmetic.</summary>
    internal IModel Exact => Experiment?.Exact ?? Model;

    /// <summary>How the point would descend, for the start of a specification
    /// or a run; <see langword="null"/> for a point without a path.</summary>
    internal Experiment? Experiment { get; private init; }

    /// <summary>The run whose initial point this is; <see langword="null"/> for none.</summary>
    internal RunRecord? Run { get; private init; }

    /// <summary>The initial point of an experiment that need not have been run.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="threads">Threads of a pass; they change the time and nothing else.</param>
    /// <param name="others">The folder of the runs that <c>stepSize: same(RUN)</c> and <c>initialisation.from</c> name.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static ModelPoint OfSpecification(ExperimentSpecification specification, int threads = 1, RunStore? others = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        string changes = string.Join(' ', SpecificationWriter.Changes(specification));
        return Of(
            Experiment.Prepare(specification, threads, others),
            changes.Length > 0 ? $"the specification {changes}" : "the default specification");
    }

    /// <summary>The initial point of a run, with the step size that the run used.</summary>
    /// <param name="run">The run, finished or not.</param>
    /// <param name="threads">Threads of a pass; they change the time and nothing else.</param>
    /// <exception cref="BadInputException">The record is damaged, or the data are not there.</exception>
    public static ModelPoint OfRun(RunRecord run, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Of(Experiment.Of(run, threads), $"run {run.Name}", run);
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();

    private static ModelPoint Of(Experiment experiment, string name, RunRecord? run = null) =>
        new(name, experiment.Model, experiment.Initial, experiment.Trained, experiment) { Experiment = experiment, Run = run };

    /// <summary>What is wrong with evaluating so many rows with model R, or null: its
    /// intermediate matrices take about 8 L (6d + 2m + n) M + 8 (6d + m + n) M bytes.</summary>
    internal static string? TooLarge(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens;
        double perRow = (shape.Depth * ((6.0 * shape.Width) + (2.0 * shape.FfnWidth) + tokens)) + (6.0 * shape.Width) + shape.FfnWidth
            + tokens;
        double bytes = sizeof(double) * perRow * rows;
        double widest = rows * Math.Max(Math.Max(shape.Width, shape.OutputWidth), Math.Max(shape.FfnWidth, tokens));
        long most = MemoryLimit.Given ?? MostEvaluatorBytes;
        string pass = FormattableString.Invariant($"one pass over N = {samples} samples of n = {tokens} tokens");
        return bytes > most ? $"{pass} must fit into {MemoryLimit.Mebibytes(most)} MiB but needs {MemoryLimit.Mebibytes(bytes)} MiB. "
            + $"Take fewer samples, or allow more with --memory."
            : widest > Array.MaxLength ? FormattableString.Invariant(
                $"a matrix of {pass} must have at most {Array.MaxLength} elements but has {widest:F0}. Take fewer samples.")
            : null;
    }
}
