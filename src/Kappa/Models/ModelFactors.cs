using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The weights of a whole model as right factors, in the precision of a pass.</summary>
internal sealed class ModelFactors<T> : IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;
    private readonly T[] _vector;
    private T[] _current;

    /// <summary>Reserves the memory.</summary>
    public ModelFactors(ResidualTransformerShape shape, LogitRoute route)
    {
        _layout = ParameterLayout.For(shape);
        Blocks = [.. Enumerable.Range(0, shape.Depth).Select(_ => new BlockFactors<T>(shape, route))];
        Readout = shape.ReadoutWidth is int width ? new PackedMatrix<T>(shape.Width, width) : null;
        ReadoutTransposed = shape.ReadoutWidth is int columns ? new PackedMatrix<T>(columns, shape.Width) : null;
        _vector = typeof(T) == typeof(double) ? [] : new T[_layout.Length];
        _current = _vector;
    }

    /// <summary>The factors of each block.</summary>
    public BlockFactors<T>[] Blocks { get; }

    /// <summary>W_U, or null.</summary>
    public PackedMatrix<T>? Readout { get; }

    /// <summary>W_Uᵀ, or null.</summary>
    public PackedMatrix<T>? ReadoutTransposed { get; }

    /// <summary>Takes all weights.</summary>
    public void Take(WorkerTeam team, ResidualTransformerWeights weights)
    {
        if (weights.Vector is T[] same)
        {
            _current = same;
        }
        else
        {
            Precisions.Narrow<T>(weights.Vector, _vector);
        }

        int parts = (2 * Blocks.Length) + 1;
        if (_layout.Length >= ModelFactors.ParallelLength)
        {
            team.Run(this, parts);
            return;
        }

        for (int part = 0; part < parts; part++)
        {
            Compute(part, worker: 0);
        }
    }

    /// <inheritdoc/>
    public void Compute(int part, int worker)
    {
        if (part < 2 * Blocks.Length)
        {
            BlockMatrices<T> weights = ParameterViews.Block(_layout, _current, BlockIndices.Of(part / 2, Blocks.Length));
            if (part % 2 == 0)
            {
                Blocks[part / 2].TakeLogits(weights);
            }
            else
            {
                Blocks[part / 2].TakeBranches(weights);
            }
        }
        else if (Readout is not null)
        {
            Matrix<T> readout = ParameterViews.Of(_layout.Blocks[^1], _current);
            Readout.Take(readout);
            ReadoutTransposed!.TakeTransposed(readout);
        }
    }
}

/// <summary>What work on the parameters alone is worth.</summary>
internal static class ModelFactors
{
    /// <summary>Below this many parameters a pass over them takes less than another thread needs to take part.</summary>
    public const int ParallelLength = 10_000;
}

/// <summary>Matrices in a parameter vector of either precision.</summary>
internal static class ParameterViews
{
    /// <summary>The matrix of <paramref name="block"/>.</summary>
    public static Matrix<T> Of<T>(ParameterBlock block, T[] vector)
        where T : unmanaged, IFloatingPointIeee754<T> => new(vector, block.Offset, block.Rows, block.Columns);

    /// <summary>The matrices of one block of the model.</summary>
    public static BlockMatrices<T> Block<T>(ParameterLayout layout, T[] vector, in BlockIndices at)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        IReadOnlyList<ParameterBlock> blocks = layout.Blocks;
        return new BlockMatrices<T>(
            Of(blocks[at.Query], vector), Of(blocks[at.Key], vector), Of(blocks[at.Value], vector), Of(blocks[at.FfnIn], vector),
            Of(blocks[at.FfnOut], vector));
    }
}
