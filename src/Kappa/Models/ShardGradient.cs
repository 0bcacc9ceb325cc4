using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>∂ℒ/∂W summed over the samples of one shard.</summary>
internal sealed class ShardGradient<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory.</summary>
    public ShardGradient(ResidualTransformerShape shape, ParameterLayout layout, LogitRoute route)
    {
        // Rows of long matrices start at cache lines, so that tiles store whole lines.
        Matrix<T> memory = Matrix<T>.Allocate(1, layout.Length);
        (Memory, Offset) = (memory.Buffer, memory.Offset);
        Blocks = new BlockMatrices<T>[shape.Depth];
        QueryKey = new Matrix<T>[shape.Depth];
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            var at = BlockIndices.Of(layer, shape.Depth);
            Blocks[layer] = new BlockMatrices<T>(View(at.Query), View(at.Key), View(at.Value), View(at.FfnIn), View(at.FfnOut));
            QueryKey[layer] = route == LogitRoute.Merged ? Matrix<T>.Allocate(shape.Width, shape.Width) : default;
        }

        Readout = shape.ReadoutWidth is null ? default : View(BlockIndices.ReadoutOf(shape.Depth));

        Matrix<T> View(int index) => this.View(layout.Blocks[index]);
    }

    /// <summary>All derivatives, in layout order from <see cref="Offset"/> on.</summary>
    public T[] Memory { get; }

    /// <summary>Index of the first derivative in <see cref="Memory"/>.</summary>
    public int Offset { get; }

    /// <summary>The derivatives in each block's matrices; those in W_Q and W_K only in the factored route.</summary>
    public BlockMatrices<T>[] Blocks { get; }

    /// <summary>∂ℒ/∂G of each block (merged route).</summary>
    public Matrix<T>[] QueryKey { get; }

    /// <summary>∂ℒ/∂W_U; empty without readout.</summary>
    public Matrix<T> Readout { get; }

    private Matrix<T> View(ParameterBlock block) => new(Memory, Offset + block.Offset, block.Rows, block.Columns);
}
