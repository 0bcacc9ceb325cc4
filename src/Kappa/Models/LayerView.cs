namespace Kappa.Models;

/// <summary>What block l computed in the last pass; M = N·n stacked token rows.</summary>
/// <remarks>Views of the evaluator's own memory: valid until its next pass, not to be written. A pass for a gradient keeps the attention branch and output, and Φ where M ≤ m; another matrix is computed again when it is asked for.</remarks>
public sealed class LayerView
{
    private readonly ResidualTransformer _model;
    private readonly int _layer;

    internal LayerView(ResidualTransformer model, int layer) => (_model, _layer) = (model, layer);

    /// <summary>Z, the block's input [M, d].</summary>
    public Matrix Input => Cache.Input;

    /// <summary>A, the row-stochastic attention matrix of each sample (R.1) [M, n].</summary>
    public Matrix Attention => Cache.Attention;

    /// <summary>A Z W_V, the attention branch before the residual is added (R.2) [M, d].</summary>
    public Matrix AttentionBranch => _model.ReadRecord()?.Branches[_layer] ?? Cache.AttentionBranch;

    /// <summary>H = ρ_a Z + A Z W_V, the attention output (R.2) [M, d].</summary>
    public Matrix AttentionOutput => _model.ReadRecord()?.Outputs[_layer] ?? Cache.AttentionOutput;

    /// <summary>ψ'(H W_1) (R.6) [M, m].</summary>
    public Matrix HiddenDerivative => Cache.HiddenDerivative;

    /// <summary>Φ = ψ(H W_1) (R.3) [M, m].</summary>
    public Matrix Hidden => _model.ReadRecord() is { Hidden.Length: > 0 } record ? record.Hidden[_layer] : Cache.Hidden;

    /// <summary>Z⁺, the block's output (R.3) [M, d].</summary>
    public Matrix Output => Cache.Output;

    private BlockCache<double> Cache => _model.FullForward().Cache(_layer);
}
