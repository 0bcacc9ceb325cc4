using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What a model reads.</summary>
public enum TransformerInput
{
    /// <summary>Token vectors: arrays [n, columns] (patches, or anything else).</summary>
    Arrays,

    /// <summary>Token identifiers, rows of a table.</summary>
    Identifiers,
}

/// <summary>What is added to a token for its place (E.1).</summary>
public enum PositionKind
{
    /// <summary>Nothing: without a mask the order of the tokens does not matter.</summary>
    None,

    /// <summary>A trained vector for each position.</summary>
    Learned,

    /// <summary>Fixed sines and cosines of the position (E.12).</summary>
    Sinusoidal,
}

/// <summary>Which tokens a token attends to; the padding of a sample comes with the data and is left out besides.</summary>
public enum AttentionMask
{
    /// <summary>All.</summary>
    None,

    /// <summary>Itself and those before it (E.13).</summary>
    Causal,
}

/// <summary>Where a block normalises (E.2).</summary>
public enum NormPlace
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>What attention and the feed-forward layer read.</summary>
    Before,

    /// <summary>The sums after the residual connections.</summary>
    After,
}

/// <summary>Which normalisation.</summary>
public enum NormKind
{
    /// <summary>γ ∘ (x − mean x)/√(var x + ε) + β (E.2).</summary>
    Layer,

    /// <summary>γ ∘ x/√(mean x² + ε) (E.14).</summary>
    RootMeanSquare,
}

/// <summary>What becomes of the last block's rows.</summary>
public enum ReadoutKind
{
    /// <summary>They are the output.</summary>
    None,

    /// <summary>Each token's row is multiplied by W_U.</summary>
    Tokens,

    /// <summary>The rows of a sample are pooled and the result is multiplied by W_U.</summary>
    Pooled,
}

/// <summary>How the tokens of a sample become one vector (S.1, E.5).</summary>
public enum TokenPooling
{
    /// <summary>Their sum, as [C] writes it.</summary>
    Sum,

    /// <summary>Their mean: the sum divided by their number.</summary>
    Mean,

    /// <summary>The first one alone.</summary>
    First,
}

/// <summary>Names and orientation of the stored attention matrices.</summary>
public enum ParameterForm
{
    /// <summary><c>blocks.l.query</c> [D, H d_k] and so on: the heads side by side.</summary>
    Blocks,

    /// <summary><c>heads.h.query</c> [D, d_k], <c>.key</c>, <c>.value</c>, <c>.output</c>: each head for itself.</summary>
    Heads,

    /// <summary><c>query</c> [d_k, D], <c>key</c>, <c>value</c>, <c>readout</c> [d_out, D]: transposed, as [C] writes them.</summary>
    Transposed,
}

/// <summary>A Transformer: input, L blocks of attention and feed-forward layer, readout, each part with its choices.</summary>
/// <remarks>
/// Theory: the Transformer (T.1–T.4), whose page lists every choice. n = 1, d = 1, n &gt; d and H d_k ≠ D are legal; what does not go
/// together is refused by <see cref="TransformerRules"/>. Immutable. Models R, G and S and the experiments' Transformer are presets.
/// </remarks>
public sealed partial record TransformerShape
{
    private readonly int? _width;
    private readonly int? _keyWidth;
    private readonly int? _valueWidth;
    private readonly int? _outputWidth;

    /// <summary>What the model reads.</summary>
    public TransformerInput Input { get; init; }

    /// <summary>Columns of the arrays, or number of different identifiers.</summary>
    public required int InputWidth { get; init; }

    /// <summary>Whether tokens go through a table (identifiers) or a matrix (arrays) to vectors of <see cref="Width"/> numbers.</summary>
    public bool HasEmbedding { get; init; }

    /// <summary>What is added for the place of a token.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>n, needed where positions are learned; <c>null</c> means that of the data.</summary>
    public int? Tokens { get; init; }

    /// <summary>L, number of blocks.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>D, width of the blocks' input; the input's unless given.</summary>
    public int Width
    {
        get => _width ?? InputWidth;
        init => _width = value;
    }

    /// <summary>H.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>d_k, width of a head's queries and keys; D/H unless given.</summary>
    public int KeyWidth
    {
        get => _keyWidth ?? Width / Math.Max(Heads, 1);
        init => _keyWidth = value;
    }

    /// <summary>d_v, width of a head's values; D/H unless given.</summary>
    public int ValueWidth
    {
        get => _valueWidth ?? Width / Math.Max(Heads, 1);
        init => _valueWidth = value;
    }

    /// <summary>What turns queries and keys into weights.</summary>
    public AttentionKernel Kernel { get; init; } = AttentionKernel.Softmax;

    /// <summary>Whether the heads' outputs are multiplied by W_O; without it they stand side by side.</summary>
    public bool HasOutput { get; init; } = true;

    /// <summary>Columns of the attention branch: with W_O its own, D unless given; without it H d_v.</summary>
    public int OutputWidth
    {
        get => HasOutput ? _outputWidth ?? Width : Heads * ValueWidth;
        init => _outputWidth = value;
    }

    /// <summary>Whether queries, keys, values and W_O have biases.</summary>
    public bool HasAttentionBiases { get; init; }

    /// <summary>Which tokens are attended to.</summary>
    public AttentionMask Mask { get; init; }

