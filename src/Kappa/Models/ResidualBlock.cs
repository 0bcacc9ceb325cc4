using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Which derivatives of one block are wanted.</summary>
internal readonly record struct BlockTraining(bool Query, bool Key, bool Value, bool FfnIn, bool FfnOut, bool Input)
{
    /// <summary>Whether anything upstream of the logits is wanted.</summary>
    public bool NeedsLogits => Query || Key || Input;

    /// <summary>Whether anything upstream of H is wanted.</summary>
    public bool NeedsAttentionOutput => Value || NeedsLogits;

    /// <summary>Whether anything upstream of Φ is wanted.</summary>
    public bool NeedsHidden => FfnIn || NeedsAttentionOutput;
}

/// <summary>One block of model R for a stack of samples, forward (R.1–R.3) and backward (R.6).</summary>
/// <remarks>
/// M = N·n stacked token rows. With d = d_k the products of a forward and backward pass take 9Md² + 6Mdm + 6Mnd multiply-adds in the factored
/// route and 6Md² + 6Mdm + 6Mnd in the merged one, less what the first block and untrained matrices save; the merged route adds 3d³ for G and its gradient.
/// Gradients are overwritten. No allocation.
/// </remarks>
internal sealed class ResidualBlock(ResidualTransformerShape shape, int samples, LogitRoute route)
{
    private readonly FeedForward _feedForward = new(shape);
    private readonly double _logitScale = shape.LogitScale;
    private readonly double _attentionResidual = shape.AttentionResidual;

    /// <summary>Computes every matrix of <paramref name="cache"/> from its input.</summary>
    /// <param name="weights">W_Q, W_K, W_V, W_1, W_2.</param>
    /// <param name="queryKeyProduct">G = W_Q W_Kᵀ [d, d] in the merged route, not read in the factored one.</param>
    /// <param name="cache">Input Z [M, d]; the rest is overwritten.</param>
    public void Forward(in BlockWeights weights, in Matrix queryKeyProduct, BlockCache cache)
    {
        // (R.1)  S = query·keyᵀ,  A = softmax(τ S)                            [n, n] each sample
        if (route == LogitRoute.Merged)
        {
            Products.Multiply(cache.Input, queryKeyProduct, cache.Query);
        }
        else
        {
            Products.Multiply(cache.Input, weights.Query, cache.Query);
            Products.Multiply(cache.Input, weights.Key, cache.Key);
        }

        Products.MultiplyByTransposedEach(samples, cache.Query, cache.Key, cache.Attention);
        RowSoftmax.Apply(cache.Attention, _logitScale, cache.Attention);

        // (R.2)  branch = (A Z) W_V,  H = ρ_a Z + branch                      [M, d]
        Products.MultiplyEach(samples, cache.Attention, cache.Input, cache.Mixed);
        Products.Multiply(cache.Mixed, weights.Value, cache.AttentionBranch);
        ResidualConnection.Apply(_attentionResidual, cache.Input, cache.AttentionBranch, cache.AttentionOutput);

        // (R.3)  Φ = ψ(H W_1),  Z⁺ = ρ_f H + Φ W_2                            [M, d]
        _feedForward.Forward(weights, cache);
    }

    /// <summary>Computes the wanted derivatives from D = ∂ℒ/∂Z⁺.</summary>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="queryKeyProduct">G of the forward pass (merged route).</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="gradient">∂ℒ/∂W of the wanted matrices; W_Q and W_K only in the factored route.</param>
    /// <param name="dQueryKeyProduct">∂ℒ/∂G [d, d] (merged route).</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="dInput">∂ℒ/∂Z [M, d], when wanted.</param>
    public void Backward(
        in BlockWeights weights, in Matrix queryKeyProduct, BlockCache cache, in Matrix dOutput, BlockTraining training,
        in BlockWeights gradient, in Matrix dQueryKeyProduct, BlockScratch scratch, in Matrix dInput)
    {
        // (R.6)  dW_2, dW_1 and dH
        _feedForward.Backward(weights, cache, dOutput, training, gradient, scratch);
        if (training.NeedsAttentionOutput)
        {
            AttentionBackward(weights, cache, training, gradient, scratch);
        }

        if (training.NeedsLogits)
        {
            LogitsBackward(weights, queryKeyProduct, cache, training, gradient, dQueryKeyProduct, scratch, dInput);
        }
    }

