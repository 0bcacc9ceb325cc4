using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>v ↦ ∇²ℒ v in the trained parameters at given parameters, by the model's Hessian products (R.7).</summary>
/// <remarks>The parameters must not change as long as this is in use.</remarks>
public sealed class HessianOperator : ISymmetricOperator
{
    private readonly IModel _model;
    private readonly ModelParameters _parameters;
    private readonly ModelParameters _direction;
    private readonly ModelParameters _product;
    private readonly TrainedSet _trained;
    private readonly ParameterBlock[] _blocks;

    /// <summary>Prepares it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The parameters that the Hessian is taken in.</param>
    /// <exception cref="ArgumentException">The layout differs, or a trained name is not in the model.</exception>
    public HessianOperator(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        parameters.RequireLayout(model.Layout, nameof(parameters));
        bool[] isTrained = trained.Resolve(model.Layout);
        (_model, _parameters, _trained) = (model, parameters, trained);
        _blocks = [.. model.Layout.Blocks.Where((_, index) => isTrained[index])];
        _direction = new ModelParameters(model.Layout);
        _product = new ModelParameters(model.Layout);
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

        _model.HessianProduct(_parameters, _model.AllSamples, _direction, _product, _trained);
        start = 0;
        foreach (ParameterBlock block in _blocks)
        {
            _product.Vector.AsSpan(block.Offset, block.Length).CopyTo(y[start..]);
            start += block.Length;
        }
    }
}
