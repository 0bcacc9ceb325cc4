namespace Kappa.Models;

/// <summary>What a parameter matrix is for; not every model has every kind.</summary>
public enum ParameterKind
{
    /// <summary>W_Q [d, d_k] (R.1).</summary>
    Query,

    /// <summary>W_K [d, d_k] (R.1).</summary>
    Key,

    /// <summary>W_V [d, d] (R.2).</summary>
    Value,

    /// <summary>W_1 [d, m] (R.3).</summary>
    FfnIn,

    /// <summary>W_2 [m, d] (R.3).</summary>
    FfnOut,

    /// <summary>W_U [d, d_out] (R.4).</summary>
    Readout,

    /// <summary>W_O, what the heads' outputs are multiplied by (G.3).</summary>
    Output,

    /// <summary>The table of token vectors, or the matrix that patches are multiplied by (E.1).</summary>
    Embedding,

    /// <summary>A vector for each position [n, D] (E.1).</summary>
    Position,

    /// <summary>γ of a layer normalisation [1, D] (E.2).</summary>
    NormGain,

    /// <summary>β of a layer normalisation [1, D] (E.2).</summary>
    NormShift,

    /// <summary>b_Q [1, H d_k] (T.2).</summary>
    QueryBias,

    /// <summary>b_K [1, H d_k] (T.2).</summary>
    KeyBias,

    /// <summary>b_V [1, H d_v] (T.2).</summary>
    ValueBias,

    /// <summary>b_O [1, D] (T.2).</summary>
    OutputBias,

    /// <summary>b_1 [1, m] (T.3).</summary>
    FfnInBias,

    /// <summary>b_2 [1, D] (T.3).</summary>
    FfnOutBias,

    /// <summary>b_U [1, d_out] (T.4).</summary>
    ReadoutBias,
}

/// <summary>One parameter matrix and its place in the parameter vector.</summary>
/// <param name="Name">For example <c>blocks.0.query</c> or <c>readout</c>.</param>
/// <param name="Layer">Block number from 0; the readout has the number of blocks.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Rows">Rows (the fan-in, for tokens are rows).</param>
/// <param name="Columns">Columns (the fan-out).</param>
/// <param name="Offset">Index of its first element in the parameter vector; elements follow row by row.</param>
public sealed record ParameterBlock(string Name, int Layer, ParameterKind Kind, int Rows, int Columns, int Offset)
{
    /// <summary>Number of elements.</summary>
    public int Length => Rows * Columns;

    /// <summary>Whether it is one row that is added or multiplied element by element: a bias, a shift or a gain.</summary>
    internal bool IsRow => Kind >= ParameterKind.NormGain;
}

/// <summary>Where each parameter matrix of a model lies in its one parameter vector; in
/// model R block by block, in each W_Q, W_K, W_V, W_1, W_2, then the readout.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class ParameterLayout
{
    private readonly Dictionary<string, ParameterBlock> _byName;

    private ParameterLayout(IReadOnlyList<ParameterBlock> blocks, int length)
    {
        Blocks = blocks;
        Length = length;
        _byName = blocks.ToDictionary(block => block.Name, StringComparer.Ordinal);
    }

    /// <summary>All blocks in the order of the vector.</summary>
    public IReadOnlyList<ParameterBlock> Blocks { get; }

    /// <summary>Number of parameters.</summary>
    public int Length { get; }

    /// <summary>The layout of <paramref name="shape"/>.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <exception cref="ArgumentException">The shape is not valid, or has more than 2³¹ − 1 parameters.</exception>
    public static ParameterLayout For(ResidualTransformerShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        var builder = new ParameterLayoutBuilder(shape);
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            builder.Add($"blocks.{layer}.query", layer, ParameterKind.Query, shape.Width, shape.KeyWidth);
            builder.Add($"blocks.{layer}.key", layer, ParameterKind.Key, shape.Width, shape.KeyWidth);
            builder.Add($"blocks.{layer}.value", layer, ParameterKind.Value, shape.Width, shape.Width);
            builder.Add($"blocks.{layer}.ffn_in", layer, ParameterKind.FfnIn, shape.Width, shape.FfnWidth);
            builder.Add($"blocks.{layer}.ffn_out", layer, ParameterKind.FfnOut, shape.FfnWidth, shape.Width);
        }

        if (shape.ReadoutWidth is int readoutWidth)
        {
            builder.Add("readout", shape.Depth, ParameterKind.Readout, shape.Width, readoutWidth);
        }

        return builder.Build();
    }

    /// <summary>The layout of the given blocks, which follow each other without a gap.</summary>
    internal static ParameterLayout Of(IReadOnlyList<ParameterBlock> blocks) =>
        new(blocks, blocks.Count == 0 ? 0 : blocks[^1].Offset + blocks[^1].Length);

    /// <summary>Whether <paramref name="other"/> has the same names and sizes in the same order.</summary>
    internal bool Equals(ParameterLayout other) => ReferenceEquals(this, other) || Blocks.SequenceEqual(other.Blocks);

    /// <summary>Number of the block called <paramref name="name"/>, −1 where there is none.</summary>
    internal int IndexOf(string name)
    {
        for (int index = 0; index < Blocks.Count; index++)
        {
            if (Blocks[index].Name == name)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>The block called <paramref name="name"/>.</summary>
    /// <param name="name">For example <c>blocks.0.query</c>.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public ParameterBlock Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.TryGetValue(name, out ParameterBlock? block)
            ? block
            : throw new ArgumentException($"A parameter must be one of {string.Join(", ", _byName.Keys)} but is '{name}'.", nameof(name));
    }
}
