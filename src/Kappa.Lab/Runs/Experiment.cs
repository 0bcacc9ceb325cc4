using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>A specification made runnable: model on its data, initial parameters,
/// method and step size, all determined by the specification.</summary>
/// <remarks>Owns the model and its threads. The same specification gives the same bits for any number of threads.</remarks>
public sealed partial class Experiment : IDisposable
{
    private readonly ExperimentProblem _problem;
    private readonly OtherRuns _others;
    private bool _keepsModel;
    private GradientDescent _descent;
    private double? _stepSize;
    private double? _initialLoss;
    private ExperimentProblem? _exact;

    private Experiment(ExperimentSpecification specification, ExperimentProblem problem, OtherRuns others)
    {
        (Specification, _problem, _others) = (specification, problem, others);
        Trained = specification.Model.Trained.ToTrainedSet(specification.Model);
        Options = OptionsOf(specification.Descent);
        _descent = new GradientDescent(Model, Options);
    }

    /// <summary>The resolved specification.</summary>
    public ExperimentSpecification Specification { get; }

    /// <summary>The model on the samples to train on.</summary>
    public IModel Model => _problem.Model;

    /// <summary>The model for what is said of exact arithmetic: where its passes
    /// are in single precision, one in double; made when it is asked for.</summary>
    internal IModel Exact => Specification.Descent.Precision == Precision.Double ? Model
        : (_exact ??= ExperimentProblem.Create(InDouble(Specification), 1, _others)).Model;

    /// <summary>The specification in double precision.</summary>
    internal static ExperimentSpecification InDouble(ExperimentSpecification specification) =>
        specification with { Descent = specification.Descent with { Precision = Precision.Double } };

    /// <summary>Model R, for what is about it alone.</summary>
    /// <exception cref="InvalidOperationException">It is another model.</exception>
    public ResidualTransformer Residual =>
        Model as ResidualTransformer ?? throw new InvalidOperationException("The model must be R but is another one.");

    /// <summary>Inputs and targets of models whose samples are tokens with a target for each.</summary>
    /// <exception cref="InvalidOperationException">The data are others.</exception>
    public TokenData Data =>
        _problem.Data ?? throw new InvalidOperationException("The data must be tokens with a target for each but are others.");

    /// <summary>θ_0; not to be written.</summary>
    public ModelParameters Initial => _problem.Initial;

    /// <summary>θ_0 of model R.</summary>
    public ResidualTransformerWeights InitialWeights => ResidualTransformerWeights.Of(Residual.Shape, Initial);

    /// <summary>The parameters that move.</summary>
    public TrainedSet Trained { get; }

    /// <summary>Where the data come from.</summary>
    public string DataDescription => _problem.Description;

    /// <summary>SHA-256 of the data.</summary>
    public string DataFingerprint => _problem.Fingerprint;

    /// <summary>ℒ(θ_0) over all samples, computed when it is asked for; the specification's loss floor is a fraction of it.</summary>
    public double InitialLoss => _initialLoss ??= Model.ExactLoss(Initial);

    /// <summary>Whether every step sees every sample.</summary>
    public bool IsFullBatch => !(Specification.Descent.BatchSize < Model.Samples);

    /// <summary>Whether it is gradient descent in the narrow sense, which theorems and the
    /// ladder are about: all samples, no momentum, no schedule, decay or clipping.</summary>
    public bool IsGradientDescent =>
        IsFullBatch
        && Specification.Descent is
        { Method: DescentMethod.GradientDescent, WarmUp: 0, Decay: StepDecay.None, WeightDecay: 0, GradientClip: null };

    /// <summary>Method, schedule, batches and reasons to stop. The step size
    /// itself is that of the state; the rule only says how it changes.</summary>
    public DescentOptions Options { get; private set; }

    /// <summary>The descent, ready to continue a state of <see cref="Start"/> or of a checkpoint.</summary>
    public GradientDescent Descent
    {
        get
        {
            Decide();
            return _descent;
        }
    }

    /// <summary>What <c>stepSize: best(…)</c> tried; null under other rules and before it is decided.</summary>
    internal StepTrials? Trials { get; private set; }

