using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The sizes and fixed coefficients of model R (R.1–R.5): everything about the model that is not trained.</summary>
/// <remarks>
/// Theory: model R, the residual Transformer of Qin, Zhou, Jiang and Zhu (arXiv 2506.05249). Immutable; no number of samples or tokens in
/// it, for weights fit inputs of any length. Coefficients may be any finite real number, zero and negative included.
/// </remarks>
public sealed record ResidualTransformerShape
{
    private readonly int? _keyWidth;

    /// <summary>Number of blocks L, at least 1.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Model width d: columns of the inputs and of every block's output.</summary>
    public required int Width { get; init; }

    /// <summary>Feed-forward width m: columns of Φ.</summary>
    public required int FfnWidth { get; init; }

    /// <summary>Query and key width d_k; the model width unless given.</summary>
    public int KeyWidth
    {
        get => _keyWidth ?? Width;
        init => _keyWidth = value;
    }

    /// <summary>Factor τ of the attention logits (R.1); <c>null</c> means
    /// 1/√d_k. <see cref="LogitScale"/> is the resulting number.</summary>
    public double? Temperature { get; init; }

    /// <summary>ρ_a of H = ρ_a Z + A Z W_V (R.2): 1 with the connection, 0 without.</summary>
    public double AttentionResidual { get; init; } = 1;

    /// <summary>ρ_f of Z⁺ = ρ_f H + Φ W_2 (R.3): 1 with the connection, 0 without.</summary>
    public double FfnResidual { get; init; } = 1;

    /// <summary>ψ of Φ = ψ(H W_1) (R.3, R.5).</summary>
    public Activation Activation { get; init; } = new(ActivationKind.SmoothLeakyRelu);

    /// <summary>Columns of the linear readout W_U (R.4); <c>null</c> means that the output is Z^L itself.</summary>
    public int? ReadoutWidth { get; init; }

    /// <summary>Columns of the output F: <see cref="ReadoutWidth"/>, or <see cref="Width"/> without readout.</summary>
    public int OutputWidth => ReadoutWidth ?? Width;

    /// <summary>τ as a number: <see cref="Temperature"/>, or 1/√d_k.</summary>
    public double LogitScale => Temperature ?? 1 / Math.Sqrt(KeyWidth);

    /// <summary>Whether weights of both shapes have the same matrices in the same places.</summary>
    internal bool HasLayoutOf(ResidualTransformerShape other) =>
        ReferenceEquals(this, other)
        || (Depth, Width, FfnWidth, KeyWidth, ReadoutWidth) == (
            other.Depth, other.Width, other.FfnWidth, other.KeyWidth, other.ReadoutWidth);

    /// <summary>Throws when the activation cannot be computed in a precision.</summary>
    internal void RequirePrecision(Precision precision)
    {
        if (precision == Precision.Single && Activation is { Kind: ActivationKind.SmoothLeakyRelu, Smoothing: not (>= 1e-18 and <= 1e18) })
        {
            throw new ArgumentException(
                $"In single precision the activation's smoothing ε must lie in [1e-18, 1e18], as its square must be a normal number, but "
                    + $"is {Activation.Smoothing}. Take precision Double or another ε.",
                nameof(precision));
        }
    }

    /// <summary>Throws when a size is not positive or a coefficient not finite, naming every offence.</summary>
    /// <exception cref="ArgumentException">The shape describes no model.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        Positive(nameof(Depth), Depth);
        Positive(nameof(Width), Width);
        Positive(nameof(FfnWidth), FfnWidth);
        Positive(nameof(KeyWidth), KeyWidth);
        Positive(nameof(ReadoutWidth), ReadoutWidth ?? 1);
        Finite(nameof(Temperature), Temperature ?? 0);
        Finite(nameof(AttentionResidual), AttentionResidual);
        Finite(nameof(FfnResidual), FfnResidual);
        if (Activation is null)
        {
            problems.Add($"{nameof(Activation)} must be given.");
        }
        else
        {
            Activation.AddProblems(problems);
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems));
        }

        void Positive(string name, int value)
        {
            if (value < 1)
            {
                problems.Add($"{name} must be at least 1 but is {value}.");
            }
        }

        void Finite(string name, double value)
        {
            if (!double.IsFinite(value))
            {
                problems.Add($"{name} must be a finite number but is {value}.");
            }
        }
    }
}
