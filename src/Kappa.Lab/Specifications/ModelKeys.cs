using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>The keys of the model: a preset, and every choice of a Transformer.</summary>
internal static class ModelKeys
{
    // Bounds of sizes keep every product of two of them inside 64 bits; what fits in memory is a rule between keys.
    private const int LargestSize = 1 << 20;
    private const int LargestDepth = 4096;
    private const int MostHeads = 4096;

    private static readonly NumberKind s_any = new(NumberRange.Finite);
    private static readonly BooleanKind s_truth = new();
    private static readonly ChoiceKind<ActivationKind> s_activation = new();

    /// <summary>A size of a matrix.</summary>
    public static IntegerKind Size { get; } = new(new NumberRange(1, LargestSize));

    private static OptionalKind<long> OptionalSize(string word) => new(Size, word);

    /// <summary>All of them, in the order in which they are written.</summary>
    public static IEnumerable<SpecificationKey> All() => [.. Input(), .. Attention(), .. Block(), .. Output()];

    private static IEnumerable<SpecificationKey> Input()
    {
        yield return Key(
            "kind", new ChoiceKind<ModelKind>(), m => m.Kind, (m, v) => m with { Kind = v },
            "preset, values that the keys have until they are set: R (R.1), G (G.1), S (S.1) or the experiments' Transformer "
                + "(E.1)");
        yield return Key(
            "depth", new IntegerKind(new NumberRange(1, LargestDepth)), m => m.Depth, (m, v) => m with { Depth = (int)v },
            "number of blocks L");
        yield return Key(
            "width", Size, m => m.Width, (m, v) => m with { Width = (int)v },
            "width D of the blocks' input, of tokens without embedding (d in R and S)");
        yield return Key(
            "embedding", s_truth, m => m.Embedding, (m, v) => m with { Embedding = v },
            "a table of token vectors, or a matrix that tokens are multiplied by (E.1); true in classifier");
        yield return Key(
            "inputWidth", OptionalSize("default"), m => m.InputWidth, (m, v) => m with { InputWidth = (int?)v },
            "width of drawn tokens before their embedding", "D", isImplied: m => m.InputWidth is null || m.InputWidth == m.Width);
        yield return Key(
            "positions", new ChoiceKind<PositionKind>(), m => m.Positions, (m, v) => m with { Positions = v },
            "vectors added for the place of a token (E.1, E.12); learned in classifier");
    }

    private static IEnumerable<SpecificationKey> Attention()
    {
        yield return Key(
            "heads", new IntegerKind(new NumberRange(1, MostHeads)), m => m.Heads, (m, v) => m with { Heads = (int)v },
            "number of heads H (G.3)");
        yield return Key(
            "keyWidth", OptionalSize("default"), m => m.KeyWidth, (m, v) => m with { KeyWidth = (int?)v },
            "query and key width d_k of a head", "D/H; d_m in shallowEncoder");
        yield return Key(
            "valueWidth", OptionalSize("default"), m => m.ValueWidth, (m, v) => m with { ValueWidth = (int?)v },
            "width d_v of a head's values (G.3)", "D/H; d_m in shallowEncoder", isImplied: m => m.HasImpliedValueWidth);
        yield return Key(
            "encoderWidth", Size, m => m.EncoderWidth, (m, v) => m with { EncoderWidth = (int)v },
            "width d_m of the shallow encoder (S.1)");
        yield return Key(
            "kernel", new ChoiceKind<AttentionKernelKind>(), m => m.Kernel, (m, v) => m with { Kernel = v },
            "attention kernel: softmax (G.1), gaussian (G.2) or linear (G.9)");
        yield return Key(
            "temperature", new OptionalKind<double>(s_any, "default"), m => m.Temperature, (m, v) => m with { Temperature = v },
            "factor τ of the attention logits (R.1, G.1), τ₀ of S (S.1), inverse squared bandwidth of the gaussian kernel (G.2)", "1/√d_k");
        yield return Key(
            "normalisesRows", s_truth, m => m.NormalisesRows, (m, v) => m with { NormalisesRows = v },
            "divide the rows of the gaussian kernel by their sums (G.2)");
        yield return Key(
            "mask", new ChoiceKind<AttentionMask>(), m => m.Mask, (m, v) => m with { Mask = v },
            "tokens that a token attends to: all, or causal: itself and those before it (E.13)");
        yield return Key(
            "masksPadding", s_truth, m => m.MasksPadding, (m, v) => m with { MasksPadding = v },
            "leave the padding of reviews out of attention and pooling (E.11)");
        yield return Key(
            "outputMatrix", s_truth, m => m.OutputMatrix, (m, v) => m with { OutputMatrix = v },
            "multiply the heads' outputs by W_O (G.3); true in kernelAttention and classifier");
        yield return Key(
            "outputMatrixWidth", OptionalSize("default"), m => m.OutputMatrixWidth, (m, v) => m with { OutputMatrixWidth = (int?)v },
            "columns of W_O", "D", isImplied: m => m.HasImpliedOutputMatrixWidth);
        yield return Key(
            "attentionActivation", new OptionalKind<ActivationKind>(s_activation, "none"),
            m => m.AttentionActivation, (m, v) => m with { AttentionActivation = v },
            "function of the attention branch; relu in shallowEncoder (S.1)");
        yield return Key(
            "attentionResidual", s_any, m => m.AttentionResidual, (m, v) => m with { AttentionResidual = v },
            "coefficient ρ_a of the residual around attention (R.2): 1 with, 0 without, as in kernelAttention and shallowEncoder");
    }

