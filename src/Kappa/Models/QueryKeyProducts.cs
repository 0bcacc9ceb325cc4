using KappaProducts = Kappa.Numerics.Products;

namespace Kappa.Models;

/// <summary>G = W_Q W_Kᵀ of every block [d, d] for the merged route, its tangent and the way from its gradient to those of W_Q and W_K; empty matrices in the factored route.</summary>
internal sealed class QueryKeyProducts
{
    private readonly int _depth;
    private readonly int _width;
    private readonly bool _merged;

    public QueryKeyProducts(ResidualTransformerShape shape, LogitRoute route)
    {
        _depth = shape.Depth;
        _width = shape.Width;
        _merged = route == LogitRoute.Merged;
        Products = AllocateGradients();
        Directions = AllocateGradients();
    }

    /// <summary>G of each block.</summary>
    public Matrix[] Products { get; }

    /// <summary>dG of each block in a tangent.</summary>
    public Matrix[] Directions { get; }

    /// <summary>Whether the route is the merged one.</summary>
    public bool IsMerged => _merged;

    /// <summary>One matrix of the shape of G for each block.</summary>
    public Matrix[] AllocateGradients()
    {
        var matrices = new Matrix[_depth];
        for (int layer = 0; layer < _depth && _merged; layer++)
        {
            matrices[layer] = Matrix.Allocate(_width, _width);
        }

        return matrices;
    }

    /// <summary>G = W_Q W_Kᵀ.</summary>
    public void Compute(ResidualTransformerWeights weights)
    {
        for (int layer = 0; layer < _depth && _merged; layer++)
        {
            ref readonly BlockWeights block = ref weights.Block(layer);
            KappaProducts.MultiplyByTransposed(block.Query, block.Key, Products[layer]);
        }
    }

    /// <summary>dG = dW_Q W_Kᵀ + W_Q dW_Kᵀ.</summary>
    public void ComputeTangent(ResidualTransformerWeights weights, ResidualTransformerWeights direction, TrainedBlocks trained)
    {
        for (int layer = 0; layer < _depth && _merged; layer++)
        {
            ref readonly BlockWeights block = ref weights.Block(layer);
            ref readonly BlockWeights moved = ref direction.Block(layer);
            Directions[layer].Fill(0);
            if (trained.Blocks[layer].Query)
            {
                KappaProducts.MultiplyByTransposed(moved.Query, block.Key, Directions[layer]);
            }

            if (trained.Blocks[layer].Key)
            {
                KappaProducts.MultiplyByTransposed(block.Query, moved.Key, Directions[layer], beta: 1);
            }
        }
    }

    /// <summary>∂ℒ/∂W_Q = ∂ℒ/∂G W_K and ∂ℒ/∂W_K = (∂ℒ/∂G)ᵀ W_Q, where trained.</summary>
    public void Distribute(int layer, in Matrix dProduct, in BlockWeights weights, in BlockWeights gradient, BlockTraining training)
    {
        if (_merged && training.Query)
        {
            KappaProducts.Multiply(dProduct, weights.Key, gradient.Query);
        }

        if (_merged && training.Key)
        {
            KappaProducts.TransposedMultiply(dProduct, weights.Query, gradient.Key);
        }
    }
}
