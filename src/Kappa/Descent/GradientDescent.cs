using Kappa.Models;

namespace Kappa.Descent;

/// <summary>Gradient descent on any model: plain θ_{k+1} = θ_k − η ∇ℒ(θ_k),
/// with momentum or Adam (E.8, E.9), on all samples or on batches.</summary>
/// <remarks>
/// Step k evaluates θ_k, shows it to the observer, asks whether to stop, and only then updates: every quantity of step k belongs to θ_k. On
/// batches the iterate after the last update belongs to none, so its loss is that of all samples and no observer sees it. Same arguments,
/// same bits, for any number of threads, also when continued. A step allocates nothing. One caller at a time; the model stays the caller's.
/// </remarks>
public sealed class GradientDescent
{
    private readonly IModel _model;
    private readonly DescentOptions _options;
    private readonly BatchOrder _order;
    private readonly bool _isFullBatch;
    private readonly ModelParameters _gradient;
    private readonly DescentStep _current;
    private readonly DescentUpdate _update;
    private ModelParameters? _next;

    /// <summary>Prepares the descent.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="ArgumentException">The options are not valid or a trained name is not in the model.</exception>
    public GradientDescent(IModel model, DescentOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        bool[] isTrained = options.Trained.Resolve(model.Layout);
        (_model, _options) = (model, options);
        _order = new BatchOrder(model.Samples, options.BatchSize ?? model.Samples, options.BatchSeed);
        _isFullBatch = _order.BatchesPerEpoch == 1;
        if (!_isFullBatch && options.StepSize is MonotoneStepSize)
        {
            throw new ArgumentException("The monotone step size must be used on the full batch but the batch is smaller.", nameof(options));
        }

        _gradient = new ModelParameters(model.Layout);
        _current = new DescentStep(model, _gradient, isTrained);
        _update = new DescentUpdate(options, isTrained, _gradient, _isFullBatch);
    }

    /// <summary>Steps of an epoch.</summary>
    public int BatchesPerEpoch => _order.BatchesPerEpoch;

    /// <summary>λ_max(J Jᵀ) that an automatic step size was made from in the
    /// last <see cref="Start"/>; <c>null</c> under other rules.</summary>
    public LargestKernelEigenvalue? StartEigenvalue { get; private set; }

    /// <summary>The samples of step <paramref name="step"/>; valid until the next call or step.</summary>
    /// <param name="step">k.</param>
    public ReadOnlySpan<int> BatchOf(long step) => _order.Of(step);

