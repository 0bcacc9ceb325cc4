namespace Kappa.Models;

/// <summary>What turns queries and keys into attention weights.</summary>
public enum AttentionKernelKind
{
    /// <summary>S = row-softmax(τ Q Kᵀ) (G.1).</summary>
    Softmax,

    /// <summary>S_jk = exp(−τ‖q_j − k_k‖²/2) (G.2).</summary>
    Gaussian,

    /// <summary>S = τ Q Kᵀ (G.9): no exponential, nothing divided by the number of tokens, rows of any sum.</summary>
    Linear,
}

/// <summary>The kernel of attention: its kind and its one number τ, the temperature
/// factor of the softmax and the inverse squared bandwidth of the Gaussian.</summary>
/// <remarks>
/// Theory: kernel attention, G.1 and G.2. A Gaussian whose rows are divided by their sums is the softmax of −τ‖q_j − k_k‖²/2 and is
/// computed as one, so far-away keys do not give 0/0. Immutable and thread-safe.
/// </remarks>
/// <param name="Kind">Which kernel.</param>
/// <param name="Temperature">τ, finite; <c>null</c> means 1/√d_k. A Gaussian needs τ &gt; 0.</param>
/// <param name="NormalisesRows">Whether the rows of a Gaussian are divided by their sums; a softmax's always are.</param>
public sealed record AttentionKernel(AttentionKernelKind Kind, double? Temperature = null, bool NormalisesRows = false)
{
    /// <summary>The softmax with τ = 1/√d_k.</summary>
    public static AttentionKernel Softmax { get; } = new(AttentionKernelKind.Softmax);

    /// <summary>The Gaussian with τ = 1/√d_k and free row sums.</summary>
    public static AttentionKernel Gaussian { get; } = new(AttentionKernelKind.Gaussian);

    /// <summary>S = τ Q Kᵀ with τ = 1/√d_k.</summary>
    public static AttentionKernel Linear { get; } = new(AttentionKernelKind.Linear);

    /// <summary>Whether rows sum to one.</summary>
    public bool HasUnitRows => Kind == AttentionKernelKind.Softmax || (Kind == AttentionKernelKind.Gaussian && NormalisesRows);

    /// <summary>τ for queries and keys of <paramref name="keyWidth"/> numbers.</summary>
    /// <param name="keyWidth">d_k.</param>
    public double Scale(int keyWidth) => Temperature ?? 1 / Math.Sqrt(keyWidth);

    internal void AddProblems(List<string> problems)
    {
        if (!Enum.IsDefined(Kind))
        {
            problems.Add($"The kernel must be one of {string.Join(", ", Enum.GetNames<AttentionKernelKind>())} but is {Kind}.");
        }

        if (Temperature is double temperature
            && !(double.IsFinite(temperature) && (Kind != AttentionKernelKind.Gaussian || temperature > 0)))
        {
            problems.Add($"τ must be finite, and positive for a Gaussian, but is {temperature}.");
        }

        if (NormalisesRows && Kind == AttentionKernelKind.Linear)
        {
            problems.Add(
                "The rows of a linear kernel must not be divided by their sums, which may be 0; take the softmax or the Gaussian.");
        }
    }
}
