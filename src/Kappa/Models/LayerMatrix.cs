namespace Kappa.Models;

/// <summary>What a layer computes, in the order of computation; flags, for a record may keep several. M = N·n token rows.</summary>
[Flags]
public enum LayerPart
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Z, the layer's input [M, d].</summary>
    Input = 1,

    /// <summary>N(Z), what attention reads where a normalisation stands before it [M, d].</summary>
    AttentionNorm = 1 << 1,

    /// <summary>S_h, the attention weights of one head, sample below sample [M, n].</summary>
    AttentionWeights = 1 << 2,

    /// <summary>S_h V_h W_O^h, what one head adds to the attention branch [M, d]; only where there is more than one head.</summary>
    HeadBranch = 1 << 3,

    /// <summary>The attention branch before the residual is added [M, d].</summary>
    AttentionBranch = 1 << 4,

    /// <summary>H, the attention output after the residual is added, before any normalisation [M, d].</summary>
    AttentionOutput = 1 << 5,

    /// <summary>N(H): what the feed-forward layer reads (normalisation before), or what goes on (normalisation after) [M, d].</summary>
    AttentionOutputNorm = 1 << 6,

    /// <summary>Φ, the hidden matrix of the feed-forward layer [M, m].</summary>
    Hidden = 1 << 7,

    /// <summary>Z⁺, the block's output after the residual is added, before any normalisation [M, d].</summary>
    Output = 1 << 8,

    /// <summary>N(Z⁺) where a normalisation stands after the block [M, d].</summary>
    OutputNorm = 1 << 9,
}

/// <summary>A matrix that a model computes and can keep.</summary>
/// <param name="Layer">Block number from 0.</param>
/// <param name="Part">One part.</param>
/// <param name="Head">Head number from 0 where each head has one; otherwise <c>null</c>.</param>
/// <param name="RowsPerSample">Its rows that belong to one sample.</param>
/// <param name="Columns">Its columns.</param>
public sealed record LayerMatrix(int Layer, LayerPart Part, int? Head, int RowsPerSample, int Columns)
{
    /// <summary>Its name in telemetry and tables, such as <c>l0.head1.branch</c>.</summary>
    public string Name => NameOf(Layer, Part, Head);

    /// <summary>The name of a part of a layer.</summary>
    /// <param name="layer">Block number from 0.</param>
    /// <param name="part">One part that telemetry measures.</param>
    /// <param name="head">Head number from 0, for <see cref="LayerPart.HeadBranch"/>.</param>
    /// <exception cref="ArgumentException">The part has no name: it is not measured, or there is no head for it.</exception>
    public static string NameOf(int layer, LayerPart part, int? head = null) => (part, head) switch
    {
        (LayerPart.AttentionNorm, _) => $"l{layer}.inputNorm",
        (LayerPart.HeadBranch, int h) => $"l{layer}.head{h}.branch",
        (LayerPart.AttentionBranch, _) => $"l{layer}.branch",
        (LayerPart.AttentionOutput, _) => $"l{layer}.output",
        (LayerPart.AttentionOutputNorm, _) => $"l{layer}.outputNorm",
        (LayerPart.Hidden, _) => $"l{layer}.hidden",
        (LayerPart.OutputNorm, _) => $"l{layer}.blockNorm",
        _ => throw new ArgumentException($"The part {part} with head {head?.ToString() ?? "none"} has no name in telemetry.", nameof(part)),
    };
}
