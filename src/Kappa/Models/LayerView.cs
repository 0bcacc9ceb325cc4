namespace Kappa.Models;

/// <summary>What block l computed in the last <see cref="ResidualTransformer.Forward"/>; M = N·n stacked token rows.</summary>
/// <remarks>Views of the model's own memory: valid until its next pass over all matrices, not to be written.</remarks>
public sealed class LayerView
{
    private readonly Func<int, BlockCache<double>> _cacheOf;
    private readonly int _layer;

    internal LayerView(Func<int, BlockCache<double>> cacheOf, int layer) => (_cacheOf, _layer) = (cacheOf, layer);

    /// <summary>Z, the block's input [M, d].</summary>
    public Matrix Input => Cache.Input;

    /// <summary>A, the row-stochastic attention matrix of each sample (R.1) [M, n].</summary>
    public Matrix Attention => Cache.Attention;

    /// <summary>A Z W_V, the attention branch before the residual is added (R.2) [M, d].</summary>
    public Matrix AttentionBranch => Cache.AttentionBranch;

    /// <summary>H = ρ_a Z + A Z W_V, the attention output (R.2) [M, d].</summary>
    public Matrix AttentionOutput => Cache.AttentionOutput;

    /// <summary>ψ'(H W_1) (R.6) [M, m].</summary>
    public Matrix HiddenDerivative => Cache.HiddenDerivative;

    /// <summary>Φ = ψ(H W_1) (R.3) [M, m].</summary>
    public Matrix Hidden => Cache.Hidden;

    /// <summary>Z⁺, the block's output (R.3) [M, d].</summary>
    public Matrix Output => Cache.Output;

    private BlockCache<double> Cache => _cacheOf(_layer);
}
