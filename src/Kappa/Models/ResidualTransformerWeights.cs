namespace Kappa.Models;

/// <summary>The matrices of one block, as views into the parameter vector.</summary>
/// <param name="Query">W_Q [d, d_k].</param>
/// <param name="Key">W_K [d, d_k].</param>
/// <param name="Value">W_V [d, d].</param>
/// <param name="FfnIn">W_1 [d, m].</param>
/// <param name="FfnOut">W_2 [m, d].</param>
public readonly record struct BlockWeights(Matrix Query, Matrix Key, Matrix Value, Matrix FfnIn, Matrix FfnOut);

/// <summary>The parameters of model R with their matrices by name. The gradient of weights is weights too.</summary>
/// <remarks>Not safe against concurrent writers.</remarks>
public sealed class ResidualTransformerWeights : ModelParameters
{
    private readonly BlockWeights[] _blocks;

    /// <summary>Zero weights of <paramref name="shape"/>.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ResidualTransformerWeights(ResidualTransformerShape shape)
        : base(ParameterLayout.For(shape)) => (Shape, _blocks, Readout) = (shape, BlocksOf(shape), ReadoutOf(shape));

    private ResidualTransformerWeights(ResidualTransformerShape shape, ModelParameters parameters)
        : base(parameters.Layout, parameters.Vector) => (Shape, _blocks, Readout) = (shape, BlocksOf(shape), ReadoutOf(shape));

    /// <summary>The shape these weights belong to.</summary>
    public ResidualTransformerShape Shape { get; }

    /// <summary>W_U [d, d_out], or <c>null</c> without readout.</summary>
    public Matrix? Readout { get; }

    /// <summary>The same numbers with their matrices by name: a view, not a copy.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="parameters">Parameters of its layout.</param>
    /// <exception cref="ArgumentException">The layout is not that of the shape.</exception>
    public static ResidualTransformerWeights Of(ResidualTransformerShape shape, ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(parameters);
        if (parameters is ResidualTransformerWeights weights && weights.Shape.HasLayoutOf(shape))
        {
            return weights;
        }

        if (!parameters.Layout.Equals(ParameterLayout.For(shape)))
        {
            throw new ArgumentException($"Weights must have the layout of {shape} but have other matrices.", nameof(parameters));
        }

        return new ResidualTransformerWeights(shape, parameters);
    }

    /// <summary>The matrices of block <paramref name="layer"/>.</summary>
    /// <param name="layer">Block number from 0.</param>
    public ref readonly BlockWeights Block(int layer) => ref _blocks[layer];

    /// <inheritdoc/>
    public override ResidualTransformerWeights Clone()
    {
        var copy = new ResidualTransformerWeights(Shape);
        copy.CopyFrom(this);
        return copy;
    }

    private BlockWeights[] BlocksOf(ResidualTransformerShape shape)
    {
        var blocks = new BlockWeights[shape.Depth];
        for (int layer = 0; layer < blocks.Length; layer++)
        {
            var at = BlockIndices.Of(layer, shape.Depth);
            blocks[layer] = new BlockWeights(View(at.Query), View(at.Key), View(at.Value), View(at.FfnIn), View(at.FfnOut));
        }

        return blocks;
    }

    private Matrix? ReadoutOf(ResidualTransformerShape shape) =>
        shape.ReadoutWidth is null ? null : View(BlockIndices.ReadoutOf(shape.Depth));

    private Matrix View(int index) => this[Layout.Blocks[index]];
}
