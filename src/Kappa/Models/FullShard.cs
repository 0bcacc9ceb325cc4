using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One shard's groups of samples with their rows of the matrices over all samples.</summary>
/// <remarks>Shards touch disjoint rows and their own gradient, so they may run at once.</remarks>
internal sealed class FullShard
{
    private readonly SampleGroup<double>[] _groups;
    private readonly ResidualBlockTangent[] _tangents;
    private readonly BlockScratch<double>[] _scratches;
    private readonly int[] _firstRows;

    public FullShard(
        ResidualTransformerShape shape, SampleRange[] groups, BlockCache<double>[] caches, Matrix output, int tokens, LogitRoute route)
    {
        var scratch = BlockScratch<double>.Allocate(shape, groups.Max(group => group.Count) * tokens, tokens, route, RowMemory.Contiguous);
        _firstRows = [.. groups.Select(group => group.First * tokens)];
        _scratches = [.. groups.Select(group => scratch.FirstRows(group.Count * tokens))];
        _tangents = [.. groups.Select(group => new ResidualBlockTangent(shape, group.Count, route))];
        _groups = new SampleGroup<double>[groups.Length];
        for (int k = 0; k < groups.Length; k++)
        {
            SampleRange range = groups[k];
            BlockCache<double>[] part = [.. caches.Select(cache => cache.Samples(range.First, range.Count))];
            _groups[k] = new SampleGroup<double>(
                shape, range.Count, route, part, output.RowRange(_firstRows[k], range.Count * tokens), _scratches[k]);
        }
    }

    /// <summary>R.1–R.4 for these rows.</summary>
    public void Forward(ModelFactors<double> factors)
    {
        foreach (SampleGroup<double> group in _groups)
        {
            group.Forward(factors);
        }
    }

    /// <summary>R.6 for these rows.</summary>
    public void Backward(ModelFactors<double> factors, in Matrix outputGradient, ResolvedTrainedSet trained, ShardGradient<double> gradient)
    {
        for (int k = 0; k < _groups.Length; k++)
        {
            _groups[k].Backward(
                factors, outputGradient.RowRange(_firstRows[k], _groups[k].Output.Rows), trained, gradient, old: k == 0 ? 0 : 1);
        }
    }

    /// <summary>The derivative of the output of these rows along <paramref name="direction"/>.</summary>
    public void Tangent(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, ModelFactors<double> factors, QueryKeyTangents queryKey,
        ResolvedTrainedSet trained, in Matrix outputTangent)
    {
        for (int k = 0; k < _groups.Length; k++)
        {
            Tangent(k, weights, direction, factors, queryKey, trained, outputTangent.RowRange(_firstRows[k], _groups[k].Output.Rows));
        }
    }

    private void Tangent(
        int k, ResidualTransformerWeights weights, ResidualTransformerWeights direction, ModelFactors<double> factors,
        QueryKeyTangents queryKey, ResolvedTrainedSet trained, in Matrix dF)
    {
        BlockCache<double>[] caches = _groups[k].Caches;
        BlockScratch<double> scratch = _scratches[k];
        bool hasReadout = weights.Readout is not null;
        for (int layer = trained.Lowest; layer < caches.Length; layer++)
        {
            bool isLast = layer == caches.Length - 1;
            BlockTraining moving = trained.Blocks[layer] with { Input = layer > trained.Lowest };
            _tangents[k].Apply(
                weights.Block(layer), direction.Block(layer), factors.Blocks[layer].QueryKey, queryKey.Directions[layer], caches[layer],
                moving, scratch,
                scratch.InputOf(layer), isLast && !hasReadout ? dF : scratch.InputOf(layer + 1));
        }

        // (R.4)  dF = dZ^L W_U + Z^L dW_U                                     [M, d_out]
        if (weights.Readout is Matrix readout)
        {
            dF.Fill(0);
            if (trained.Lowest < caches.Length)
            {
                Products.Multiply(scratch.InputOf(caches.Length), readout, dF);
            }

            if (trained.Readout)
            {
                Products.Multiply(caches[^1].Output, direction.Readout!.Value, dF, beta: 1);
            }
        }
    }
}
