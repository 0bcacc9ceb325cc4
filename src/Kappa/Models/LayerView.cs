namespace Kappa.Models;

/// <summary>What block l computed in the last forward pass; M = N·n stacked token rows.</summary>
/// <remarks>Views of the evaluator's own memory: valid until its next forward pass, not to be written.</remarks>
public sealed class LayerView
{
    private readonly BlockCache _cache;

    internal LayerView(BlockCache cache) => _cache = cache;

    /// <summary>Z, the block's input [M, d].</summary>
    public Matrix Input => _cache.Input;

    /// <summary>A, the row-stochastic attention matrix of each sample (R.1) [M, n].</summary>
    public Matrix Attention => _cache.Attention;

    /// <summary>A Z W_V, the attention branch before the residual is added (R.2) [M, d].</summary>
    public Matrix AttentionBranch => _cache.AttentionBranch;

    /// <summary>H = ρ_a Z + A Z W_V, the attention output (R.2) [M, d].</summary>
    public Matrix AttentionOutput => _cache.AttentionOutput;

    /// <summary>ψ'(H W_1) (R.6) [M, m].</summary>
    public Matrix HiddenDerivative => _cache.HiddenDerivative;

    /// <summary>Φ = ψ(H W_1) (R.3) [M, m].</summary>
    public Matrix Hidden => _cache.Hidden;

    /// <summary>Z⁺, the block's output (R.3) [M, d].</summary>
    public Matrix Output => _cache.Output;
}
