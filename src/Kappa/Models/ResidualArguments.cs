namespace Kappa.Models;

/// <summary>What model R is given, checked and in the form that its passes take; remembered, so that a step allocates nothing.</summary>
internal sealed class ResidualArguments(ResidualTransformerShape shape, ParameterLayout layout, int tokens)
{
    // θ, its successor, the gradient, a direction and a product.
    private readonly (
        ModelParameters Given, ResidualTransformerWeights View)[] _views = new (ModelParameters, ResidualTransformerWeights)[6];
    private int _next;
    private (TrainedSet Set, ResolvedTrainedSet Blocks)? _trained;

    /// <summary>The view of <paramref name="parameters"/>.</summary>
    /// <exception cref="ArgumentException">The layout is not that of the shape.</exception>
    public ResidualTransformerWeights Of(ModelParameters parameters, string name)
    {
        ArgumentNullException.ThrowIfNull(parameters, name);
        foreach ((ModelParameters given, ResidualTransformerWeights view) in _views)
        {
            if (ReferenceEquals(given, parameters))
            {
                return view;
            }
        }

        if (parameters is ResidualTransformerWeights { Shape: var other } && !other.HasLayoutOf(shape))
        {
            throw new ArgumentException($"Weights must have the layout of {shape} but belong to {other}.", name);
        }

        var added = ResidualTransformerWeights.Of(shape, parameters);
        _views[_next] = (parameters, added);
        _next = (_next + 1) % _views.Length;
        return added;
    }

    /// <summary>What each block's backward pass has to compute.</summary>
    /// <exception cref="ArgumentException">A trained name is not in the model.</exception>
    public ResolvedTrainedSet Resolve(TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (!ReferenceEquals(_trained?.Set, trained))
        {
            _trained = (trained, new ResolvedTrainedSet(trained.Resolve(layout), shape.Depth));
        }

        return _trained!.Value.Blocks;
    }

    /// <summary>Throws when a matrix has not the shape of the output of so many samples.</summary>
    public void RequireOutput(in Matrix matrix, int samples, string name)
    {
        if (matrix.Rows != samples * tokens || matrix.Columns != shape.OutputWidth || !matrix.IsContiguous)
        {
            throw new ArgumentException(
                $"The matrix must be contiguous and of the output's shape [{samples * tokens}, {shape.OutputWidth}] but is {matrix} with "
                    + $"stride {matrix.Stride}.",
                name);
        }
    }
}
