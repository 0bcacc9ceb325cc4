using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>A preset: the values that the keys of a model have until they are set.</summary>
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

/// <summary>What a model minimises.</summary>
public enum LossKind
{
    /// <summary>½‖F_i − Y_i‖² of each sample (R.4); of classes Y_i is 1 at the class and 0 elsewhere.</summary>
    SquaredError,

    /// <summary>The cross-entropy of classes, averaged over the samples (E.5).</summary>
    CrossEntropy,
}

/// <summary>Which layers have biases.</summary>
public enum BiasedLayers
{
    /// <summary>None.</summary>
    None,

    /// <summary>Attention and feed-forward layers.</summary>
    All,

    /// <summary>Queries, keys, values and W_O.</summary>
    Attention,

    /// <summary>The feed-forward layers.</summary>
    Ffn,
}

/// <summary>A Transformer (T.1–T.4): a preset, and the values that differ from it. A
/// property that was not set has the preset's value, whichever is set first.</summary>
/// <remarks>Compared by the values that hold, whether they were set or follow from the preset.</remarks>
public sealed partial record ModelSpecification
{
    private const int DefaultFfnWidth = 32;

    private readonly Choice<int?> _ffnWidth;
    private readonly Choice<double> _attentionResidual;
    private readonly Choice<bool> _outputMatrix;
    private readonly Choice<ActivationKind?> _attentionActivation;
    private readonly Choice<NormPlace> _norm;
    private readonly Choice<bool> _finalNorm;
    private readonly Choice<bool> _embedding;
    private readonly Choice<PositionKind> _positions;
    private readonly Choice<ReadoutKind> _readout;
    private readonly Choice<TokenPooling> _pooling;
    private readonly Choice<LossReduction> _lossReduction;
    private readonly Choice<LossKind> _loss;

    /// <summary>The preset.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>Number of blocks L, at least 1.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Width D of the blocks' input, at least 1.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Columns of drawn tokens before the embedding; <see langword="null"/> means D.</summary>
    public int? InputWidth { get; init; }

    /// <summary>Feed-forward width m, at least 1; <see langword="null"/> for no feed-forward layer.</summary>
    public int? FfnWidth
    {
        get => _ffnWidth.Or(Preset.FfnWidth is null ? null : DefaultFfnWidth);
        init => _ffnWidth = new(value);
    }

    /// <summary>Number of heads H, at least 1.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Query and key width d_k of a head; <see langword="null"/> means D/H, in the shallow encoder d_m.</summary>
    public int? KeyWidth { get; init; }

    /// <summary>Width d_v of a head's values; <see langword="null"/> means D/H, in the shallow encoder d_m.</summary>
    public int? ValueWidth { get; init; }

    /// <summary>Width d_m of the shallow encoder's one head (S.1).</summary>
    public int EncoderWidth { get; init; } = 64;

    /// <summary>What turns queries and keys into weights (G.1, G.2, G.9).</summary>
    public AttentionKernelKind Kernel { get; init; }

    /// <summary>Whether the rows of a Gaussian kernel are divided by their sums.</summary>
    public bool NormalisesRows { get; init; }

    /// <summary>Factor τ of the attention logits, of a Gaussian its inverse
    /// squared bandwidth; <see langword="null"/> means 1/√d_k.</summary>
    public double? Temperature { get; init; }

    /// <summary>Whether the heads' outputs are multiplied by W_O.</summary>
    public bool OutputMatrix { get => _outputMatrix.Or(Preset.HasOutput); init => _outputMatrix = new(value); }

    /// <summary>Columns of W_O; <see langword="null"/> means D.</summary>
    public int? OutputMatrixWidth { get; init; }

    /// <summary>Which layers have biases.</summary>
    public BiasedLayers Bias { get; init; }

    /// <summary>Which tokens are attended to.</summary>
    public AttentionMask Mask { get; init; }

    /// <summary>Whether the padding of texts is left out of attention and pooling (E.11); otherwise it is a token like any other.</summary>
    public bool MasksPadding { get; init; } = true;

    /// <summary>A function of the attention branch; <see langword="null"/> for none.</summary>
    public ActivationKind? AttentionActivation
    {
        get => _attentionActivation.Or(Preset.AttentionActivation?.Kind);
        init => _attentionActivation = new(value);
    }

