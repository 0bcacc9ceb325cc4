using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

/// <summary>A specification of a model other than R made runnable: model on its data, initial parameters, method and step size, all determined by the specification.</summary>
/// <remarks>Owns the model and its threads. The same specification gives the same bits for any number of threads.</remarks>
internal sealed class TrainableExperiment : IDisposable
{
    private readonly TrainableProblem _problem;
    private readonly double _initialLoss;
    private readonly Func<string, double> _stepSizeOf;
    private double? _stepSize;

    private TrainableExperiment(ExperimentSpecification specification, TrainableProblem problem, Func<string, double>? stepSizeOf)
    {
        (Specification, _problem, _stepSizeOf) = (specification, problem, stepSizeOf ?? Experiment.NoOtherRuns);
        Trained = specification.Model.Trained.ToTrainedSet(specification.Model);
        _initialLoss = problem.Model.Loss(problem.Initial, problem.Model.AllSamples);
    }

    /// <summary>The resolved specification.</summary>
    public ExperimentSpecification Specification { get; }

    /// <summary>The model on the samples to train on.</summary>
    public IModel Model => _problem.Model;

    /// <summary>θ_0; not to be written.</summary>
    public ModelParameters Initial => _problem.Initial;

    /// <summary>The matrices that move.</summary>
    public TrainedSet Trained { get; }

    /// <summary>Where the data come from.</summary>
    public string DataDescription => _problem.Description;

    /// <summary>SHA-256 of the data.</summary>
    public string DataFingerprint => _problem.Fingerprint;

    /// <summary>ℒ(θ_0) over all samples.</summary>
    public double InitialLoss => _initialLoss;

    /// <summary>Whether every step sees every sample.</summary>
    public bool IsFullBatch => !(Specification.Descent.BatchSize < Model.Samples);

    /// <summary>Whether it is gradient descent in the narrow sense, which theorems and the ladder are about: all samples, no momentum, one step size.</summary>
    public bool IsGradientDescent => IsFullBatch && Specification.Descent is { Method: DescentMethod.GradientDescent, WarmUp: 0, Decay: StepDecay.None };

    /// <summary>Factor of ½‖F − Y‖² in the loss: 1, or one over the samples; NaN for a cross-entropy.</summary>
    public double LossFactor => Model switch
    {
        Transformer => double.NaN,
        ShallowEncoder { Shape.Reduction: LossReduction.Mean } => 1.0 / Model.Samples,
        _ => 1,
    };

    /// <summary>Largest η of the schedule; an automatic one is determined at the first call.</summary>
    public double StepSize
    {
        get => _stepSize ??= FindStepSize();
        internal set => _stepSize = value;
    }

    /// <summary>Builds everything that <paramref name="specification"/> describes.</summary>
    /// <param name="specification">A specification without problems, of a kind other than R.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="stepSizeOf">Finds the step size of the run that <c>stepSize: same(RUN)</c> names.</param>
    /// <exception cref="BadInputException">The data cannot be read or contradict the model.</exception>
    public static TrainableExperiment Prepare(ExperimentSpecification specification, int threads = 1, Func<string, double>? stepSizeOf = null)
    {
        ExperimentSpecification resolved = specification.Resolve();
        return new TrainableExperiment(resolved, TrainableProblem.Create(resolved, threads), stepSizeOf);
    }

    /// <summary>The method, schedule and reasons to stop.</summary>
    public TrainingOptions Options() => new()
    {
        Method = Method,
        Schedule = new StepSchedule
        {
            Peak = StepSize,
            WarmUpSteps = Specification.Descent.WarmUp,
            TotalSteps = Specification.Descent.Decay == StepDecay.Linear ? Specification.Descent.Steps : null,
        },
        BatchSize = Specification.Descent.BatchSize,
        Seed = Specification.Seed,
        Trained = Trained,
        MaximumSteps = Specification.Descent.Steps,
        LossFloor = double.IsFinite(_initialLoss) ? Specification.Descent.LossFloor * _initialLoss : 0,
        GradientTolerance = Specification.Descent.GradientTolerance,
    };

    /// <summary>How many vectors the method carries.</summary>
    public int Moments => Method.Moments;

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

    /// <summary>The loss at which only rounding is left; null for a cross-entropy, which has no such level.</summary>
    public double? RoundingFloor()
    {
        if (double.IsNaN(LossFactor))
        {
            return null;
        }

        Matrix targets = Model is ShallowEncoder encoder ? encoder.Targets : ((KernelAttention)Model).Targets;
        double terms = Model.Layout.Blocks.Select(block => Math.Max(block.Rows, block.Columns)).Distinct().Sum(size => (double)size) + Tokens;
        double relative = 4 * Spectra.RoundingFloor.UnitRoundoff(Specification.Descent.Precision) * Math.Sqrt(terms);
        return LossFactor * 0.5 * relative * relative * Vectors.SquaredNorm(targets.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => _problem.Dispose();

    private int Tokens => Model switch { ShallowEncoder encoder => encoder.Tokens, _ => Model.OutputRows };

    private TrainingMethod Method => Specification.Descent.Method switch
    {
        DescentMethod.Momentum => new MomentumDescent(),
        DescentMethod.Adam => new AdamDescent(),
        _ => new PlainDescent(),
    };

    private double FindStepSize()
    {
        StepSizeSpecification rule = Specification.Descent.StepSize;
        switch (rule.Kind)
        {
            case StepSizeKind.Fixed:
                return rule.Value;
            case StepSizeKind.SameAs:
                return _stepSizeOf(rule.Run!);
            default:
                return StepSizes.Automatic(rule.Value, LossFactor * TrainableCurvature.Of(Model, Initial, Trained));
        }
    }
}
