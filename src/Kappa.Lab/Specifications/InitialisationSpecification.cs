using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>Whether the branches of a deep model are scaled down at the start.</summary>
public enum BranchScale
{
    /// <summary>Not scaled.</summary>
    None,

    /// <summary>Value and ffnOut matrices are multiplied by 1/√L.</summary>
    InverseSqrtDepth,
}

/// <summary>How the shallow encoder starts (S.3): variances of w_O and of W_V, W_Q, W_K, and τ₁.</summary>
public enum EncoderStart
{
    /// <summary>1/d_m, 1/d, τ₁ = 1.</summary>
    LeCun,

    /// <summary>2/d_m, 2/d, τ₁ = 1.</summary>
    He,

    /// <summary>1, 1, τ₁ = d_m^{−1/2}.</summary>
    Ntk,

    /// <summary>2/(d_m + 1), 2/(d + d_m), τ₁ = 1.</summary>
    Xavier,

    /// <summary>LeCun, with W_V, W_Q and W_K turned into orthogonal columns
    /// (d_m ≥ d) or rows whose entries have the same mean square.</summary>
    Orthogonal,
}

/// <summary>The initial point: a scheme, a common gain, and one gain per parameter kind that multiplies it; or given parameters.</summary>
public sealed record InitialisationSpecification
{
    /// <summary>Where the parameters come from that the run starts with; <see langword="null"/> draws them by the law.</summary>
    public StartingPoint? From { get; init; }

    /// <summary>Law of the entries; <see langword="null"/> means that of the preset.</summary>
    public InitialisationScheme? Scheme { get; init; }

    /// <summary>Factor on every matrix.</summary>
    public double Gain { get; init; } = 1;

    /// <summary>Factor on W_Q.</summary>
    public double QueryGain { get; init; } = 1;

    /// <summary>Factor on W_K.</summary>
    public double KeyGain { get; init; } = 1;

    /// <summary>Factor on W_V.</summary>
    public double ValueGain { get; init; } = 1;

    /// <summary>Factor on W_1.</summary>
    public double FfnInGain { get; init; } = 1;

    /// <summary>Factor on W_2.</summary>
    public double FfnOutGain { get; init; } = 1;

    /// <summary>Factor on W_U, on w_O of model S, and on W_O of a model without readout.</summary>
    public double ReadoutGain { get; init; } = 1;

    /// <summary>Factor on W_O.</summary>
    public double OutputGain { get; init; } = 1;

    /// <summary>The start of the shallow encoder (S.3).</summary>
    public EncoderStart EncoderStart { get; init; }

    /// <summary>The start of the shallow encoder where it is one of [C]'s (S.3).</summary>
    internal EncoderScheme? Encoder => EncoderStart switch
    {
        EncoderStart.LeCun => EncoderScheme.LeCun,
        EncoderStart.He => EncoderScheme.He,
        EncoderStart.Ntk => EncoderScheme.Ntk,
        _ => null,
    };

    /// <summary>The other starts of the shallow encoder as laws of any Transformer.</summary>
    /// <param name="inputWidth">d.</param>
    /// <param name="width">d_m.</param>
    internal InitialisationSpecification AsScheme(int inputWidth, int width)
    {
        if (EncoderStart == EncoderStart.Xavier)
            return this with { Scheme = InitialisationScheme.Xavier };

        // Orthonormal columns of length d_m have entries of mean square 1/d_m; LeCun's is 1/d.
        double length = Math.Sqrt(Math.Max(inputWidth, width) / (double)inputWidth);
        return this with
        {
            Scheme = InitialisationScheme.Orthogonal,
            QueryGain = QueryGain * length,
            KeyGain = KeyGain * length,
            ValueGain = ValueGain * length,
        };
    }

    /// <summary>The factor on a matrix of the shallow encoder, the common gain included.</summary>
    internal double GainOf(ParameterKind kind) => Gain * kind switch
    {
        ParameterKind.Query => QueryGain,
        ParameterKind.Key => KeyGain,
        ParameterKind.Value => ValueGain,
        ParameterKind.Readout => ReadoutGain,
        _ => 1,
    };

    /// <summary>The scheme that a preset starts with.</summary>
    internal static InitialisationScheme SchemeOf(ModelKind kind) =>
        kind == ModelKind.Residual ? InitialisationScheme.Gaussian : InitialisationScheme.LeCun;

    /// <summary>Whether W_2 starts at zero.</summary>
    public bool ZeroFfnOut { get; init; }

    /// <summary>Scaling of the branches with depth.</summary>
    public BranchScale BranchScale { get; init; }

    /// <summary>The law as the descent takes it: the branch scale and the zero are folded into the gains of W_V and W_2.</summary>
    /// <param name="depth">Number of blocks L, at least 1.</param>
    /// <param name="hasReadout">Whether W_O is not the last matrix.</param>
    public Initialisation ToInitialisation(int depth, bool hasReadout = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        double branch = BranchScale is BranchScale.InverseSqrtDepth ? 1 / Math.Sqrt(depth) : 1;
        return new()
        {
            Scheme = Scheme ?? InitialisationScheme.Gaussian,
            Gain = Gain,
            QueryGain = QueryGain,
            KeyGain = KeyGain,
            ValueGain = ValueGain * branch,
            FfnInGain = FfnInGain,
            FfnOutGain = ZeroFfnOut ? 0 : FfnOutGain * branch,
            ReadoutGain = ReadoutGain,
            OutputGain = hasReadout ? OutputGain : OutputGain * ReadoutGain,
        };
    }
}