    /// <summary>The state at step 0: copies of the initial parameters, and the step size resolved.</summary>
    /// <param name="initial">θ_0 of the model's layout; copied.</param>
    /// <param name="seed">Seed of the power iteration of an automatic step size.</param>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public DescentState Start(ModelParameters initial, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(initial);
        initial.RequireLayout(_model.Layout, nameof(initial));
        StartEigenvalue = null;
        double[][] moments = [.. Enumerable.Range(0, _options.Method.Moments).Select(_ => new double[initial.Vector.Length])];
        return new DescentState(
            initial.Clone(), initial.Clone(), 0, FirstStepSize(_options.StepSize, initial, seed), pathLength: 0, moments);
    }

    /// <summary>Descends from <paramref name="state"/> until a reason to stop; the state is advanced in place.</summary>
    /// <param name="state">From <see cref="Start"/> or a checkpoint.</param>
    /// <param name="observer">Called at every step with finite loss and gradient, before the update. It may use the model.</param>
    /// <param name="record">Filled at every step with the layers that the observer looks at; made by it for this model.</param>
    /// <param name="cancellation">
    /// When requested, the run ends before the next step is observed, so that a continued run observes each step once.
    /// </param>
    /// <exception cref="ArgumentException">The state does not fit the model or the method, or the record the model.</exception>
    public DescentOutcome Run(
        DescentState state, Action<DescentStep>? observer = null, LayerRecord? record = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Parameters.RequireLayout(_model.Layout, nameof(state));
        if (state.Moments.Count != _options.Method.Moments)
        {
            throw new ArgumentException(
                $"The state must have {_options.Method.Moments} moments for this method but has {state.Moments.Count}.", nameof(state));
        }

        _next = state.Parameters.Clone();
        _current.State = state;
        for (bool hasPrevious = false; ; hasPrevious = true)
        {
            if (!_isFullBatch && state.Step >= _options.MaximumSteps)
            {
                return Conclude(state);
            }

            if (!Evaluate(state, _order.Of(state.Step), record))
            {
                return NonFinite(state, hasPrevious);
            }

            if (cancellation.IsCancellationRequested)
            {
                return Outcome(StopReason.Cancelled, state);
            }

            observer?.Invoke(_current);
            if (ReasonToStop(state) is StopReason reason)
            {
                return Outcome(reason, state);
            }

            if (!Advance(state))
            {
                return Outcome(StopReason.NoDecrease, state);
            }
        }
    }

    private double FirstStepSize(StepSizeRule rule, ModelParameters parameters, long seed)
    {
        switch (rule)
        {
            case FixedStepSize fixedRule:
                return fixedRule.StepSize;
            case MonotoneStepSize monotone:
                return FirstStepSize(monotone.Start, parameters, seed);
            default:
                LargestKernelEigenvalue eigenvalue = PowerIteration.Estimate(_model, parameters, _options.Trained, seed);
                StartEigenvalue = eigenvalue;
                double stepSize = ((AutomaticStepSize)rule).Multiple / eigenvalue.Value;

                // λ_max = 0 leaves nothing to learn to first order, a non-finite one nothing to compute.
                return double.IsFinite(stepSize) ? stepSize : 0;
        }
    }

    // Loss, gradient, norms and, where they come with the gradient, the
    // proposed θ_{k+1}; false when the loss or the gradient is not finite.
    private bool Evaluate(DescentState state, ReadOnlySpan<int> batch, LayerRecord? record)
    {
        _current.StepSize = _options.Schedule.At(state.StepSize, state.Step);
        Action<int>? propose = _update.Begin(state, _next!, _current.StepSize);
        _current.Loss = _model.LossAndGradient(state.Parameters, batch, _gradient, _options.Trained, record, propose);
        if (!double.IsFinite(_current.Loss))
        {
            return false;
        }

        _update.CollectNorms(_current);
        return double.IsFinite(_current.GradientNorm);
    }

    // On batches: what came of the last update is the loss of all samples.
    private DescentOutcome Conclude(DescentState state)
    {
        double loss = _model.LossAndGradient(state.Parameters, _model.AllSamples, _gradient, _options.Trained);
        bool isFinite = double.IsFinite(loss) && double.IsFinite(Numerics.Vectors.SquaredNorm(_gradient.Vector));
        return new DescentOutcome(isFinite ? StopReason.StepBudget : StopReason.NonFinite, state.Step, loss);
    }

    private StopReason? ReasonToStop(DescentState state) =>
        _current.Loss <= _options.LossFloor ? StopReason.LossFloor
        : _current.GradientNorm <= _options.GradientTolerance ? StopReason.GradientTolerance
        : state.Step >= _options.MaximumSteps ? StopReason.StepBudget
        : null;

    // False when the monotone rule finds no step that does not raise the loss.
    private bool Advance(DescentState state)
    {
        if (!_update.IsProposed)
        {
            _update.Apply(state, _next!, _current);
            state.Step++;
            return true;
        }

        double stepSize = _current.StepSize;
        if (_options.StepSize is MonotoneStepSize monotone)
        {
            stepSize = LargestStepWithoutRise(state);
            if (stepSize == 0)
            {
                return false;
            }

            state.StepSize = Math.Min(stepSize * monotone.Growth, double.MaxValue);
        }

        _update.Accept(state, stepSize * _current.GradientNorm);
        state.Step++;
        (state.Parameters, _next) = (_next!, state.Parameters);
        return true;
    }

    // η, η/2, η/4, … until ℒ(θ − η∇ℒ) ≤ ℒ(θ); 0 when the step no longer changes any parameter.
    private double LargestStepWithoutRise(DescentState state)
    {
        for (double stepSize = state.StepSize; ; stepSize /= 2)
        {
            if (stepSize != state.StepSize)
            {
                _update.ProposeAll(stepSize);
            }

            if (_next!.Vector.AsSpan().SequenceEqual(state.Parameters.Vector))
            {
                return 0;
            }

            if (_model.Loss(_next, _model.AllSamples) <= _current.Loss)
            {
                return stepSize;
            }
        }
    }

    private DescentOutcome NonFinite(DescentState state, bool hasPrevious)
    {
        long step = state.Step;

        // A finite loss with a non-finite gradient leaves θ_k the last finite iterate; a non-finite loss goes back to θ_{k−1}, which the
        // other buffer still holds unless the update was made in place.
        if (_update.IsProposed && !double.IsFinite(_current.Loss) && hasPrevious)
        {
            (state.Parameters, _next) = (_next!, state.Parameters);
            _update.TakeBack(state);
            state.Step--;
        }

        return new DescentOutcome(StopReason.NonFinite, step, _current.Loss);
    }

    private DescentOutcome Outcome(StopReason reason, DescentState state) => new(reason, state.Step, _current.Loss);
}
