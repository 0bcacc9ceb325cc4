using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>Which model is run.</summary>
public enum ModelKind
{
    /// <summary>Model R, the residual Transformer (R.1–R.5).</summary>
    Residual,

    /// <summary>Model G, one layer of softmax or Gaussian attention (G.1–G.3).</summary>
    KernelAttention,

    /// <summary>Model S, the shallow encoder (S.1, S.2).</summary>
    ShallowEncoder,

    /// <summary>The experiments' Transformer with cross-entropy (E.1–E.5).</summary>
    Classifier,
}

/// <summary>The model: its kind, its sizes and coefficients, and which of its blocks are trained. A property that the kind does not use has its default.</summary>
public sealed record ModelSpecification
{
    /// <summary>Which model.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>Number of heads H, at least 1 (G, classifier).</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Width of a head's values (G); <see langword="null"/> means D/H.</summary>
    public int? ValueWidth { get; init; }

    /// <summary>What turns queries and keys into weights (G.1, G.2; G, classifier).</summary>
    public AttentionKernelKind Kernel { get; init; }

    /// <summary>Whether the rows of a Gaussian kernel are divided by their sums (G, classifier).</summary>
    public bool NormalisesRows { get; init; }

    /// <summary>Whether the classifier leaves padding out of attention and pooling (E.11); otherwise it is a token like any other. Default true.</summary>
    public bool MasksPadding { get; init; } = true;

    /// <summary>Width d_m of the shallow encoder (S.1).</summary>
    public int EncoderWidth { get; init; } = 64;

    /// <summary>Factor τ₁ of the shallow encoder's output (S.1); <see langword="null"/> means that of its start (S.3).</summary>
    public double? OutputScale { get; init; }

    /// <summary>Sum or mean over the tokens (S.1).</summary>
    public TokenPooling Pooling { get; init; }

    /// <summary>Sum or mean over the samples (S.2).</summary>
    public LossReduction LossReduction { get; init; }

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
    public int OutputWidth => Kind == ModelKind.ShallowEncoder ? 1 : ReadoutWidth ?? Width;

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

    internal ModelSpecification Resolve(InitialisationSpecification initialisation) => Kind switch
    {
        ModelKind.Residual => ResolveResidual(),
        ModelKind.KernelAttention => ResolveActivation() with
        {
            KeyWidth = KeyWidth ?? HeadWidth,
            ValueWidth = ValueWidth ?? HeadWidth,
            Temperature = Temperature ?? (1 / Math.Sqrt(KeyWidth ?? HeadWidth)),
        },
        ModelKind.ShallowEncoder => ResolveActivation() with
        {
            Temperature = Temperature ?? (1 / Math.Sqrt(EncoderWidth)),
            OutputScale = OutputScale ?? initialisation.Encoder.OutputScale(EncoderWidth),
        },
        _ => ResolveActivation() with { Temperature = Temperature ?? (1 / Math.Sqrt(HeadWidth)) },
    };

    internal int HeadWidth => Math.Max(1, Width / Math.Max(1, Heads));

    private ModelSpecification ResolveActivation()
    {
        var defaults = new ModelSpecification();
        return this with
        {
            ActivationSlope = UsesSlope ? ActivationSlope : defaults.ActivationSlope,
            ActivationSmoothing = UsesSmoothing ? ActivationSmoothing : defaults.ActivationSmoothing,
            Trained = Trained.Canonical(this),
        };
    }

    private ModelSpecification ResolveResidual()
    {
        int keyWidth = KeyWidth ?? Width;
        return ResolveActivation() with { KeyWidth = keyWidth, Temperature = Temperature ?? (1 / Math.Sqrt(keyWidth)) };
    }
}
