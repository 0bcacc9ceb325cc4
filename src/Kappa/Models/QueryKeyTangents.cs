using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>dG of G = W_Q W_Kᵀ [d, d] of every block along a direction (merged route); empty matrices in the factored route.</summary>
internal sealed class QueryKeyTangents
{
    private readonly bool _isMerged;

    /// <summary>Reserves the memory.</summary>
    public QueryKeyTangents(ResidualTransformerShape shape, LogitRoute route)
    {
        _isMerged = route == LogitRoute.Merged;
        Directions = [.. Enumerable.Range(0, shape.Depth).Select(_ => _isMerged ? Matrix.Allocate(shape.Width, shape.Width) : default)];
    }

    /// <summary>dG of each block.</summary>
    public Matrix[] Directions { get; }

    /// <summary>dG = dW_Q W_Kᵀ + W_Q dW_Kᵀ.</summary>
    public void Compute(ResidualTransformerWeights weights, ResidualTransformerWeights direction, ResolvedTrainedSet trained)
    {
        for (int layer = 0; layer < Directions.Length && _isMerged; layer++)
        {
            ref readonly BlockWeights block = ref weights.Block(layer);
            ref readonly BlockWeights moved = ref direction.Block(layer);
            Directions[layer].Fill(0);
            if (trained.Blocks[layer].Query)
            {
                Products.MultiplyByTransposed(moved.Query, block.Key, Directions[layer]);
            }

            if (trained.Blocks[layer].Key)
            {
                Products.MultiplyByTransposed(block.Query, moved.Key, Directions[layer], beta: 1);
            }
        }
    }
}
