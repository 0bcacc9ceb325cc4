using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>H v over all samples (R.7): the shards' parts, added first shard first for
/// every element, so that the bits do not depend on the number of threads.</summary>
internal sealed class HessianProducts : IDividedWork
{
    private readonly SampleCurvature[] _shards;
    private ResidualTransformerWeights _weights = null!;
    private ResidualTransformerWeights _direction = null!;
    private Matrix _residual;
    private ResolvedTrainedSet _trained = null!;

    /// <summary>Reserves the memory, about twice that of the forward and backward passes.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="caches">Of the forward pass.</param>
    /// <param name="samples">Number of samples.</param>
    /// <param name="tokens">Tokens of a sample.</param>
    /// <param name="shards">Number of shards.</param>
    public HessianProducts(ResidualTransformerShape shape, BlockCache<double>[] caches, int samples, int tokens, int shards)
    {
        _shards = new SampleCurvature[shards];
        for (int k = 0; k < shards; k++)
        {
            int first = (int)((long)k * samples / shards);
            int end = (int)((long)(k + 1) * samples / shards);
            _shards[k] = new SampleCurvature(shape, caches, first, end - first, tokens);
        }
    }

    /// <summary>Overwrites <paramref name="result"/> with H v in the trained matrices and zero in every other.</summary>
    public void Compute(
        WorkerTeam team, ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix residual,
        ResidualTransformerWeights result, ResolvedTrainedSet trained)
    {
        (_weights, _direction, _residual, _trained) = (weights, direction, residual, trained);
        team.Run(this, _shards.Length);
        for (int index = 0; index < result.Layout.Blocks.Count; index++)
        {
            ParameterBlock block = result.Layout.Blocks[index];
            Span<double> sum = result.Vector.AsSpan(block.Offset, block.Length);
            sum.Clear();
            foreach (SampleCurvature shard in trained.IsTrained[index] ? _shards : [])
            {
                Vectors.AddScaled(sum, 1, shard.Result.Vector.AsSpan(block.Offset, block.Length));
            }
        }
    }

    /// <inheritdoc/>
    public void Compute(int part, int worker) => _shards[part].Compute(_weights, _direction, _residual, _trained);
}