    /// <summary>Whether the step size changes along the run to keep the loss
    /// from rising; of <c>best(…)</c> known once it is decided.</summary>
    internal bool IsAdaptive => Options.StepSize is MonotoneStepSize;

    /// <summary>λ_max(J Jᵀ) that an automatic step size was made from, of model
    /// R; <c>null</c> before <see cref="Start"/> and under other rules.</summary>
    public LargestKernelEigenvalue? StartEigenvalue { get; private set; }

    /// <summary>η of the first step, the largest of a schedule; determined at the first call.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    public double StepSize => _stepSize ??= FindStepSize();

    /// <summary>The loss at which only rounding is left; <c>null</c> for a cross-entropy, which has no such level.</summary>
    public double? RoundingFloor
    {
        get
        {
            if (Model is ResidualTransformer { Shape: var shape, Tokens: var tokens } model)
            {
                return Spectra.RoundingFloor.Of(shape, tokens, model.Targets, model.Precision);
            }

            double factor = Model.SquaredErrorFactor;
            if (double.IsNaN(factor))
            {
                return null;
            }

            int mixed = Model is Transformer { Shape.IsShallowEncoder: true } encoder ? encoder.Tokens : Model.OutputRows;
            double terms = Model.Layout.Blocks.Select(block => Math.Max(block.Rows, block.Columns)).Distinct().Sum(size => (double)size)
                + mixed;
            double relative = 4 * Spectra.RoundingFloor.UnitRoundoff(Specification.Descent.Precision) * Math.Sqrt(terms);
            return factor * 0.5 * relative * relative * Vectors.SquaredNorm(_problem.Targets.Span);
        }
    }

    /// <summary>Builds everything that <paramref name="specification"/> describes.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="others">The folder of the runs that <c>stepSize: same(RUN)</c> and
    /// <c>initialisation.from</c> name; may be null when none is named.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model,
    /// or another run is not there or does not fit.</exception>
    public static Experiment Prepare(ExperimentSpecification specification, int threads = 1, RunStore? others = null) =>
        Prepare(specification, threads, OtherRuns.In(others));

    /// <summary>The experiment of a run; the run knows itself what it took from another one, which may be gone.</summary>
    /// <exception cref="BadInputException">The record is damaged, or its data are gone.</exception>
    internal static Experiment Of(RunRecord run, int threads = 1) => Prepare(StepTrials.Decided(run), threads, OtherRuns.Of(run.Files));

    /// <summary>The same in the memory of the model of an earlier experiment, which stays its owner's, if it is of this shape.</summary>
    internal static Experiment Prepare(
        ExperimentSpecification specification, int threads, OtherRuns others, ResidualTransformer? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ExperimentSpecification resolved = others.Pin(specification).Resolve();
        return new Experiment(resolved, ExperimentProblem.Create(resolved, threads, others, earlier), others);
    }

    /// <summary>Model R on given data.</summary>
    /// <param name="specification">A specification of model R without problems.</param>
    /// <param name="data">Its data, from <see cref="ExperimentData.Load"/>.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="others">The folder of the runs that <c>stepSize: same(RUN)</c> and
    /// <c>initialisation.from</c> name; may be null when none is named.</param>
    /// <exception cref="BadInputException">Specification and data contradict each other,
    /// or another run is not there or does not fit.</exception>
    public static Experiment Prepare(ExperimentSpecification specification, TokenData data, int threads = 1, RunStore? others = null) =>
        Prepare(specification, data, threads, OtherRuns.In(others));

    /// <summary>The same in the memory of an earlier model.</summary>
    internal static Experiment Prepare(
        ExperimentSpecification specification, TokenData data, int threads, OtherRuns others, ResidualTransformer? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(data);
        ExperimentSpecification resolved = others.Pin(specification).Resolve();
        return new Experiment(resolved, ExperimentProblem.Residual(resolved, data, threads, others, earlier), others);
    }

    /// <summary>Leaves the model to the caller, for a later experiment of the same
    /// shape; null for models that are not made again in the same memory.</summary>
    internal ResidualTransformer? KeepModel()
    {
        _keepsModel = Model is ResidualTransformer;
        return Model as ResidualTransformer;
    }

