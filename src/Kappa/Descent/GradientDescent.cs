using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Full-batch gradient descent θ_{k+1} = θ_k − η ∇ℒ(θ_k) on model R.</summary>
/// <remarks>
/// Step k evaluates θ_k, shows it to the observer, asks whether to stop, and only then updates: every quantity of step k belongs to θ_k. Same arguments, same bits, for any number of threads.
/// A step allocates nothing. One caller at a time; the evaluator stays the caller's to dispose.
/// </remarks>
public sealed class GradientDescent
{
    private readonly ResidualTransformer _model;
    private readonly Objective _objective;
    private readonly DescentOptions _options;
    private readonly bool[] _isTrained;
    private readonly ParameterLayout _layout;
    private readonly ResidualTransformerWeights _gradient;
    private readonly DescentStep _current;
    private ResidualTransformerWeights _next;
    private bool _keepsLayers;
    private double _proposedStepSize;

    // What a part of the gradient is turned into at once, on the thread that completed it: the norms of each matrix and its part of θ_{k+1}.
    private readonly UpdateNorms[] _norms;
    private readonly Action<int> _propose;
    // The path length at the iterate that the other buffer holds.
    private double _previousPathLength;

    /// <summary>Prepares the descent.</summary>
    /// <param name="model">The evaluator.</param>
    /// <param name="objective">The loss; its targets have the shape of the model's output.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="ArgumentException">The options are not valid, the targets do not fit or a trained name is not in the model.</exception>
    public GradientDescent(ResidualTransformer model, Objective objective, DescentOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (objective.Targets.Rows != model.Rows || objective.Targets.Columns != model.Shape.OutputWidth)
        {
            throw new ArgumentException($"Y must have the shape of the output, [{model.Rows}, {model.Shape.OutputWidth}], but is {objective.Targets}.", nameof(objective));
        }

        _model = model;
        _objective = objective;
        _options = options;
        _gradient = new ResidualTransformerWeights(model.Shape);
        _next = new ResidualTransformerWeights(model.Shape);
        _layout = _gradient.Layout;
        _isTrained = options.Trained.Resolve(_layout);
        _norms = new UpdateNorms[_isTrained.Length];
        _propose = Propose;
        _current = new DescentStep(model, _gradient, Matrix.Allocate(model.Rows, model.Shape.OutputWidth));
    }

    /// <summary>λ_max(J Jᵀ) that an automatic step size was made from in the last <see cref="Start"/>; <c>null</c> under other rules.</summary>
    public LargestKernelEigenvalue? StartEigenvalue { get; private set; }

    /// <summary>The state at step 0: copies of the initial weights, and the step size resolved.</summary>
    /// <param name="initialWeights">θ_0 of the model's layout; copied.</param>
    /// <param name="seed">Seed of the power iteration of an automatic step size.</param>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public DescentState Start(ResidualTransformerWeights initialWeights, long seed = 0)
    {
        var weights = new ResidualTransformerWeights(_model.Shape);
        var initial = new ResidualTransformerWeights(_model.Shape);
        weights.CopyFrom(initialWeights);
        initial.CopyFrom(initialWeights);
        StartEigenvalue = null;
        return new DescentState(weights, initial, step: 0, FirstStepSize(_options.StepSize, weights, seed), pathLength: 0);
    }

    /// <summary>Descends from <paramref name="state"/> until a reason to stop; the state is advanced in place.</summary>
    /// <param name="state">From <see cref="Start"/> or a checkpoint.</param>
    /// <param name="observer">Called at every step with finite loss and gradient, before the update. It may use the evaluator's matrices but not run it.</param>
    /// <param name="cancellation">When requested, the run ends before the next step is observed, so that a continued run observes each step once.</param>
    /// <exception cref="ArgumentException">The state does not fit the model.</exception>
    public DescentOutcome Run(DescentState state, Action<DescentStep>? observer = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        _next.CopyFrom(state.Weights);
        _current.State = state;
        _keepsLayers = observer is not null;
        _model.IsLookedAt = false;
        bool hasPrevious = false;
        while (true)
        {
            if (!Evaluate(state))
            {
                return NonFinite(state, hasPrevious);
            }

            if (cancellation.IsCancellationRequested)
            {
                return Outcome(StopReason.Cancelled, state);
            }

            observer?.Invoke(_current);

            // An observer that looks at no layer at its first step is not expected to; if it does later, the layers are computed then and kept from then on.
            // Not so in single precision, where computing them again would give other bits than the pass.
            _keepsLayers = observer is not null && (_model.IsLookedAt || _model.Precision == Precision.Single);
            if (ReasonToStop(state) is StopReason reason)
            {
                return Outcome(reason, state);
            }

            if (!Advance(state))
            {
                return Outcome(StopReason.NoDecrease, state);
            }

            hasPrevious = true;
        }
    }

