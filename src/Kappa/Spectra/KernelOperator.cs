using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>u ↦ J Jᵀ u, the neural tangent kernel (P.4) at given weights: one backward pass for Jᵀ u (R.6) and one tangent for J (Jᵀ u).</summary>
/// <remarks>It uses the evaluator's last forward pass: nobody else may use the evaluator, or change the weights, as long as this is in use. No allocation per product.</remarks>
public sealed class KernelOperator : ISymmetricOperator
{
    private readonly ResidualTransformer _model;
    private readonly ResidualTransformerWeights _weights;
    private readonly ResidualTransformerWeights _gradient;
    private readonly TrainedSet _trained;
    private readonly Matrix _vector;

    /// <summary>Makes the forward pass.</summary>
    /// <param name="model">The evaluator; its last forward pass is replaced.</param>
    /// <param name="weights">Where.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <exception cref="ArgumentException">The weights do not fit the model, or a trained name is not in it.</exception>
    public KernelOperator(ResidualTransformer model, ResidualTransformerWeights weights, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(trained);
        bool[] isTrained = trained.Resolve(weights.Layout);
        model.Forward(weights);
        (_model, _weights, _trained) = (model, weights, trained);
        _gradient = new ResidualTransformerWeights(model.Shape);
        _vector = Matrix.Allocate(model.Output.Rows, model.Output.Columns);
        Parameters = weights.Layout.Blocks.Where((_, index) => isTrained[index]).Sum(block => block.Length);
    }

    /// <summary>M·d_out.</summary>
    public int Size => _vector.Rows * _vector.Columns;

    /// <summary>P, the number of trained parameters: K has at most this rank.</summary>
    public int Parameters { get; }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        x.CopyTo(_vector.Span);
        _model.Backward(_weights, _vector, _gradient, _trained);
        _model.Tangent(_weights, _gradient, _vector, _trained);
        _vector.Span.CopyTo(y);
    }
}
