using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>A specification made runnable: data, model, initial weights, objective and step-size rule, all determined by the specification.</summary>
/// <remarks>Owns the evaluator and its threads. The same specification gives the same bits for any number of threads.</remarks>
public sealed class Experiment : IDisposable
{
    private bool _ownsModel = true;
    private DescentState? _start;

    private Experiment(ExperimentSpecification specification, TokenData data, ResidualTransformer model, TrainedSet trained, ResidualTransformerWeights initialWeights, Func<string, double>? stepSizeOf)
    {
        Specification = specification;
        Data = data;
        Model = model;
        Trained = trained;
        InitialWeights = initialWeights;
        Objective = new Objective(data.Targets);
        model.Forward(initialWeights);
        InitialLoss = Objective.Loss(model.Output);
        Descent = new GradientDescent(model, Objective, Options(specification, stepSizeOf));
    }

    /// <summary>The resolved specification.</summary>
    public ExperimentSpecification Specification { get; }

    /// <summary>Inputs and targets.</summary>
    public TokenData Data { get; }

    /// <summary>The evaluator.</summary>
    public ResidualTransformer Model { get; }

    /// <summary>The parameters that move.</summary>
    public TrainedSet Trained { get; }

    /// <summary>θ_0.</summary>
    public ResidualTransformerWeights InitialWeights { get; }

    /// <summary>The loss.</summary>
    public Objective Objective { get; }

    /// <summary>ℒ(θ_0) in double precision; the specification's loss floor is a fraction of it.</summary>
    public double InitialLoss { get; }

    /// <summary>The loss at which only rounding is left, in the precision of the descent.</summary>
    public double RoundingFloor => Spectra.RoundingFloor.Of(Model.Shape, Model.Tokens, Data.Targets, Model.Precision);

    /// <summary>The descent, ready to start or to continue from a checkpoint.</summary>
    public GradientDescent Descent { get; }

    /// <summary>Builds everything that <paramref name="specification"/> describes.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="data">Its data, from <see cref="ExperimentData.Load"/>.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="stepSizeOf">Finds the step size of the run that <c>stepSize: same(RUN)</c> names; may be null when no specification names one.</param>
    /// <exception cref="BadInputException">Specification and data contradict each other.</exception>
    public static Experiment Prepare(ExperimentSpecification specification, TokenData data, int threads = 1, Func<string, double>? stepSizeOf = null) =>
        Prepare(specification, data, threads, stepSizeOf, null);

    /// <summary>The same in the memory of an evaluator of an earlier experiment, which stays its owner's, if it is of this shape.</summary>
    internal static Experiment Prepare(ExperimentSpecification specification, TokenData data, int threads, Func<string, double>? stepSizeOf, ResidualTransformer? earlier)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(data);
        ExperimentSpecification resolved = specification.Resolve();
        ResidualTransformerShape shape = resolved.Model.ToShape();
        RequireFit(shape, data);
        MemoryLimit.Require("model", "The evaluator and the descent", RunForecast.BytesOf(
            shape, data.Samples, data.Tokens, resolved.Telemetry.Quantities == TelemetryQuantities.All, resolved.Descent.Precision, threads));
        TrainedSet trained = resolved.Model.Trained.ToTrainedSet(resolved.Model);
        ResidualTransformerWeights weights = resolved.Initialisation.ToInitialisation(shape.Depth).Create(shape, resolved.Seed);
        bool fits = earlier is not null && earlier.Shape == shape && (earlier.Samples, earlier.Rows, earlier.Precision) == (data.Samples, data.Inputs.Rows, resolved.Descent.Precision);
        if (fits)
            earlier!.SetInputs(data.Inputs);
        ResidualTransformer model = fits ? earlier! : new ResidualTransformer(shape, data.Inputs, data.Samples, threads, resolved.Descent.Precision);
        return new Experiment(resolved, data, model, trained, weights, stepSizeOf) { _ownsModel = !fits };
    }

    /// <summary>Leaves the evaluator to the caller, for a later experiment of the same shape.</summary>
    internal ResidualTransformer KeepModel()
    {
        _ownsModel = false;
        return Model;
    }

    /// <summary>The state at step 0; an automatic step size is determined here.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    public DescentState Start()
    {
        DescentState start = _start ?? FirstState();
        _start = null;
        return start;
    }

    /// <summary>Determines the step size, so that one that cannot be is known before anything is written.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    internal void RequireStepSize() => _start ??= FirstState();

    private DescentState FirstState()
    {
        DescentState state = Descent.Start(InitialWeights, Specification.Seed);

        // What overflows at the start is an outcome of the run: its first loss is not finite.
        if (Descent.StartEigenvalue is { } eigenvalue && double.IsFinite(eigenvalue.Value) && double.IsFinite(InitialLoss))
            _ = StepSizes.Automatic(Specification.Descent.StepSize.Value, eigenvalue.Value);
        return state;
    }

    /// <summary>The outcome of a descent from <see cref="InitialWeights"/>, in a sentence.</summary>
    internal string Explain(DescentOutcome outcome) => outcome is { Reason: StopReason.NonFinite, Step: 0 }
        ? FirstLoss.Words(Specification.Data, ModelKind.Residual, InitialLoss, Data.Inputs.Span, Data.Targets.Span)
        : outcome.Explanation;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsModel)
            Model.Dispose();
    }

    private DescentOptions Options(ExperimentSpecification specification, Func<string, double>? stepSizeOf) => new()
    {
        StepSize = specification.Descent.StepSize.ToRule(stepSizeOf ?? NoOtherRuns),
        Trained = Trained,
        MaximumSteps = specification.Descent.Steps,

        // An initial loss that is not finite is an outcome of the first step, not a mistake in the options.
        LossFloor = double.IsFinite(InitialLoss) ? specification.Descent.LossFloor * InitialLoss : 0,
        GradientTolerance = specification.Descent.GradientTolerance,
    };

    /// <summary>What <c>same(RUN)</c> asks where there is no folder of runs.</summary>
    internal static double NoOtherRuns(string run) => throw new BadInputException("descent.stepSize", $"same({run}) needs a folder of runs to look it up in.");

    /// <summary>Throws when the widths of model and data differ.</summary>
    internal static void RequireFit(ResidualTransformerShape shape, TokenData data)
    {
        if (data.Inputs.Columns != shape.Width)
        {
            throw new BadInputException("model.width", $"must be the width of the tokens, {data.Inputs.Columns}, but is {shape.Width}.");
        }

        int outputWidth = shape.ReadoutWidth ?? shape.Width;
        if (data.Targets.Columns != outputWidth)
        {
            throw new BadInputException("model.readoutWidth", $"the model's output has width {outputWidth} but the targets have {data.Targets.Columns}. Set readoutWidth={data.Targets.Columns}.");
        }
    }
}