    private double FirstStepSize(StepSizeRule rule, ResidualTransformerWeights weights, long seed)
    {
        switch (rule)
        {
            case FixedStepSize fixedRule:
                return fixedRule.StepSize;
            case MonotoneStepSize monotone:
                return FirstStepSize(monotone.Start, weights, seed);
            default:
                LargestKernelEigenvalue eigenvalue = PowerIteration.Estimate(_model, weights, _options.Trained, seed);
                StartEigenvalue = eigenvalue;
                double stepSize = ((AutomaticStepSize)rule).Multiple / eigenvalue.Value;

                // λ_max = 0 leaves nothing to learn to first order, a non-finite one nothing to compute.
                return double.IsFinite(stepSize) ? stepSize : 0;
        }
    }

    // Loss, gradient, norms and the proposed θ_{k+1}; false when the loss or the gradient is not finite.
    private bool Evaluate(DescentState state)
    {
        _proposedStepSize = state.StepSize;
        _current.Loss = _model.LossAndGradient(state.Weights, _objective.Targets, _current.Residual, _gradient, _options.Trained, _keepsLayers, _propose);
        if (!double.IsFinite(_current.Loss))
        {
            return false;
        }

        CollectNorms();
        return double.IsFinite(_current.GradientNorm);
    }

    private void Propose(int index)
    {
        if (_isTrained[index])
        {
            DescentState state = _current.State;
            ParameterBlock block = _layout.Blocks[index];
            _norms[index] = DescentUpdate.Propose(Part(state.Weights), Part(_gradient), Part(state.InitialWeights), _proposedStepSize, Part(_next));

            Span<double> Part(ResidualTransformerWeights weights) => weights.Vector.AsSpan(block.Offset, block.Length);
        }
    }

    private void CollectNorms()
    {
        _current.BeginNorms();
        for (int k = 0; k < _isTrained.Length; k++)
        {
            if (_isTrained[k])
            {
                _current.AddNorms(_layout.Blocks[k].Kind, _norms[k]);
            }
        }

        _current.EndNorms();
    }

    private StopReason? ReasonToStop(DescentState state) =>
        _current.Loss <= _options.LossFloor ? StopReason.LossFloor
        : _current.GradientNorm <= _options.GradientTolerance ? StopReason.GradientTolerance
        : state.Step >= _options.MaximumSteps ? StopReason.StepBudget
        : null;

    // False when the monotone rule finds no step that does not raise the loss.
    private bool Advance(DescentState state)
    {
        double stepSize = state.StepSize;
        if (_options.StepSize is MonotoneStepSize monotone)
        {
            stepSize = LargestStepWithoutRise(state);
            if (stepSize == 0)
            {
                return false;
            }

            state.StepSize = Math.Min(stepSize * monotone.Growth, double.MaxValue);
        }

        _previousPathLength = state.PathLength;
        state.PathLength += stepSize * _current.GradientNorm;
        state.Step++;
        (state.Weights, _next) = (_next, state.Weights);
        return true;
    }

    // η, η/2, η/4, … until ℒ(θ − η∇ℒ) ≤ ℒ(θ); 0 when the step no longer changes any parameter.
    private double LargestStepWithoutRise(DescentState state)
    {
        for (double stepSize = state.StepSize; ; stepSize /= 2)
        {
            if (stepSize != state.StepSize)
            {
                ProposeAll(stepSize);
            }

            if (_next.Vector.AsSpan().SequenceEqual(state.Weights.Vector))
            {
                return 0;
            }

            if (_model.Loss(_next, _objective.Targets) <= _current.Loss)
            {
                return stepSize;
            }
        }
    }

    private void ProposeAll(double stepSize)
    {
        _proposedStepSize = stepSize;
        for (int index = 0; index < _isTrained.Length; index++)
        {
            Propose(index);
        }
    }

    private DescentOutcome NonFinite(DescentState state, bool hasPrevious)
    {
        long step = state.Step;

        // A finite loss with a non-finite gradient leaves θ_k the last finite iterate; a non-finite loss goes back to θ_{k−1}, which the other buffer still holds.
        if (!double.IsFinite(_current.Loss) && hasPrevious)
        {
            (state.Weights, _next) = (_next, state.Weights);
            state.PathLength = _previousPathLength;
            state.Step--;
        }

        return new DescentOutcome(StopReason.NonFinite, step, _current.Loss);
    }

    private DescentOutcome Outcome(StopReason reason, DescentState state) => new(reason, state.Step, _current.Loss);
}
