namespace Kappa.Models;

/// <summary>How the tokens of a sample become one vector (S.1).</summary>
public enum TokenPooling
{
    /// <summary>Their sum, as [C] writes it.</summary>
    Sum,

    /// <summary>Their mean: the sum divided by d_s.</summary>
    Mean,

    /// <summary>The first one alone.</summary>
    First,
}

/// <summary>The sizes and fixed coefficients of model S (S.1, S.2).</summary>
/// <remarks>Theory: shallow encoder, the model of Wu, Liu, Chrysos and Cevher (arXiv 2311.01575). Immutable.</remarks>
public sealed record ShallowEncoderShape
{
    /// <summary>d: columns of the inputs.</summary>
    public required int InputWidth { get; init; }

    /// <summary>d_m: rows of W_Q, W_K and W_V and length of w_O.</summary>
    public required int Width { get; init; }

    /// <summary>τ₀, the factor of the logits; [C] compares d_m^{−1/2} and d_m^{−1}.</summary>
    public required double LogitScale { get; init; }

    /// <summary>τ₁, the factor of the output: 1, or d_m^{−1/2} in the NTK initialisation.</summary>
    public double OutputScale { get; init; } = 1;

    /// <summary>Sum or mean over the tokens.</summary>
    public TokenPooling Pooling { get; init; } = TokenPooling.Sum;

    /// <summary>ℓ = ½ Σ (f − y)², or that divided by the number of samples (S.2).</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Sum;

    /// <summary>The layout: <c>query</c>, <c>key</c>, <c>value</c> [d_m, d] and <c>readout</c> [1, d_m].</summary>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ParameterLayout NewLayout()
    {
        Validate();
        var builder = new ParameterLayoutBuilder(this);
        builder.Add("query", 0, ParameterKind.Query, Width, InputWidth);
        builder.Add("key", 0, ParameterKind.Key, Width, InputWidth);
        builder.Add("value", 0, ParameterKind.Value, Width, InputWidth);
        builder.Add("readout", 0, ParameterKind.Readout, 1, Width);
        return builder.Build();
    }

    /// <summary>Every offence at once.</summary>
    /// <exception cref="ArgumentException">A size is below 1, a coefficient not finite or a switch unknown.</exception>
    public void Validate()
    {
        List<string> problems = [];
        if (InputWidth < 1 || Width < 1)
        {
            problems.Add($"InputWidth and Width must be at least 1 but are {InputWidth} and {Width}.");
        }

        if (!double.IsFinite(LogitScale) || !double.IsFinite(OutputScale))
        {
            problems.Add($"τ₀ and τ₁ must be finite but are {LogitScale} and {OutputScale}.");
        }

        if (!Enum.IsDefined(Pooling) || !Enum.IsDefined(Reduction))
        {
            problems.Add($"Pooling and Reduction must be sum or mean but are {Pooling} and {Reduction}.");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', problems));
        }
    }

    /// <summary>The same as a Transformer's shape.</summary>
    internal TransformerShape General => TransformerShape.ShallowEncoder(InputWidth, Width, LogitScale) with { OutputScale = OutputScale, Pooling = Pooling, Reduction = Reduction };

    /// <summary>The factor of a token in the pool: 1, or 1/d_s.</summary>
    internal double PoolingFactor(int tokens) => Pooling == TokenPooling.Sum ? 1 : 1.0 / tokens;
}