    /// <summary>A function of the attention branch before the residual is added; <c>null</c> for none.</summary>
    public Activation? AttentionActivation { get; init; }

    /// <summary>ρ_a: 1 with the residual connection around attention, 0 without.</summary>
    public double AttentionResidual { get; init; } = 1;

    /// <summary>m; <c>null</c> for no feed-forward layer.</summary>
    public int? FfnWidth { get; init; }

    /// <summary>ψ of the feed-forward layer.</summary>
    public Activation Activation { get; init; } = new(ActivationKind.SmoothLeakyRelu);

    /// <summary>Whether the feed-forward layer has biases.</summary>
    public bool HasFfnBiases { get; init; }

    /// <summary>ρ_f: 1 with the residual connection around the feed-forward layer, 0 without.</summary>
    public double FfnResidual { get; init; } = 1;

    /// <summary>Where blocks normalise.</summary>
    public NormPlace Norm { get; init; }

    /// <summary>Which normalisation.</summary>
    public NormKind NormKind { get; init; }

    /// <summary>Whether normalisations have a gain γ and (layer normalisation) a shift β among the parameters; otherwise 1 and 0.</summary>
    public bool HasNormParameters { get; init; } = true;

    /// <summary>ε of the normalisations.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether the last block's output is normalised.</summary>
    public bool HasLastNorm { get; init; }

    /// <summary>What becomes of the last rows.</summary>
    public ReadoutKind Readout { get; init; }

    /// <summary>d_out, columns of W_U; <c>null</c> without readout.</summary>
    public int? ReadoutWidth { get; init; }

    /// <summary>How tokens are pooled.</summary>
    public TokenPooling Pooling { get; init; } = TokenPooling.Mean;

    /// <summary>Whether the readout has a bias.</summary>
    public bool HasReadoutBias { get; init; }

    /// <summary>τ₁, factor of the readout.</summary>
    public double OutputScale { get; init; } = 1;

    /// <summary>How the squared errors of samples make a loss; cross-entropies are always averaged.</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Sum;

    /// <summary>How the attention matrices are stored.</summary>
    public ParameterForm Parameters { get; init; }

    /// <summary>Columns of the output F.</summary>
    public int OutputColumns => ReadoutWidth ?? OutputWidth;

    /// <summary>τ of the kernel.</summary>
    public double LogitScale => Kernel.Scale(KeyWidth);

    /// <summary>The factor of a token in the pool: 1, or 1/n.</summary>
    internal double PoolingFactor(int tokens) => Pooling == TokenPooling.Mean ? 1.0 / tokens : 1;

    /// <summary>Whether ψ' of an activation in use jumps.</summary>
    internal bool HasKinks => (FfnWidth is not null && !Activation.IsSmooth) || AttentionActivation is { IsSmooth: false };

    internal bool HasOwnKeyWidth => _keyWidth is not null;

    internal bool HasOwnValueWidth => _valueWidth is not null;

    internal bool HasOwnOutputWidth => _outputWidth is not null;

    /// <summary>Every offence at once.</summary>
    /// <exception cref="ArgumentException">A rule of <see cref="TransformerRules"/> does not hold.</exception>
    public void Validate()
    {
        string[] problems = [.. TransformerRules.All.Where(rule => !rule.Holds(this)).Select(rule => rule.Explain(this))];
        if (problems.Length > 0)
        {
            throw new ArgumentException(string.Join(' ', problems));
        }
    }

    /// <summary>How many numbers a matrix takes to one of its results.</summary>
    /// <param name="block">A matrix of the layout.</param>
    public int FanIn(ParameterBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        bool isTransposed = Parameters == ParameterForm.Transposed
            && block.Kind is ParameterKind.Query or ParameterKind.Key or ParameterKind.Value or ParameterKind.Readout;
        return isTransposed ? block.Columns : block.Rows;
    }

    /// <summary>Bytes of attention weights S, of one sample in every layer and head, that a thread keeps from the way forward for the way
    /// back; 0 where they would be too many and are computed again.</summary>
    /// <param name="tokens">n.</param>
    /// <param name="precision">Of the pass.</param>
    public double KeptWeightBytes(int tokens, Precision precision) => KeptWeights.Bytes(this, tokens, precision);

    /// <summary>Multiply-adds of one gradient of some samples, in products alone.</summary>
    /// <param name="samples">Number of samples.</param>
    /// <param name="tokens">Tokens of a sample; those of the shape unless given.</param>
    public double GradientMultiplyAdds(int samples, int? tokens = null)
    {
        // Forward once, backward twice; weights of long samples are computed again on the way back.
        double n = tokens ?? Tokens ?? 1, rows = samples * n, keys = Heads * (double)KeyWidth, values = Heads * (double)ValueWidth;
        double products = (Width * ((2 * keys) + values)) + (HasOutput ? values * OutputWidth : 0) + (2.0 * OutputWidth * (FfnWidth ?? 0));
        double mixing = (3 * n * (keys + values)) + (KeptWeightBytes((int)n, Precision.Double) > 0 ? 0 : n * keys);
        double embedding = HasEmbedding && Input == TransformerInput.Arrays ? 2.0 * InputWidth * Width : 0;
        double readout = (Readout == ReadoutKind.Pooled ? samples : rows) * 3 * OutputWidth * (ReadoutWidth ?? 0);
        return (Depth * rows * ((3 * products) + mixing)) + (rows * embedding) + readout;
    }
}
