using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Landscapes;

/// <summary>ℒ = ½ ‖F − Y‖² of model R (R.4) over its trained parameters, in double precision.</summary>
internal sealed class ResidualLoss : ILandscapeLoss
{
    private readonly ResidualTransformer _model;
    private readonly Matrix _targets;
    private readonly Matrix _residual;
    private readonly ResidualTransformerWeights _weights;
    private readonly ResidualTransformerWeights _gradient;
    private readonly TrainedSet _trained;

    /// <summary>A single-threaded evaluator of its own.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="inputs">X [N·n, d]; only read.</param>
    /// <param name="targets">Y [N·n, d_out]; only read.</param>
    /// <param name="samples">N.</param>
    /// <param name="weights">θ, whose untrained matrices are kept; copied.</param>
    /// <param name="trained">The parameters that the landscape is over.</param>
    public ResidualLoss(ResidualTransformerShape shape, Matrix inputs, Matrix targets, int samples, ResidualTransformerWeights weights, TrainedSet trained)
    {
        _model = new ResidualTransformer(shape, inputs, samples);
        (_targets, _trained) = (targets, trained);
        _residual = Matrix.Allocate(targets.Rows, targets.Columns);
        _weights = new ResidualTransformerWeights(shape);
        _weights.CopyFrom(weights);
        _gradient = new ResidualTransformerWeights(shape);
        Coordinates = new TrainedCoordinates(weights.Layout, trained);
    }

    /// <inheritdoc/>
    public TrainedCoordinates Coordinates { get; }

    /// <inheritdoc/>
    public bool HasExactHessian => true;

    /// <inheritdoc/>
    public bool HasKinks => !_model.Shape.Activation.IsSmooth;

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<double> point)
    {
        Coordinates.Scatter(point, _weights.Vector);
        return _model.Loss(_weights, _targets);
    }

    /// <inheritdoc/>
    public double LossAndGradient(ReadOnlySpan<double> point, Span<double> gradient)
    {
        Coordinates.Scatter(point, _weights.Vector);
        double loss = _model.LossAndGradient(_weights, _targets, _residual, _gradient, _trained);
        Coordinates.Gather(_gradient.Vector, gradient);
        return loss;
    }

    /// <inheritdoc/>
    public ISymmetricOperator HessianAt(ReadOnlySpan<double> point)
    {
        Coordinates.Scatter(point, _weights.Vector);
        return new HessianOperator(_model, _weights, _targets, _trained);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
