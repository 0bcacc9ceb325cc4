using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Adds the shards' gradients, first shard first for every element, and finishes W_Q and W_K in the merged route.</summary>
/// <remarks>Divided by parameter matrix over the threads: no element's sum depends on how.</remarks>
internal sealed class GradientSum(ParameterLayout layout, SampleShard[] shards, QueryKeyProducts queryKeyProducts) : IDividedWork
{
    private ResidualTransformerWeights _weights = null!;
    private ResidualTransformerWeights _gradient = null!;
    private TrainedBlocks _trained = null!;

    /// <summary>Writes every matrix of <paramref name="gradient"/>.</summary>
    public void Compute(WorkerTeam team, ResidualTransformerWeights weights, ResidualTransformerWeights gradient, TrainedBlocks trained)
    {
        _weights = weights;
        _gradient = gradient;
        _trained = trained;
        team.Run(this, layout.Blocks.Count);
    }

    /// <inheritdoc/>
    public void Compute(int part)
    {
        ParameterBlock block = layout.Blocks[part];
        Span<double> sum = _gradient.Vector.AsSpan(block.Offset, block.Length);
        bool comesFromProduct = queryKeyProducts.IsMerged && (block.Kind is ParameterKind.Query or ParameterKind.Key);
        if (!_trained.IsTrained[part])
        {
            sum.Clear();
        }
        else if (!comesFromProduct)
        {
            AddShards(block, sum);
        }

        // Both W_Q and W_K come from one dG, so the part of W_Q sees to both.
        if (queryKeyProducts.IsMerged && block.Kind == ParameterKind.Query)
        {
            FinishQueryAndKey(block.Layer);
        }
    }

    private void AddShards(ParameterBlock block, Span<double> sum)
    {
        if (shards.Length == 1)
        {
            return;
        }

        shards[0].Gradient!.Vector.AsSpan(block.Offset, block.Length).CopyTo(sum);
        for (int k = 1; k < shards.Length; k++)
        {
            TensorPrimitives.Add(sum, shards[k].Gradient!.Vector.AsSpan(block.Offset, block.Length), sum);
        }
    }

    private void FinishQueryAndKey(int layer)
    {
        BlockTraining training = _trained.Blocks[layer];
        if (!training.Query && !training.Key)
        {
            return;
        }

        Matrix total = shards[0].QueryKeyGradients[layer];
        for (int k = 1; k < shards.Length; k++)
        {
            TensorPrimitives.Add(total.Span, shards[k].QueryKeyGradients[layer].Span, total.Span);
        }

        queryKeyProducts.Distribute(layer, total, _weights.Block(layer), _gradient.Block(layer), training);
    }
}