    /// <summary>Coefficient ρ_a of the residual connection around the attention (R.2): 1 with, 0 without, any sign.</summary>
    public double AttentionResidual { get => _attentionResidual.Or(Preset.AttentionResidual); init => _attentionResidual = new(value); }

    /// <summary>Coefficient ρ_f of the residual connection around the feed-forward part (R.3): 1 with, 0 without, any sign.</summary>
    public double FfnResidual { get; init; } = 1;

    /// <summary>Activation ψ of the feed-forward layers (R.5).</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.SmoothLeakyRelu;

    /// <summary>Slope γ in [0, 1] of leaky activations.</summary>
    public double ActivationSlope { get; init; } = 0.1;

    /// <summary>Smoothing ε above 0 of smooth leaky ReLUs.</summary>
    public double ActivationSmoothing { get; init; } = 0.5;

    /// <summary>Where blocks normalise (E.2).</summary>
    public NormPlace Norm { get => _norm.Or(Preset.Norm); init => _norm = new(value); }

    /// <summary>Which normalisation.</summary>
    public NormKind NormKind { get; init; }

    /// <summary>Whether normalisations have a trained gain and shift.</summary>
    public bool NormParameters { get; init; } = true;

    /// <summary>ε of the normalisations.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether the last block's output is normalised.</summary>
    public bool FinalNorm { get => _finalNorm.Or(Preset.HasLastNorm); init => _finalNorm = new(value); }

    /// <summary>Whether tokens go through a table (identifiers) or a matrix (arrays).</summary>
    public bool Embedding { get => _embedding.Or(Preset.HasEmbedding); init => _embedding = new(value); }

    /// <summary>What is added for the place of a token (E.1).</summary>
    public PositionKind Positions { get => _positions.Or(Preset.Positions); init => _positions = new(value); }

    /// <summary>What becomes of the last block's rows; with a <see cref="ReadoutWidth"/> model R has a readout of every token.</summary>
    public ReadoutKind Readout
    {
        get => _readout.Or(Kind == ModelKind.Residual && ReadoutWidth is not null ? ReadoutKind.Tokens : Preset.Readout);
        init => _readout = new(value);
    }

    /// <summary>Columns of the readout W_U, of W_O in kernel attention without
    /// readout; <see langword="null"/> means what the data need, or none.</summary>
    public int? ReadoutWidth { get; init; }

    /// <summary>Whether the readout has a bias.</summary>
    public bool ReadoutBias { get; init; }

    /// <summary>How the tokens of a pooled readout are pooled.</summary>
    public TokenPooling Pooling { get => _pooling.Or(Preset.Pooling); init => _pooling = new(value); }

    /// <summary>Factor τ₁ of the readout (S.1); <see langword="null"/> means 1, in the shallow encoder that of its start (S.3).</summary>
    public double? OutputScale { get; init; }

    /// <summary>What is minimised.</summary>
    public LossKind Loss
    {
        get => _loss.Or(Kind == ModelKind.Classifier ? LossKind.CrossEntropy : LossKind.SquaredError);
        init => _loss = new(value);
    }

    /// <summary>Sum or mean of the squared errors over the samples (S.2).</summary>
    public LossReduction LossReduction { get => _lossReduction.Or(Preset.Reduction); init => _lossReduction = new(value); }

    /// <summary>Which parameter matrices descend; the others stay at their initial values.</summary>
    public TrainedBlocks Trained { get; init; } = TrainedBlocks.All;

    // The core's presets, of which only what does not depend on sizes is taken.
    private TransformerShape Preset => s_presets[(int)Kind is >= 0 and < 4 and var kind ? kind : 0];

    private static readonly TransformerShape[] s_presets =
    [
        TransformerShape.Residual(new ResidualTransformerShape { Depth = 1, Width = 1, FfnWidth = 1, KeyWidth = 1 }),
        TransformerShape.KernelAttention(1),
        TransformerShape.ShallowEncoder(1, 1, 1),
        TransformerShape.Classifier(1, 1, 1),
    ];

    /// <summary>Whether the same values hold.</summary>
    /// <param name="other">Another one.</param>
    public bool Equals(ModelSpecification? other)
    {
        if (other is null)
            return false;
        (ExperimentSpecification mine, ExperimentSpecification theirs) = (new() { Model = this }, new() { Model = other });
        return SpecificationKeys.OfModel.All(key => key.Format(mine) == key.Format(theirs));
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Depth, Width, Heads, FfnWidth, Temperature);
}
