using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A few samples on their way through the whole model, forward (R.1–R.4) and back (R.6).</summary>
internal sealed class SampleGroup<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ResidualBlock<T> _block;
    private readonly BlockScratch<T> _scratch;
    private readonly (Matrix<T> Branch, Matrix<T> Output, Matrix<T> Hidden)[] _own;

    /// <summary>A group whose matrices are <paramref name="caches"/>.</summary>
    public SampleGroup(
        ResidualTransformerShape shape, int samples, LogitRoute route, BlockCache<T>[] caches, Matrix<T> output, BlockScratch<T> scratch)
    {
        _block = new ResidualBlock<T>(shape, samples, route);
        _scratch = scratch;
        Caches = caches;
        _own = [.. caches.Select(cache => (cache.AttentionBranch, cache.AttentionOutput, cache.Hidden))];
        Output = output;
    }

    /// <summary>What each block computes.</summary>
    public BlockCache<T>[] Caches { get; }

    /// <summary>F [rows, d_out]; the last block's output itself without readout.</summary>
    public Matrix<T> Output { get; }

    /// <summary>Lets a group in double precision compute branch, output and
    /// Φ in the record's own matrices, so that nothing is copied.</summary>
    /// <param name="record">Of the model.</param>
    /// <param name="range">The samples of the group.</param>
    public void Bind(LayerRecord record, SampleRange range)
    {
        UseOwnMatrices();
        for (int layer = 0; this is SampleGroup<double> doubles && layer < Caches.Length; layer++)
        {
            BlockCache<double> cache = doubles.Caches[layer];
            cache.AttentionBranch = Kept(LayerPart.AttentionBranch, cache.AttentionBranch);
            cache.AttentionOutput = Kept(LayerPart.AttentionOutput, cache.AttentionOutput);
            cache.Hidden = Kept(LayerPart.Hidden, cache.Hidden);

            Matrix Kept(LayerPart part, in Matrix own) =>
                record.Keeps(layer, part) ? record.Target(layer, part, 0, range.First, range.Count) : own;
        }
    }

    /// <summary>Gives the record what it keeps and the group did not compute in the record's own matrices.</summary>
    /// <param name="record">Of the model.</param>
    /// <param name="range">The samples of the group.</param>
    public void Fill(LayerRecord record, SampleRange range)
    {
        bool isBound = typeof(T) == typeof(double);
        for (int layer = 0; layer < Caches.Length; layer++)
        {
            BlockCache<T> cache = Caches[layer];
            Give(LayerPart.Input, cache.Input);
            Give(LayerPart.AttentionWeights, cache.Attention);
            Give(LayerPart.Output, cache.Output);
            if (!isBound)
            {
                Give(LayerPart.AttentionBranch, cache.AttentionBranch);
                Give(LayerPart.AttentionOutput, cache.AttentionOutput);
                Give(LayerPart.Hidden, cache.Hidden);
            }

            void Give(LayerPart part, in Matrix<T> matrix)
            {
                if (record.Keeps(layer, part))
                {
                    Precisions.CopyTo(matrix, record.Target(layer, part, 0, range.First, range.Count));
                }
            }
        }
    }

    /// <summary>Lets the group compute in its own matrices again after <see cref="Bind"/>.</summary>
    public void UseOwnMatrices()
    {
        for (int layer = 0; layer < Caches.Length; layer++)
        {
            (Caches[layer].AttentionBranch, Caches[layer].AttentionOutput, Caches[layer].Hidden) = _own[layer];
        }
    }

    /// <summary>R.1–R.4.</summary>
    public void Forward(ModelFactors<T> factors)
    {
        for (int layer = 0; layer < Caches.Length; layer++)
        {
            _block.Forward(factors.Blocks[layer], Caches[layer], isFirst: layer == 0);
        }

        // (R.4)  F = Z^L W_U                                                  [M, d_out]
        if (factors.Readout is not null)
        {
            Products.Multiply(Caches[^1].Output, factors.Readout, Output);
        }
    }

    /// <summary>R.6 from the last block down to the lowest trained one.</summary>
    /// <param name="factors">Of the forward pass.</param>
    /// <param name="outputGradient">∂ℒ/∂F [rows, d_out].</param>
    /// <param name="trained">Which derivatives are wanted.</param>
    /// <param name="gradient">They are added to <paramref name="old"/> times what is there.</param>
    /// <param name="old">0 or 1.</param>
    public void Backward(
        ModelFactors<T> factors, in Matrix<T> outputGradient, ResolvedTrainedSet trained, ShardGradient<T> gradient, double old)
    {
        Matrix<T> dOutput = outputGradient;
        if (factors.ReadoutTransposed is not null)
        {
            // (R.6)  dW_U = (Z^L)ᵀ dF                                         [d, d_out]
            if (trained.Readout)
            {
                Products.TransposedMultiply(Caches[^1].Output, dOutput, gradient.Readout, beta: old);
            }

            // (R.6)  dZ^L = dF W_Uᵀ                                           [M, d]
            if (trained.Lowest < Caches.Length)
            {
                Products.Multiply(dOutput, factors.ReadoutTransposed, _scratch.InputOf(Caches.Length));
                dOutput = _scratch.InputOf(Caches.Length);
            }
        }

        for (int layer = Caches.Length - 1; layer >= trained.Lowest; layer--)
        {
            Matrix<T> dInput = _scratch.InputOf(layer);
            _block.Backward(
                factors.Blocks[layer], Caches[layer], dOutput, trained.Blocks[layer], gradient.Blocks[layer], gradient.QueryKey[layer], old,
                _scratch, dInput);
            dOutput = dInput;
        }
    }
}
