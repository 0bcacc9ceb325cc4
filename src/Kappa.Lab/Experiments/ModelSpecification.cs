using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>Sizes, coefficients and trained blocks of the residual Transformer (R.1–R.5).</summary>
public sealed record ModelSpecification
{
    /// <summary>Number of blocks L, at least 1.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Token width d, at least 1.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Feed-forward width m, at least 1.</summary>
    public int FfnWidth { get; init; } = 32;

    /// <summary>Query and key width d_k; <see langword="null"/> means d.</summary>
    public int? KeyWidth { get; init; }

    /// <summary>Factor τ of the attention logits (R.1), any sign; <see langword="null"/> means 1/√d_k.</summary>
    public double? Temperature { get; init; }

    /// <summary>Coefficient ρ_a of the residual connection around the attention (R.2): 1 with, 0 without, any sign.</summary>
    public double AttentionResidual { get; init; } = 1;

    /// <summary>Coefficient ρ_f of the residual connection around the feed-forward part (R.3): 1 with, 0 without, any sign.</summary>
    public double FfnResidual { get; init; } = 1;

    /// <summary>Activation ψ (R.5).</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.SmoothLeakyRelu;

    /// <summary>Slope γ in [0, 1] of the leaky activations; the others ignore it.</summary>
    public double ActivationSlope { get; init; } = 0.1;

    /// <summary>Smoothing ε above 0 of the smooth leaky ReLU; the others ignore it.</summary>
    public double ActivationSmoothing { get; init; } = 0.5;

    /// <summary>Width of the linear readout W_U; <see langword="null"/> means none, the output is the last block's.</summary>
    public int? ReadoutWidth { get; init; }

    /// <summary>Which parameter blocks descend; the others stay at their initial values.</summary>
    public TrainedBlocks Trained { get; init; } = TrainedBlocks.All;

    /// <summary>Width of the model's output rows: the readout's, or d.</summary>
    public int OutputWidth => ReadoutWidth ?? Width;

    private bool UsesSlope => Activation is ActivationKind.LeakyRelu or ActivationKind.SmoothLeakyRelu;

    private bool UsesSmoothing => Activation is ActivationKind.SmoothLeakyRelu;

    /// <summary>The sizes and coefficients as the model takes them.</summary>
    /// <exception cref="ArgumentException">A size or coefficient is out of its range.</exception>
    public ResidualTransformerShape ToShape() => new()
    {
        Depth = Depth,
        Width = Width,
        FfnWidth = FfnWidth,
        KeyWidth = KeyWidth ?? Width,
        Temperature = Temperature,
        AttentionResidual = AttentionResidual,
        FfnResidual = FfnResidual,
        Activation = new Activation(Activation, ActivationSlope, ActivationSmoothing),
        ReadoutWidth = ReadoutWidth,
    };

    internal ModelSpecification Resolve()
    {
        int keyWidth = KeyWidth ?? Width;
        var defaults = new ModelSpecification();
        return this with
        {
            KeyWidth = keyWidth,
            Temperature = Temperature ?? (1 / Math.Sqrt(keyWidth)),
            ActivationSlope = UsesSlope ? ActivationSlope : defaults.ActivationSlope,
            ActivationSmoothing = UsesSmoothing ? ActivationSmoothing : defaults.ActivationSmoothing,
            Trained = Trained.Canonical(this),
        };
    }
}
