using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>ℒ of a model over all samples, or some of them, and its trained parameters.</summary>
internal sealed class ModelLoss : ILandscapeLoss
{
    private readonly IModel _model;
    private readonly int[] _batch;
    private readonly ModelParameters _parameters;
    private readonly ModelParameters _gradient;
    private readonly TrainedSet _trained;

    /// <summary>Takes over the model, which it disposes.</summary>
    /// <param name="model">On one thread and in double precision; no other evaluator may use it.</param>
    /// <param name="parameters">θ, whose untrained matrices are kept; copied.</param>
    /// <param name="trained">The parameters that the landscape is over.</param>
    /// <param name="batch">Sample numbers; all when <see langword="null"/>.</param>
    public ModelLoss(IModel model, ModelParameters parameters, TrainedSet trained, int[]? batch = null)
    {
        (_model, _trained) = (model, trained);
        _batch = batch ?? [.. model.AllSamples];
        _parameters = parameters.Clone();
        _gradient = new ModelParameters(model.Layout);
        Coordinates = new TrainedCoordinates(model.Layout, trained);
    }

    /// <inheritdoc/>
    public TrainedCoordinates Coordinates { get; }

    /// <inheritdoc/>
    public bool HasKinks => _model.HasKinks;

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<double> point)
    {
        Coordinates.Scatter(point, _parameters.Vector);
        return _model.Loss(_parameters, _batch);
    }

    /// <inheritdoc/>
    public double LossAndGradient(ReadOnlySpan<double> point, Span<double> gradient)
    {
        Coordinates.Scatter(point, _parameters.Vector);
        double loss = _model.LossAndGradient(_parameters, _batch, _gradient, _trained);
        Coordinates.Gather(_gradient.Vector, gradient);
        return loss;
    }

    /// <inheritdoc/>
    public ISymmetricOperator HessianAt(ReadOnlySpan<double> point)
    {
        if (!_model.AllSamples.SequenceEqual(_batch))
        {
            return new DifferencedHessian(this, point);
        }

        Coordinates.Scatter(point, _parameters.Vector);
        return new HessianOperator(_model, _parameters, _trained);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
