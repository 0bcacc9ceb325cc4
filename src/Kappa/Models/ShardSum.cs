using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Adds the gradients of shards, first shard first for every element, in
/// double precision; divided over the threads by stretches of the vector.</summary>
internal sealed class ShardSum<T>(ParameterLayout layout) : IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // A stretch of the sum stays in the first-level cache while all shards are added to it.
    private const int Stretch = 2048;

    private readonly double[] _total = new double[layout.Length];
    private List<Matrix<T>> _gradients = [];
    private int _shards;

    /// <summary>Writes the sum; zero in untrained matrices.</summary>
    public void Compute(WorkerTeam team, List<Matrix<T>> gradients, int shards, bool[] isTrained, Span<double> sum)
    {
        (_gradients, _shards) = (gradients, shards);
        team.Run(this, (layout.Length + Stretch - 1) / Stretch);
        for (int k = 0; k < isTrained.Length; k++)
        {
            // Shards never wrote to untrained matrices; an earlier pass with other ones may have.
            ParameterBlock block = layout.Blocks[k];
            Span<double> target = sum.Slice(block.Offset, block.Length);
            if (isTrained[k])
            {
                _total.AsSpan(block.Offset, block.Length).CopyTo(target);
            }
            else
            {
                target.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public void Compute(int part, int worker)
    {
        int start = part * Stretch, length = Math.Min(Stretch, layout.Length - start);
        Span<double> sum = _total.AsSpan(start, length);
        for (int shard = 0; shard < _shards; shard++)
        {
            Add(sum, _gradients[shard].Span.Slice(start, length), isFirst: shard == 0);
        }
    }

    private static void Add(Span<double> sum, ReadOnlySpan<T> term, bool isFirst)
    {
        if (typeof(T) == typeof(double))
        {
            ReadOnlySpan<double> doubles = MemoryMarshal.Cast<T, double>(term);
            if (isFirst)
            {
                doubles.CopyTo(sum);
            }
            else
            {
                TensorPrimitives.Add(sum, doubles, sum);
            }

            return;
        }

        ReadOnlySpan<float> singles = MemoryMarshal.Cast<T, float>(term);
        if (isFirst)
        {
            PrecisionConversion.Widen(singles, sum);
        }
        else
        {
            PrecisionConversion.AddWidened(singles, sum);
        }
    }
}