    /// <summary>The state at step 0; an automatic step size is determined here.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    public DescentState Start() => new(
        Initial.Clone(), Initial.Clone(), 0, StepSize, pathLength: 0,
        [.. Enumerable.Range(0, Options.Method.Moments).Select(_ => new double[Initial.Vector.Length])]);

    /// <summary>The descent to a step, whatever the loss, from a state before it.</summary>
    internal GradientDescent DescentTo(long step) =>
        new(Model, Options with { MaximumSteps = step, LossFloor = null, GradientTolerance = null });

    /// <summary>Takes the step size that a checkpoint was found with, so that
    /// it is not determined again; an adaptive one has changed since.</summary>
    internal void Adopt(DescentState checkpoint) =>
        _stepSize ??= Specification.Descent.StepSize.Kind == StepSizeKind.Adaptive ? null : checkpoint.StepSize;

    /// <summary>Loss and share of right answers on the samples to test on; null when there are none.</summary>
    public (double Loss, double Accuracy)? Test(ModelParameters parameters)
    {
        if (_problem.Test is not { } test)
        {
            return null;
        }

        Matrix logits = Matrix.Allocate(test.Samples, test.OutputColumns);
        test.Output(parameters, test.AllSamples, logits);
        int right = 0;
        for (int sample = 0; sample < test.Samples; sample++)
        {
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax<double>(logits.Row(sample)) == _problem.TestLabels[sample] ? 1 : 0;
        }

        return (test.Loss(parameters, test.AllSamples), (double)right / test.Samples);
    }

    /// <summary>The outcome of a descent, in a sentence.</summary>
    internal string Explain(DescentOutcome outcome) => outcome.Reason != StopReason.NonFinite ? outcome.Explanation
        : outcome.Step > 0 ? KeepsLastIterate ? outcome.Explanation
            : $"It diverged: loss or gradient are not finite after {outcome.Step} steps. A smaller step size may help."
        : FirstLoss.Words(Specification.Data, Specification.Model.Kind, InitialLoss, Numbers(_problem.Inputs), Numbers(_problem.Targets));

    /// <inheritdoc/>
    public void Dispose()
    {
        _exact?.Dispose();
        if (!_keepsModel)
        {
            _problem.Dispose();
        }
    }

    // What is updated in place is gone when the next loss is not finite.
    private bool KeepsLastIterate => IsFullBatch && Options.Method is PlainDescent { RoundsOnce: false };

    private static ReadOnlySpan<double> Numbers(in Matrix matrix) => matrix.Rows > 0 && matrix.IsContiguous ? matrix.Span : [];

    private DescentOptions OptionsOf(DescentSpecification descent) => new()
    {
        StepSize = descent.StepSize.Kind == StepSizeKind.Adaptive ? StepSizeRule.Monotone(StepSizeRule.Fixed(0)) : StepSizeRule.Fixed(0),
        Method = descent.Method switch
        {
            DescentMethod.Momentum => new MomentumDescent(),
            DescentMethod.Adam => new AdamDescent(),
            _ => new PlainDescent(RoundsOnce: Model is not ResidualTransformer),
        },
        Schedule = new StepSchedule { WarmUpSteps = descent.WarmUp, TotalSteps = descent.Decay == StepDecay.Linear ? descent.Steps : null },
        BatchSize = descent.BatchSize,
        WeightDecay = descent.WeightDecay,
        GradientClip = descent.GradientClip,
        BatchSeed = Specification.Seed,
        Trained = Trained,
        MaximumSteps = descent.Steps,

        // An initial loss that is not finite is an outcome of the first step, not a mistake in the options.
        LossFloor = descent.LossFloor > 0 && double.IsFinite(InitialLoss) ? descent.LossFloor * InitialLoss : 0,
        GradientTolerance = descent.GradientTolerance,
    };

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
            throw new BadInputException(
                "model.readoutWidth",
                $"the model's output has width {outputWidth} but the targets have {data.Targets.Columns}. Set "
                    + $"readoutWidth={data.Targets.Columns}.");
        }
    }
}
