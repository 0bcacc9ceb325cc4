using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>Which of the models that theorems and own implementations are
/// about a specification describes, whatever preset it started from.</summary>
internal enum ModelForm
{
    /// <summary>None of the following.</summary>
    General,

    /// <summary>Model R: one softmax head, no W_O, biases or normalisation, squared error; it has a fused implementation.</summary>
    Residual,

    /// <summary>Model G: one layer of softmax or Gaussian heads with W_O, and nothing else.</summary>
    KernelAttention,

    /// <summary>Model S: one softmax head, ReLU, pooled to one number.</summary>
    ShallowEncoder,
}

/// <content>The specification as the models take it.</content>
public sealed partial record ModelSpecification
{
    /// <summary>Columns of the output F: the readout's, or the attention branch's.</summary>
    public int OutputWidth =>
        Readout != ReadoutKind.None ? ReadoutWidth ?? 1 : OutputMatrix ? OwnOutputMatrixWidth ?? Width
        : (int)Math.Min(int.MaxValue, (long)Heads * (OwnValueWidth ?? HeadWidth));

    /// <summary>Which model it is.</summary>
    internal ModelForm Form
    {
        get
        {
            if (Loss != LossKind.SquaredError)
                return ModelForm.General;
            (ModelForm form, TransformerShape? own) = (FfnWidth is not null, OutputMatrix) switch
            {
                (true, false) => (ModelForm.Residual, TransformerShape.Residual(ToShape()) with { Reduction = LossReduction.Sum }),
                (false, true) when Kernel != AttentionKernelKind.Linear => (ModelForm.KernelAttention, AsKernelAttention()),
                (false, false) when Pooling != TokenPooling.First => (ModelForm.ShallowEncoder, AsShallowEncoder()),
                _ => (ModelForm.General, null),
            };
            if (own is null)
                return form;
            TransformerShape shape = ToTransformerShape(DataForm.OfTokens(InputColumns) with { Outputs = 1 });
            return Explicit(shape) == Explicit(own) ? form : ModelForm.General;
        }
    }

    /// <summary>Columns of tokens before an embedding.</summary>
    internal int InputColumns => Embedding ? InputWidth ?? Width : Width;

    /// <summary>d_v of one head.</summary>
    internal int ValueWidthOfHead => OwnValueWidth ?? HeadWidth;

    internal int HeadWidth => Math.Max(1, Width / Math.Max(1, Heads));

    /// <summary>The kernel of attention.</summary>
    internal AttentionKernel AttentionKernel => new(Kernel, Temperature, NormalisesRows && Kernel == AttentionKernelKind.Gaussian);

    /// <summary>Whether the values have the width that they have when none is given.</summary>
    internal bool HasImpliedValueWidth => ValueWidth is null || ValueWidth == (Kind == ModelKind.ShallowEncoder ? EncoderWidth : HeadWidth);

    /// <summary>Whether W_O has the columns that it has when none are given.</summary>
    internal bool HasImpliedOutputMatrixWidth =>
        OutputMatrixWidth is null || OutputMatrixWidth == ((this with { OutputMatrixWidth = null }).OwnOutputMatrixWidth ?? Width);

    /// <summary>Whether the readout is the one that there is when none is given.</summary>
    internal bool HasImpliedReadout =>
        Readout == (Kind == ModelKind.Residual && ReadoutWidth is not null ? ReadoutKind.Tokens : Preset.Readout);

    private static readonly TransformerRule[] s_rulesOfNames =
        [.. TransformerRules.All.Where(rule => rule.Properties.Contains(nameof(TransformerShape.Parameters)))];

    // In the shallow encoder d_m is the width of keys and values.
    private int? OwnKeyWidth => KeyWidth ?? (Kind == ModelKind.ShallowEncoder ? EncoderWidth : null);

    private int? OwnValueWidth => ValueWidth ?? (Kind == ModelKind.ShallowEncoder ? EncoderWidth : null);

    // Kernel attention has always called the columns of its last matrix so.
    private int? OwnOutputMatrixWidth =>
        OutputMatrixWidth ?? (Kind == ModelKind.KernelAttention && Readout == ReadoutKind.None ? ReadoutWidth : null);

    /// <summary>Model R's own description.</summary>
    /// <exception cref="InvalidOperationException">There is no feed-forward layer.</exception>
    public ResidualTransformerShape ToShape() => new()
    {
        Depth = Depth,
        Width = Width,
        FfnWidth = FfnWidth ?? throw new InvalidOperationException("Model R must have a feed-forward layer but there is none."),
        KeyWidth = KeyWidth ?? HeadWidth,
        Temperature = Temperature,
        AttentionResidual = AttentionResidual,
        FfnResidual = FfnResidual,
        Activation = OfKind(Activation),
        ReadoutWidth = ReadoutWidth,
    };

