using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The attention branch and output of every block over all samples [M, d], and Φ [M, m] where M ≤ m, in double precision: what observers of a descent look at at every step.</summary>
/// <remarks>With M &gt; m the row side σ_M of Φ is 0 by its shape, and nobody needs Φ at every step.</remarks>
internal sealed class BlockRecord
{
    /// <summary>Reserves the memory for <paramref name="rows"/> rows.</summary>
    public BlockRecord(ResidualTransformerShape shape, int rows)
    {
        Branches = [.. Enumerable.Range(0, shape.Depth).Select(_ => Matrix.Allocate(rows, shape.Width))];
        Outputs = [.. Enumerable.Range(0, shape.Depth).Select(_ => Matrix.Allocate(rows, shape.Width))];
        Hidden = [.. Enumerable.Range(0, rows <= shape.FfnWidth ? shape.Depth : 0).Select(_ => Matrix.Allocate(rows, shape.FfnWidth))];
    }

    /// <summary>A Z W_V of each block.</summary>
    public Matrix[] Branches { get; }

    /// <summary>H of each block.</summary>
    public Matrix[] Outputs { get; }

    /// <summary>Φ of each block; empty where M &gt; m.</summary>
    public Matrix[] Hidden { get; }

    /// <summary>Lets a group in double precision compute in these matrices, its first row in row <paramref name="firstRow"/>.</summary>
    public void Bind<T>(SampleGroup<T> group, int firstRow)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (group is not SampleGroup<double> doubles)
        {
            return;
        }

        for (int layer = 0; layer < Branches.Length; layer++)
        {
            BlockCache<double> cache = doubles.Caches[layer];
            int rows = cache.AttentionBranch.Rows;
            cache.AttentionBranch = Branches[layer].RowRange(firstRow, rows);
            cache.AttentionOutput = Outputs[layer].RowRange(firstRow, rows);
            if (Hidden.Length > 0)
            {
                cache.Hidden = Hidden[layer].RowRange(firstRow, rows);
            }
        }
    }

    /// <summary>Takes what a group in single precision has computed.</summary>
    public void Take<T>(SampleGroup<T> group, int firstRow)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (group is not SampleGroup<float> singles)
        {
            return;
        }

        for (int layer = 0; layer < Branches.Length; layer++)
        {
            BlockCache<float> cache = singles.Caches[layer];
            Precisions.Widen(cache.AttentionBranch, Branches[layer].RowRange(firstRow, cache.AttentionBranch.Rows));
            Precisions.Widen(cache.AttentionOutput, Outputs[layer].RowRange(firstRow, cache.AttentionOutput.Rows));
            if (Hidden.Length > 0)
            {
                Precisions.Widen(cache.Hidden, Hidden[layer].RowRange(firstRow, cache.Hidden.Rows));
            }
        }
    }
}
