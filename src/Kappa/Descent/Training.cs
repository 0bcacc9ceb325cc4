using Kappa.Models;

namespace Kappa.Descent;

/// <summary>Why a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All steps are made.</summary>
    Completed,

    /// <summary>The loss of the batch came down to the floor; that step was not made.</summary>
    LossFloor,

    /// <summary>The gradient norm of the batch came down to the tolerance; that step was not made.</summary>
    GradientTolerance,

    /// <summary>The loss or the gradient at the parameters of the state is not finite; they were not updated.</summary>
    NonFinite,

    /// <summary>It was asked to stop; the state can be continued.</summary>
    Cancelled,
}

/// <summary>What a step of a training shows, before its update.</summary>
/// <param name="Step">k.</param>
/// <param name="Loss">ℒ of the batch at θ_k.</param>
/// <param name="StepSize">η_k.</param>
/// <param name="State">The state before the update; not to be written.</param>
/// <param name="Gradient">∇ℒ of the batch; valid until the observer returns.</param>
public readonly record struct TrainingStep(long Step, double Loss, double StepSize, TrainingState State, ModelParameters Gradient);

/// <summary>Full-batch gradient descent, minibatch descent with momentum, and Adam on a trainable model (E.8–E.10).</summary>
/// <remarks>Step k sees the batch of k, whatever came before: same arguments, same bits, also when continued and for any number of threads. A step allocates nothing. One caller at a time.</remarks>
public sealed class Training
{
    private readonly IModel _model;
    private readonly TrainingOptions _options;
    private readonly BatchOrder _order;
    private readonly ModelParameters _gradient;

    /// <summary>Prepares a training.</summary>
    /// <param name="model">The model; stays the caller's to dispose.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="ArgumentException">An option is not valid or a trained name is not in the model.</exception>
    public Training(IModel model, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _ = options.Trained.Resolve(model.Layout);
        (_model, _options) = (model, options);
        _order = new BatchOrder(model.Samples, options.BatchSize ?? model.Samples, options.Seed);
        _gradient = new ModelParameters(model.Layout);
    }

    /// <summary>Steps of an epoch.</summary>
    public int BatchesPerEpoch => _order.BatchesPerEpoch;

    /// <summary>The state at step 0.</summary>
    /// <param name="initial">θ_0; copied.</param>
    public TrainingState Start(ModelParameters initial)
    {
        ArgumentNullException.ThrowIfNull(initial);
        return new TrainingState(initial.Clone(), [.. Enumerable.Range(0, _options.Method.Moments).Select(_ => new double[initial.Vector.Length])]);
    }

    /// <summary>Trains from <paramref name="state"/> on, in place.</summary>
    /// <param name="state">From <see cref="Start"/>, or restored.</param>
    /// <param name="observer">Called at every step with finite loss and gradient, before the update.</param>
    /// <param name="cancellation">When requested, the run ends before the next step.</param>
    /// <exception cref="ArgumentException">The state does not fit the model or the method.</exception>
    public TrainingEnd Run(TrainingState state, Action<TrainingStep>? observer = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Moments.Count != _options.Method.Moments)
        {
            throw new ArgumentException($"The state must have {_options.Method.Moments} moments for this method but has {state.Moments.Count}.", nameof(state));
        }

        for (; state.Step < _options.MaximumSteps; state.Step++)
        {
            if (cancellation.IsCancellationRequested)
            {
                return TrainingEnd.Cancelled;
            }

            double loss = _model.LossAndGradient(state.Parameters, _order.Of(state.Step), _gradient, _options.Trained);
            double squaredNorm = Numerics.Vectors.SquaredNorm(_gradient.Vector);
            if (!double.IsFinite(loss) || !double.IsFinite(squaredNorm))
            {
                return TrainingEnd.NonFinite;
            }

            double stepSize = _options.Schedule.At(state.Step);
            observer?.Invoke(new TrainingStep(state.Step, loss, stepSize, state, _gradient));
            if (loss <= _options.LossFloor || Math.Sqrt(squaredNorm) <= _options.GradientTolerance)
            {
                return loss <= _options.LossFloor ? TrainingEnd.LossFloor : TrainingEnd.GradientTolerance;
            }

            _options.Method.Update(state.Parameters.Vector, _gradient.Vector, state.Vectors, stepSize, state.Step);
        }

        return TrainingEnd.Completed;
    }
}