    private void AttentionBackward(in BlockWeights weights, BlockCache cache, BlockTraining training, in BlockWeights gradient, BlockScratch scratch)
    {
        // (R.6)  dW_V = (A Z)ᵀ dH                                             [d, d]
        if (training.Value)
        {
            Products.TransposedMultiply(cache.Mixed, scratch.AttentionOutput, gradient.Value);
        }

        if (!training.NeedsLogits)
        {
            return;
        }

        // (R.6)  d(A Z) = dH W_Vᵀ,  dA_i = d(A Z)_i Z_iᵀ                      [n, n] each sample
        Products.MultiplyByTransposed(scratch.AttentionOutput, weights.Value, scratch.Mixed);
        Products.MultiplyByTransposedEach(samples, scratch.Mixed, cache.Input, scratch.Attention);

        // (R.6)  dS_i = τ A_i ∘ (dA_i − ⟨A_i, dA_i⟩)   per row                [n, n]
        RowSoftmax.Backward(cache.Attention, scratch.Attention, _logitScale, scratch.Attention);
    }

    private void LogitsBackward(
        in BlockWeights weights, in Matrix queryKeyProduct, BlockCache cache, BlockTraining training,
        in BlockWeights gradient, in Matrix dQueryKeyProduct, BlockScratch scratch, in Matrix dInput)
    {
        bool merged = route == LogitRoute.Merged;
        bool wantsQuery = training.Query || training.Input || merged;
        bool wantsKey = !merged && (training.Key || training.Input);

        // (R.6)  dquery_i = dS_i key_i,  dkey_i = dS_iᵀ query_i               [n, d_k]
        if (wantsQuery)
        {
            Products.MultiplyEach(samples, scratch.Attention, cache.Key, scratch.Query);
        }

        if (wantsKey)
        {
            Products.TransposedMultiplyEach(samples, scratch.Attention, cache.Query, scratch.Key);
        }

        // (R.6)  dG = Zᵀ dquery, or dW_Q = Zᵀ dquery and dW_K = Zᵀ dkey       [d, d_k]
        if (merged && (training.Query || training.Key))
        {
            Products.TransposedMultiply(cache.Input, scratch.Query, dQueryKeyProduct);
        }

        if (!merged && training.Query)
        {
            Products.TransposedMultiply(cache.Input, scratch.Query, gradient.Query);
        }

        if (!merged && training.Key)
        {
            Products.TransposedMultiply(cache.Input, scratch.Key, gradient.Key);
        }

        if (training.Input)
        {
            InputBackward(weights, queryKeyProduct, cache, scratch, dInput);
        }
    }

    private void InputBackward(in BlockWeights weights, in Matrix queryKeyProduct, BlockCache cache, BlockScratch scratch, in Matrix dInput)
    {
        // (R.6)  dZ = ρ_a dH + Aᵀ d(A Z) + dquery ∂query/∂Z + dkey ∂key/∂Z    [M, d]
        Products.MultiplyAdd(ProductForm.LeftTransposed, samples, cache.Attention, scratch.Mixed, _attentionResidual, scratch.AttentionOutput, dInput);
        if (route == LogitRoute.Merged)
        {
            Products.MultiplyByTransposed(scratch.Query, queryKeyProduct, dInput, beta: 1);
            Products.TransposedMultiplyEach(samples, scratch.Attention, cache.Query, dInput, beta: 1);
        }
        else
        {
            Products.MultiplyByTransposed(scratch.Query, weights.Query, dInput, beta: 1);
            Products.MultiplyByTransposed(scratch.Key, weights.Key, dInput, beta: 1);
        }
    }
}