    /// <summary>The description of any Transformer. What has no effect has the value that means nothing.</summary>
    /// <param name="data">What the data give the model.</param>
    internal TransformerShape ToTransformerShape(DataForm data)
    {
        bool hasReadout = Readout != ReadoutKind.None;
        var shape = new TransformerShape
        {
            Input = data.Input,
            InputWidth = data.Columns,
            HasEmbedding = Embedding,
            Positions = Positions,
            Tokens = Positions == PositionKind.Learned ? data.Tokens : null,
            Depth = Depth,
            Width = Width,
            Heads = Heads,
            Kernel = AttentionKernel,
            HasOutput = OutputMatrix,
            HasAttentionBiases = Bias is BiasedLayers.All or BiasedLayers.Attention,
            Mask = Mask,
            AttentionActivation = AttentionActivation is { } own ? OfKind(own) : null,
            AttentionResidual = AttentionResidual,
            FfnWidth = FfnWidth,
            Activation = OfKind(Activation),
            HasFfnBiases = Bias == BiasedLayers.Ffn || (Bias == BiasedLayers.All && FfnWidth is not null),
            FfnResidual = FfnWidth is null ? 1 : FfnResidual,
            Norm = Norm,
            NormKind = NormKind,
            HasNormParameters = NormParameters,
            NormEpsilon = NormEpsilon,
            HasLastNorm = FinalNorm,
            Readout = Readout,
            ReadoutWidth = hasReadout ? ReadoutWidth ?? data.Outputs : null,
            Pooling = Pooling,
            HasReadoutBias = hasReadout && ReadoutBias,
            OutputScale = hasReadout ? OutputScale ?? 1 : 1,
            Reduction = LossReduction,
        };
        shape = OwnKeyWidth is int keys ? shape with { KeyWidth = keys } : shape;
        shape = OwnValueWidth is int values ? shape with { ValueWidth = values } : shape;
        shape = OutputMatrix && OwnOutputMatrixWidth is int columns ? shape with { OutputWidth = columns } : shape;
        if (Preset.Parameters == ParameterForm.Blocks)
            return shape;
        TransformerShape named = shape with { Parameters = Preset.Parameters };
        return s_rulesOfNames.All(rule => rule.Holds(named)) ? named : shape;
    }

    /// <summary>The values that follow from others, written out.</summary>
    internal ModelSpecification Resolve(ExperimentSpecification specification)
    {
        int keys = OwnKeyWidth ?? HeadWidth;
        bool hasReadout = Readout != ReadoutKind.None;
        ModelSpecification resolved = this with
        {
            KeyWidth = keys,
            ValueWidth = OwnValueWidth ?? HeadWidth,
            Temperature = Temperature ?? (1 / Math.Sqrt(keys)),
            OutputMatrixWidth = OutputMatrix ? OwnOutputMatrixWidth ?? Width : null,
            ReadoutWidth = ReadoutWidth ?? (hasReadout ? DataForm.Expected(specification).Outputs : null),
            Bias = Bias == BiasedLayers.All && FfnWidth is null ? BiasedLayers.Attention : Bias,
            InputWidth = Embedding && specification.Data.MakesTokens ? InputColumns : InputWidth,
            Readout = Readout,
        };
        return resolved with
        {
            OutputScale = !hasReadout ? null
                : OutputScale
                    ?? (specification.Form == ModelForm.ShallowEncoder ? specification.Initialisation.Encoder?.OutputScale(keys) ?? 1 : 1),
            Trained = Trained.Canonical(resolved),
        };
    }

    private Activation OfKind(ActivationKind kind) => new(kind, ActivationSlope, ActivationSmoothing);

    /// <summary>Model G's own description.</summary>
    internal TransformerShape AsKernelAttention() => TransformerShape.KernelAttention(Width, Heads, AttentionKernel) with
    {
        KeyWidth = KeyWidth ?? HeadWidth,
        ValueWidth = ValueWidth ?? HeadWidth,
        OutputWidth = OutputWidth,
    };

    /// <summary>Model S's own description.</summary>
    internal TransformerShape AsShallowEncoder() => TransformerShape.ShallowEncoder(
        Width, OwnKeyWidth ?? HeadWidth, Temperature ?? (1 / Math.Sqrt(OwnKeyWidth ?? HeadWidth))) with
    {
        Pooling = Pooling,
        Reduction = LossReduction,
        OutputScale = OutputScale ?? 1,
    };

    // Sizes that follow from others written out, and everything without effect left out, so that equal models are equal records.
    private static TransformerShape Explicit(TransformerShape shape)
    {
        var neutral = new TransformerShape { InputWidth = 1 };
        bool hasNorm = shape.Norm != NormPlace.None || shape.HasLastNorm;
        TransformerShape written = shape with
        {
            Width = shape.Width,
            KeyWidth = shape.KeyWidth,
            ValueWidth = shape.ValueWidth,
            Kernel = shape.Kernel with { Temperature = shape.Kernel.Scale(shape.KeyWidth) },
            Activation = shape.FfnWidth is null ? neutral.Activation : OfEffect(shape.Activation),
            AttentionActivation = shape.AttentionActivation is { } own ? OfEffect(own) : null,
            Pooling = shape.Readout == ReadoutKind.Pooled ? shape.Pooling : neutral.Pooling,
            NormKind = hasNorm ? shape.NormKind : neutral.NormKind,
            HasNormParameters = !hasNorm || shape.HasNormParameters,
            NormEpsilon = hasNorm ? shape.NormEpsilon : neutral.NormEpsilon,
            Parameters = ParameterForm.Blocks,
        };
        return written.HasOutput ? written with { OutputWidth = written.OutputWidth } : written;
    }

    private static Activation OfEffect(Activation activation) => activation.Kind switch
    {
        ActivationKind.SmoothLeakyRelu => activation,
        ActivationKind.LeakyRelu => new Activation(activation.Kind, activation.Slope),
        _ => new Activation(activation.Kind),
    };
}
