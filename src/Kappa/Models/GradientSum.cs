using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Adds the shards' gradients, first shard first for every element, and finishes W_Q and W_K in the merged route.</summary>
/// <remarks>Sums are double in either precision. Divided by parameter matrix over the threads: no element's sum depends on how.</remarks>
internal sealed class GradientSum<T> : IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Stretch = 2048;

    // W_Q and W_K come from one dG, so they are one part.
    private const int PartsPerLayer = 4;

    private readonly ParameterLayout _layout;
    private readonly ShardGradient<T>[] _shards;
    private readonly Matrix[] _queryKey;
    private readonly int _depth;
    private ResidualTransformerWeights _weights = null!;
    private ResidualTransformerWeights _gradient = null!;
    private ResolvedTrainedSet _trained = null!;
    private Action<int>? _afterwards;

    /// <summary>Prepares the sum of <paramref name="shards"/>.</summary>
    public GradientSum(ResidualTransformerShape shape, ParameterLayout layout, ShardGradient<T>[] shards, LogitRoute route)
    {
        (_layout, _shards, _depth) = (layout, shards, shape.Depth);
        _queryKey = [
            .. Enumerable.Range(0, shape.Depth).Select(_ =>
                route == LogitRoute.Merged ? Matrix.Allocate(shape.Width, shape.Width) : default)];
    }

    /// <summary>Writes every matrix of <paramref name="gradient"/>.</summary>
    /// <param name="team">The threads.</param>
    /// <param name="weights">The weights of the pass.</param>
    /// <param name="gradient">Overwritten; zero in untrained matrices.</param>
    /// <param name="trained">The trained matrices.</param>
    /// <param name="afterwards">Called with the index of each parameter matrix as
    /// soon as its gradient is complete, on the thread that completed it.</param>
    public void Compute(
        WorkerTeam team, ResidualTransformerWeights weights, ResidualTransformerWeights gradient, ResolvedTrainedSet trained,
        Action<int>? afterwards)
    {
        (_weights, _gradient, _trained, _afterwards) = (weights, gradient, trained, afterwards);
        int parts = (PartsPerLayer * _depth) + (_layout.Blocks.Count - BlockIndices.CountOf(_depth));
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
        (int layer, int own) = Math.DivRem(part, PartsPerLayer);
        var at = BlockIndices.Of(layer, _depth);
        switch (own)
        {
            case 0 when layer == _depth:
                Finish(BlockIndices.ReadoutOf(_depth));
                break;
            case 0:
                if (_queryKey[layer].Rows > 0)
                {
                    Distribute(layer);
                }

                Finish(at.Query);
                Finish(at.Key);
                break;
            case 1:
                Finish(at.Value);
                break;
            case 2:
                Finish(at.FfnIn);
                break;
            default:
                Finish(at.FfnOut);
                break;
        }
    }

    private void Finish(int index)
    {
        ParameterBlock block = _layout.Blocks[index];
        Span<double> sum = _gradient.Vector.AsSpan(block.Offset, block.Length);
        int layer = BlockIndices.LayerOf(index);
        bool comesFromProduct = BlockIndices.Of(layer, _depth).IsQueryOrKey(index) && _queryKey[layer].Rows > 0;
        if (!_trained.IsTrained[index])
        {
            sum.Clear();
        }
        else if (!comesFromProduct)
        {
            // A stretch of the sum stays in the first-level cache while all shards are added to it.
            for (int start = 0; start < sum.Length; start += Stretch)
            {
                int length = Math.Min(Stretch, sum.Length - start);
                AddShards(sum.Slice(start, length), block.Offset + start);
            }
        }

        _afterwards?.Invoke(index);
    }

    private void AddShards(Span<double> sum, int offset)
    {
        for (int k = 0; k < _shards.Length; k++)
        {
            Add(sum, _shards[k].Memory.AsSpan(_shards[k].Offset + offset, sum.Length), isFirst: k == 0);
        }
    }

    // ∂ℒ/∂W_Q = ∂ℒ/∂G W_K and ∂ℒ/∂W_K = (∂ℒ/∂G)ᵀ W_Q, where trained.
    private void Distribute(int layer)
    {
        BlockTraining training = _trained.Blocks[layer];
        if (!training.Query && !training.Key)
        {
            return;
        }

        Matrix total = _queryKey[layer];
        for (int k = 0; k < _shards.Length; k++)
        {
            Add(total.Span, _shards[k].QueryKey[layer].Span, isFirst: k == 0);
        }

        ref readonly BlockWeights weights = ref _weights.Block(layer);
        if (training.Query)
        {
            Products.Multiply(total, weights.Key, _gradient.Block(layer).Query);
        }

        if (training.Key)
        {
            Products.TransposedMultiply(total, weights.Query, _gradient.Block(layer).Key);
        }
    }

    private static void Add(Span<double> sum, ReadOnlySpan<T> addend, bool isFirst)
    {
        if (typeof(T) == typeof(double))
        {
            ReadOnlySpan<double> doubles = MemoryMarshal.Cast<T, double>(addend);
            if (isFirst)
            {
                doubles.CopyTo(sum);
            }
            else
            {
                TensorPrimitives.Add(sum, doubles, sum);
            }
        }
        else if (isFirst)
        {
            PrecisionConversion.Widen(MemoryMarshal.Cast<T, float>(addend), sum);
        }
        else
        {
            PrecisionConversion.AddWidened(MemoryMarshal.Cast<T, float>(addend), sum);
        }
    }
}