    private static IEnumerable<SpecificationKey> Block()
    {
        yield return Key(
            "ffnWidth", OptionalSize("none"), m => m.FfnWidth, (m, v) => m with { FfnWidth = (int?)v },
            "feed-forward width m; none: no feed-forward layer, as in kernelAttention and shallowEncoder");
        yield return Key("activation", s_activation, m => m.Activation, (m, v) => m with { Activation = v }, "activation ψ (R.5)");
        yield return Key(
            "activationSlope", new NumberKind(new NumberRange(0, 1)), m => m.ActivationSlope, (m, v) => m with { ActivationSlope = v },
            "slope γ of leaky activations (R.5)");
        yield return Key(
            "activationSmoothing", new NumberKind(new NumberRange(1e-100, 1e100)),
            m => m.ActivationSmoothing, (m, v) => m with { ActivationSmoothing = v },
            "smoothing ε of smoothLeakyRelu (R.5)");
        yield return Key(
            "ffnResidual", s_any, m => m.FfnResidual, (m, v) => m with { FfnResidual = v },
            "coefficient ρ_f of the residual around the feed-forward part (R.3)");
        yield return Key(
            "bias", new ChoiceKind<BiasedLayers>("false", "true", "attention", "ffn"), m => m.Bias, (m, v) => m with { Bias = v },
            "biases of attention and feed-forward layers, or of one of them (T.2, T.3)");
        yield return Key(
            "norm", new ChoiceKind<NormPlace>("none", "pre", "post"), m => m.Norm, (m, v) => m with { Norm = v },
            "normalise what the layers read (pre), or the sums after the residuals (post) (E.2); pre in classifier");
        yield return Key(
            "normKind", new ChoiceKind<NormKind>("layer", "rms"), m => m.NormKind, (m, v) => m with { NormKind = v },
            "layer normalisation (E.2) or RMSNorm (E.14)");
        yield return Key(
            "normParameters", s_truth, m => m.NormParameters, (m, v) => m with { NormParameters = v },
            "train a gain γ and a shift β in every normalisation");
        yield return Key(
            "normEpsilon", new NumberKind(NumberRange.Positive), m => m.NormEpsilon, (m, v) => m with { NormEpsilon = v },
            "ε of the normalisations (E.2)");
        yield return Key(
            "finalNorm", s_truth, m => m.FinalNorm, (m, v) => m with { FinalNorm = v },
            "normalise the last block's output; true in classifier");
    }

    private static IEnumerable<SpecificationKey> Output()
    {
        yield return Key(
            "readout", new ChoiceKind<ReadoutKind>(), m => m.Readout, (m, v) => m with { Readout = v },
            "multiply every token's row, or the pooled tokens, by W_U; tokens with a readoutWidth, pooled in shallowEncoder "
                + "and classifier", isImplied: m => m.HasImpliedReadout);
        yield return Key(
            "readoutWidth", OptionalSize("none"), m => m.ReadoutWidth, (m, v) => m with { ReadoutWidth = (int?)v },
            "columns of the readout W_U (R.4), of W_O in kernelAttention (G.3); none: what the data need, or no readout in "
                + "residual");
        yield return Key("readoutBias", s_truth, m => m.ReadoutBias, (m, v) => m with { ReadoutBias = v }, "a bias of the readout (T.4)");
        yield return Key(
            "pooling", new ChoiceKind<TokenPooling>(), m => m.Pooling, (m, v) => m with { Pooling = v },
            "tokens of a pooled readout: sum (S.1), mean (E.4) or the first alone");
        yield return Key(
            "outputScale", new OptionalKind<double>(s_any, "default"), m => m.OutputScale, (m, v) => m with { OutputScale = v },
            "factor τ₁ of the readout (S.1)",
            "1; that of encoderStart in shallowEncoder",
            isImplied: m => m.OutputScale is null || (m.OutputScale == 1 && m.Kind != ModelKind.ShallowEncoder));
        yield return Key(
            "loss", new ChoiceKind<LossKind>(), m => m.Loss, (m, v) => m with { Loss = v },
            "squared error (R.4), of classes against 1 and 0, or cross-entropy (E.5), as in classifier");
        yield return Key(
            "lossReduction", new ChoiceKind<LossReduction>(), m => m.LossReduction, (m, v) => m with { LossReduction = v },
            "sum or mean of squared errors over the samples (S.2)");
        yield return Key(
            "trained", new TrainedKind(), m => m.Trained, (m, v) => m with { Trained = v },
            "which parameters descend; the others keep their initial values");
    }

    private static SpecificationKey Key<T>(
        string name, ValueKind<T> kind, Func<ModelSpecification, T> get, Func<ModelSpecification, T, ModelSpecification> set, string text,
        string? means = null, Predicate<ModelSpecification>? isImplied = null)
    {
        var words = new KeyText($"model.{name}", text, means, isImplied is null ? null : s => isImplied(s.Model));
        return SpecificationKey.Of(words, kind, s => get(s.Model), (s, v) => s with { Model = set(s.Model, v) });
    }
}
