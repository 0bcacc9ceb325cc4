using System.Numerics;
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
/// M = N·n stacked token rows. With d = d_k the products of a forward and backward pass take 9Md² + 6Mdm + 6Mnd multiply-adds in the
/// factored route and 6Md² + 6Mdm + 6Mnd in the merged one, less what the first block and untrained matrices save; the merged route adds
/// 3d³ for G and its gradient. Derivatives of matrices are added to <c>old</c> times what was there; the rest is overwritten. No
/// allocation.
/// </remarks>
internal sealed class ResidualBlock<T>(ResidualTransformerShape shape, int samples, LogitRoute route)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly FeedForward<T> _feedForward = new(shape);
    private readonly double _logitScale = shape.LogitScale;
    private readonly double _attentionResidual = shape.AttentionResidual;
    private readonly bool _isMerged = route == LogitRoute.Merged;

    /// <summary>Computes every matrix of <paramref name="cache"/> from its
    /// input and, but for a first block, the input's transpose.</summary>
    /// <param name="factors">W_Q, W_K, W_V, W_1, W_2.</param>
    /// <param name="cache">Input Z [M, d]; the rest is overwritten.</param>
    /// <param name="isFirst">Whether the input is X, whose transpose is there already.</param>
    public void Forward(BlockFactors<T> factors, BlockCache<T> cache, bool isFirst)
    {
        if (!isFirst)
        {
            Transposition.CopyEach(samples, cache.Input, cache.InputTransposed);
        }

        // (R.1)  S = query·keyᵀ,  A = softmax(τ S)                            [n, n] each sample
        Products.Multiply(cache.Input, factors.Query, cache.Query);
        if (!_isMerged)
        {
            Products.Multiply(cache.Input, factors.Key, cache.Key);
            Transposition.CopyEach(samples, cache.Key, cache.KeyTransposed);
        }

        Products.MultiplyEach(samples, cache.Query, _isMerged ? cache.InputTransposed : cache.KeyTransposed, cache.Attention);
        RowSoftmax.Apply(cache.Attention, _logitScale, cache.Attention);

        // (R.2)  branch = (A Z) W_V,  H = ρ_a Z + branch                      [M, d]
        Products.MultiplyEach(samples, cache.Attention, cache.Input, cache.Mixed);
        Products.MultiplyBranch(cache.Mixed, factors.Value, _attentionResidual, cache.Input, cache.AttentionBranch, cache.AttentionOutput);

        // (R.3)  Φ = ψ(H W_1),  Z⁺ = ρ_f H + Φ W_2                            [M, d]
        _feedForward.Forward(factors, cache);
    }

    /// <summary>Computes the wanted derivatives from D = ∂ℒ/∂Z⁺.</summary>
    /// <param name="factors">The weights of the forward pass.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="gradient">∂ℒ/∂W of the wanted matrices; W_Q and W_K only in the factored route.</param>
    /// <param name="dQueryKey">∂ℒ/∂G [d, d] (merged route).</param>
    /// <param name="old">Factor of the gradients' old content: 0 or 1.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="dInput">∂ℒ/∂Z [M, d], when wanted.</param>
    public void Backward(
        BlockFactors<T> factors, BlockCache<T> cache, in Matrix<T> dOutput, BlockTraining training,
        in BlockMatrices<T> gradient, in Matrix<T> dQueryKey, double old, BlockScratch<T> scratch, in Matrix<T> dInput)
    {
        // (R.6)  dW_2, dW_1 and dH
        _feedForward.Backward(factors, cache, dOutput, training, gradient, old, scratch);
        if (training.NeedsAttentionOutput)
        {
            AttentionBackward(factors, cache, training, gradient, old, scratch);
        }

        if (training.NeedsLogits)
        {
            LogitsBackward(factors, cache, training, gradient, dQueryKey, old, scratch, dInput);
        }
    }

    private void AttentionBackward(
        BlockFactors<T> factors, BlockCache<T> cache, BlockTraining training, in BlockMatrices<T> gradient, double old,
        BlockScratch<T> scratch)
    {
        // (R.6)  dW_V = (A Z)ᵀ dH                                             [d, d]
        if (training.Value)
        {
            Products.TransposedMultiply(cache.Mixed, scratch.AttentionOutput, gradient.Value, beta: old);
        }

        if (!training.NeedsLogits)
        {
            return;
        }

        // (R.6)  d(A Z) = dH W_Vᵀ,  dA_i = d(A Z)_i Z_iᵀ                      [n, n] each sample
        Products.Multiply(scratch.AttentionOutput, factors.ValueTransposed, scratch.Mixed);
        Products.MultiplyEach(samples, scratch.Mixed, cache.InputTransposed, scratch.Attention);

        // (R.6)  dS_i = τ A_i ∘ (dA_i − ⟨A_i, dA_i⟩)   per row                [n, n]
        RowSoftmax.Backward(cache.Attention, scratch.Attention, _logitScale, scratch.Attention);
    }

    private void LogitsBackward(
        BlockFactors<T> factors, BlockCache<T> cache, BlockTraining training,
        in BlockMatrices<T> gradient, in Matrix<T> dQueryKey, double old, BlockScratch<T> scratch, in Matrix<T> dInput)
    {
        // (R.6)  dquery_i = dS_i key_i                                        [n, d_k] each sample
        if (_isMerged || training.Query || training.Input)
        {
            Products.MultiplyEach(samples, scratch.Attention, _isMerged ? cache.Input : cache.Key, scratch.Query);
        }

        // (R.6)  dkey_i = dS_iᵀ query_i                                       [n, d_k] each sample
        if (!_isMerged && (training.Key || training.Input))
        {
            Products.TransposedMultiplyEach(samples, scratch.Attention, cache.Query, scratch.Key);
        }

        // (R.6)  dG = Zᵀ dquery, or dW_Q = Zᵀ dquery and dW_K = Zᵀ dkey       [d, d_k]
        if (_isMerged && (training.Query || training.Key))
        {
            Products.TransposedMultiply(cache.Input, scratch.Query, dQueryKey, beta: old);
        }

        if (!_isMerged && training.Query)
        {
            Products.TransposedMultiply(cache.Input, scratch.Query, gradient.Query, beta: old);
        }

        if (!_isMerged && training.Key)
        {
            Products.TransposedMultiply(cache.Input, scratch.Key, gradient.Key, beta: old);
        }

        if (training.Input)
        {
            InputBackward(factors, cache, scratch, dInput);
        }
    }

    private void InputBackward(BlockFactors<T> factors, BlockCache<T> cache, BlockScratch<T> scratch, in Matrix<T> dInput)
    {
        // (R.6)  dZ = ρ_a dH + Aᵀ d(A Z) + dquery ∂query/∂Z + dkey ∂key/∂Z    [M, d]
        Products.MultiplyAdd(
            ProductForm.LeftTransposed, samples, cache.Attention, scratch.Mixed, _attentionResidual, scratch.AttentionOutput, dInput);
        Products.MultiplyAdd(scratch.Query, factors.QueryTransposed, 1, dInput, dInput);
        if (_isMerged)
        {
            Products.TransposedMultiplyEach(samples, scratch.Attention, cache.Query, dInput, beta: 1);
        }
        else
        {
            Products.MultiplyAdd(scratch.Key, factors.KeyTransposed, 1, dInput, dInput);
        }
    }
}
