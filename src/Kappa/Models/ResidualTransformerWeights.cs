namespace Kappa.Models;

/// <summary>The matrices of one block, as views into the parameter vector.</summary>
/// <param name="Query">W_Q [d, d_k].</param>
/// <param name="Key">W_K [d, d_k].</param>
/// <param name="Value">W_V [d, d].</param>
/// <param name="FfnIn">W_1 [d, m].</param>
/// <param name="FfnOut">W_2 [m, d].</param>
public readonly record struct BlockWeights(Matrix Query, Matrix Key, Matrix Value, Matrix FfnIn, Matrix FfnOut)
{
    internal BlockMatrices<double> Matrices => new(Query, Key, Value, FfnIn, FfnOut);
}

/// <summary>The parameters of model R, one vector with a view per matrix. The gradient of weights is weights too.</summary>
/// <remarks>Not safe against concurrent writers.</remarks>
public sealed class ResidualTransformerWeights
{
    private readonly BlockWeights[] _blocks;

    /// <summary>Zero weights of <paramref name="shape"/>.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ResidualTransformerWeights(ResidualTransformerShape shape)
    {
        Layout = ParameterLayout.For(shape);
        Shape = shape;
        Vector = new double[Layout.Length];
        _blocks = new BlockWeights[shape.Depth];
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            _blocks[layer] = new BlockWeights(View(5 * layer), View((5 * layer) + 1), View((5 * layer) + 2), View((5 * layer) + 3), View((5 * layer) + 4));
        }

        Readout = shape.ReadoutWidth is null ? null : View(Layout.Blocks.Count - 1);
    }

    /// <summary>The shape these weights belong to.</summary>
    public ResidualTransformerShape Shape { get; }

    /// <summary>Where each matrix lies in <see cref="Vector"/>.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All parameters in layout order; the matrices are views into it.</summary>
    public double[] Vector { get; }

    /// <summary>W_U [d, d_out], or <c>null</c> without readout.</summary>
    public Matrix? Readout { get; }

    /// <summary>The matrices of block <paramref name="layer"/>.</summary>
    /// <param name="layer">Block number from 0.</param>
    public ref readonly BlockWeights Block(int layer) => ref _blocks[layer];

    /// <summary>The matrix of <paramref name="block"/>.</summary>
    /// <param name="block">A block of <see cref="Layout"/>.</param>
    public Matrix this[ParameterBlock block]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(block);
            return new Matrix(Vector, block.Offset, block.Rows, block.Columns);
        }
    }

    /// <summary>Overwrites every parameter with that of <paramref name="source"/>.</summary>
    /// <param name="source">Weights of the same layout.</param>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public void CopyFrom(ResidualTransformerWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!Shape.HasLayoutOf(source.Shape))
        {
            throw new ArgumentException($"Weights must have the same layout but one shape is {Shape} and the other {source.Shape}.", nameof(source));
        }

        source.Vector.CopyTo(Vector.AsSpan());
    }

    private Matrix View(int index) => this[Layout.Blocks[index]];
}
