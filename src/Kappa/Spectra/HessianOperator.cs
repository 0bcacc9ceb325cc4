using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>v ↦ ∇²ℒ v in the trained parameters, ℒ = ½‖F − Y‖² at given weights, by exact Hessian products (R.7).</summary>
/// <remarks>It uses the evaluator's last forward pass: nobody else may use the evaluator, or change the weights, as long as this is in use. No allocation per product after the first.</remarks>
public sealed class HessianOperator : ISymmetricOperator
{
    private readonly ResidualTransformer _model;
    private readonly ResidualTransformerWeights _weights;
    private readonly ResidualTransformerWeights _direction;
    private readonly ResidualTransformerWeights _product;
    private readonly TrainedSet _trained;
    private readonly ParameterBlock[] _blocks;
    private readonly Matrix _residual;

    /// <summary>Makes the forward pass.</summary>
    /// <param name="model">The evaluator; its last forward pass is replaced.</param>
    /// <param name="weights">Where.</param>
    /// <param name="targets">Y [M, d_out].</param>
    /// <param name="trained">The parameters that the Hessian is taken in.</param>
    /// <exception cref="ArgumentException">The weights or targets do not fit the model, or a trained name is not in it.</exception>
    public HessianOperator(ResidualTransformer model, ResidualTransformerWeights weights, Matrix targets, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(trained);
        if (targets.Rows != model.Output.Rows || targets.Columns != model.Output.Columns)
        {
            throw new ArgumentException($"Y must be of the output's shape {model.Output} but is {targets}.", nameof(targets));
        }

        bool[] isTrained = trained.Resolve(weights.Layout);
        model.Forward(weights);
        (_model, _weights, _trained) = (model, weights, trained);
        _blocks = [.. weights.Layout.Blocks.Where((_, index) => isTrained[index])];
        _direction = new ResidualTransformerWeights(model.Shape);
        _product = new ResidualTransformerWeights(model.Shape);
        _residual = Matrix.Allocate(targets.Rows, targets.Columns);
        model.Output.CopyTo(_residual);
        for (int row = 0; row < targets.Rows; row++)
        {
            Vectors.AddScaled(_residual.Row(row), -1, targets.Row(row));
        }

        Size = _blocks.Sum(block => block.Length);
    }

    /// <summary>P, the number of trained parameters.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        int start = 0;
        foreach (ParameterBlock block in _blocks)
        {
            x.Slice(start, block.Length).CopyTo(_direction.Vector.AsSpan(block.Offset));
            start += block.Length;
        }

        _model.HessianProduct(_weights, _direction, _residual, _product, _trained);
        start = 0;
        foreach (ParameterBlock block in _blocks)
        {
            _product.Vector.AsSpan(block.Offset, block.Length).CopyTo(y[start..]);
            start += block.Length;
        }
    }
}
