using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>What a theorem about gradient descent is evaluated at: a model, its data,
/// its weights θ_0 and the trained blocks, with the forward pass done.</summary>
/// <remarks>Copies the weights and owns its evaluator, so it stays valid whatever its caller does next. Not thread-safe.</remarks>
public sealed class ResidualTransformerPoint : IDisposable
{
    private readonly Matrix _residual;

    /// <summary>Evaluates the model once at the given weights.</summary>
    /// <param name="inputs">X [N·n, d], samples stacked.</param>
    /// <param name="samples">Number of samples N.</param>
    /// <param name="targets">Y [N·n, d_out], contiguous.</param>
    /// <param name="weights">θ_0; copied.</param>
    /// <param name="trained">The trained blocks; the others are constants.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or nothing is trained.</exception>
    public ResidualTransformerPoint(Matrix inputs, int samples, Matrix targets, ResidualTransformerWeights weights, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(trained);
        Weights = weights.Clone();
        Trained = trained;
        IsTrained = trained.Resolve(weights.Layout);
        Model = new ResidualTransformer(weights.Shape, inputs, targets, samples);
        Model.Forward(Weights);
        _residual = Matrix.Allocate(targets.Rows, targets.Columns);
        Loss = 0.5 * SquaredError.Of(Model.ForwardOutput, Model.Targets, _residual);
    }

    /// <summary>The point of a model on its data.</summary>
    /// <param name="model">The model, of any precision; its data are taken.</param>
    /// <param name="parameters">θ_0; copied.</param>
    /// <param name="trained">The trained blocks.</param>
    /// <exception cref="ArgumentException">The layout differs, or nothing is trained.</exception>
    public static ResidualTransformerPoint Of(ResidualTransformer model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(model.Inputs, model.Samples, model.Targets, ResidualTransformerWeights.Of(model.Shape, parameters), trained);
    }

    /// <summary>The shape of the model.</summary>
    public ResidualTransformerShape Shape => Weights.Shape;

    /// <summary>θ_0; not to be written.</summary>
    public ResidualTransformerWeights Weights { get; }

    /// <summary>The trained blocks.</summary>
    public TrainedSet Trained { get; }

    /// <summary>For each block of the layout, whether it is trained.</summary>
    public IReadOnlyList<bool> IsTrained { get; }

    /// <summary>The evaluator, its last forward pass at <see cref="Weights"/>;
    /// a theorem that runs it elsewhere runs it here again.</summary>
    public ResidualTransformer Model { get; }

    /// <summary>F − Y [M, d_out].</summary>
    public Matrix Residual => _residual;

    /// <summary>ℒ_0 = ½ ‖F − Y‖²; not finite when the weights or data are not.</summary>
    public double Loss { get; }

    /// <summary>M = N·n stacked token rows.</summary>
    public int Rows => Model.Rows;

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
