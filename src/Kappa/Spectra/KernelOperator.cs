using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>u ↦ J Jᵀ u, the neural tangent kernel (P.4) at given parameters: a backward pass for Jᵀ u and a tangent for J (Jᵀ u).</summary>
/// <remarks>The parameters must not change as long as this is in use. Passes
/// in single precision give Jᵀ u in it. No allocation per product.</remarks>
public sealed class KernelOperator : ISymmetricOperator
{
    private readonly IModel _model;
    private readonly ModelParameters _parameters;
    private readonly ModelParameters _gradient;
    private readonly TrainedSet _trained;
    private readonly Matrix _vector;

    /// <summary>Prepares it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <exception cref="ArgumentException">The layout differs, or a trained name is not in the model.</exception>
    public KernelOperator(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        parameters.RequireLayout(model.Layout, nameof(parameters));
        bool[] isTrained = trained.Resolve(model.Layout);
        (_model, _parameters, _trained) = (model, parameters, trained);
        _gradient = new ModelParameters(model.Layout);
        _vector = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        Parameters = model.Layout.Blocks.Where((_, index) => isTrained[index]).Sum(block => block.Length);
    }

    /// <summary>The number of outputs.</summary>
    public int Size => _vector.Rows * _vector.Columns;

    /// <summary>P, the number of trained parameters: K has at most this rank.</summary>
    public int Parameters { get; }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        x.CopyTo(_vector.Span);
        _model.Backward(_parameters, _model.AllSamples, _vector, _gradient, _trained);
        _model.Tangent(_parameters, _model.AllSamples, _gradient, _vector);
        _vector.Span.CopyTo(y);
    }
}
