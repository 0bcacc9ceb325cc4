namespace Kappa.Models;

/// <content>The models of the papers as values of the shape's properties, of which any may then be changed.</content>
public sealed partial record TransformerShape
{
    /// <summary>Model R (R.1–R.4): one head, no W_O, no normalisation.</summary>
    /// <param name="shape">Its own description.</param>
    public static TransformerShape Residual(ResidualTransformerShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new TransformerShape
        {
            InputWidth = shape.Width,
            Depth = shape.Depth,
            KeyWidth = shape.KeyWidth,
            ValueWidth = shape.Width,
            Kernel = AttentionKernel.Softmax with { Temperature = shape.Temperature },
            HasOutput = false,
            AttentionResidual = shape.AttentionResidual,
            FfnWidth = shape.FfnWidth,
            Activation = shape.Activation,
            FfnResidual = shape.FfnResidual,
            Readout = shape.ReadoutWidth is null ? ReadoutKind.None : ReadoutKind.Tokens,
            ReadoutWidth = shape.ReadoutWidth,
        };
    }

    /// <summary>Model G (G.1–G.3): one layer of heads with W_O, nothing else.</summary>
    /// <param name="width">D.</param>
    /// <param name="heads">H; d_k and d are D/H, D_out is D, unless changed.</param>
    /// <param name="kernel">The kernel; the softmax unless given.</param>
    public static TransformerShape KernelAttention(int width, int heads = 1, AttentionKernel? kernel = null) => new()
    {
        InputWidth = width,
        Heads = heads,
        Kernel = kernel ?? AttentionKernel.Softmax,
        AttentionResidual = 0,
        Parameters = ParameterForm.Heads,
    };

    /// <summary>Model S (S.1): one head, a ReLU after attention, pooled, one output.</summary>
    /// <param name="inputWidth">d.</param>
    /// <param name="width">d_m.</param>
    /// <param name="logitScale">τ₀.</param>
    public static TransformerShape ShallowEncoder(int inputWidth, int width, double logitScale) => new()
    {
        InputWidth = inputWidth,
        KeyWidth = width,
        ValueWidth = width,
        Kernel = AttentionKernel.Softmax with { Temperature = logitScale },
        HasOutput = false,
        AttentionActivation = new Activation(ActivationKind.Relu),
        AttentionResidual = 0,
        Readout = ReadoutKind.Pooled,
        ReadoutWidth = 1,
        Pooling = TokenPooling.Sum,
        Parameters = ParameterForm.Transposed,
    };

    /// <summary>
    /// The experiments' Transformer (E.1–E.5): pre-normalised blocks, learned positions, mean pooling. The defaults are those of [B] as
    /// recalled: 2 layers, D = 64, feed-forward 128, 2 heads.
    /// </summary>
    /// <param name="tokens">n.</param>
    /// <param name="classes">C.</param>
    /// <param name="inputWidth">Number of different token identifiers, or numbers in a patch.</param>
    /// <param name="input">Identifiers, or arrays of patches.</param>
    public static TransformerShape Classifier(
        int tokens, int classes, int inputWidth, TransformerInput input = TransformerInput.Identifiers)
    {
        return new TransformerShape
        {
            Input = input,
            InputWidth = inputWidth,
            HasEmbedding = true,
            Positions = PositionKind.Learned,
            Tokens = tokens,
            Depth = 2,
            Width = 64,
            Heads = 2,
            FfnWidth = 128,
            Activation = new Activation(ActivationKind.Gelu),
            Norm = NormPlace.Before,
            HasLastNorm = true,
            Readout = ReadoutKind.Pooled,
            ReadoutWidth = classes,
            Reduction = LossReduction.Mean,
        };
    }

    /// <summary>Whether it is model G, softmax or Gaussian, whatever choices without an effect are.</summary>
    public bool IsKernelAttention => Kernel.Kind != AttentionKernelKind.Linear && Effective() == AsKernelAttention().Effective();

    /// <summary>Whether it is model S, pooled by sum or mean, whatever choices without an effect are.</summary>
    public bool IsShallowEncoder => Pooling != TokenPooling.First && Effective() == AsShallowEncoder().Effective();

    private TransformerShape AsKernelAttention() =>
        KernelAttention(InputWidth, Heads, Kernel) with { KeyWidth = KeyWidth, ValueWidth = ValueWidth, OutputWidth = OutputWidth };

    private TransformerShape AsShallowEncoder() =>
        ShallowEncoder(InputWidth, ValueWidth, LogitScale) with { OutputScale = OutputScale, Pooling = Pooling, Reduction = Reduction };

    // Widths and temperature as numbers, and defaults for all that nothing reads.
    private TransformerShape Effective()
    {
        var plain = new TransformerShape { InputWidth = InputWidth };
        bool hasNorm = Norm != NormPlace.None || HasLastNorm;
        return this with
        {
            Width = Width,
            KeyWidth = KeyWidth,
            ValueWidth = ValueWidth,
            OutputWidth = OutputWidth,
            Tokens = null,
            Kernel = Kernel with { Temperature = LogitScale, NormalisesRows = Kernel.HasUnitRows },
            Activation = FfnWidth is null ? plain.Activation : Activation,
            NormKind = hasNorm ? NormKind : plain.NormKind,
            HasNormParameters = hasNorm ? HasNormParameters : plain.HasNormParameters,
            NormEpsilon = hasNorm ? NormEpsilon : plain.NormEpsilon,
            Pooling = Readout == ReadoutKind.Pooled ? Pooling : plain.Pooling,
        };
    }
}
