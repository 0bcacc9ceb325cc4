using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Sizes of the data of model S.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">d_s.</param>
/// <param name="InputWidth">d.</param>
internal sealed record EncoderSizes(int Samples, int Tokens, int InputWidth)
{
    public override string ToString() => $"N={Samples} d_s={Tokens} d={InputWidth}";
}

/// <summary>How tokens are scaled and losses added up: the experiment's
/// setting does not say, and it decides whether step 1 is stable.</summary>
/// <param name="Name">For tables.</param>
/// <param name="UnitTokens">Whether tokens are N(0, 1/d), of length about 1, and not N(0, 1).</param>
/// <param name="Reduction">Sum or mean over samples (S.2).</param>
/// <param name="Pooling">Sum or mean over tokens (S.1).</param>
internal sealed record Normalisation(string Name, bool UnitTokens, LossReduction Reduction, TokenPooling Pooling)
{
    /// <summary>As the experiment is described, taken literally.</summary>
    public static Normalisation Literal { get; } = new(
        "literal: tokens N(0, 1), summed loss, sum pooling", false, LossReduction.Sum, TokenPooling.Sum);

    /// <summary>The mean loss alone changed.</summary>
    public static Normalisation MeanLoss { get; } = new(
        "mean loss: tokens N(0, 1), (1/2N)Σ, sum pooling", false, LossReduction.Mean, TokenPooling.Sum);

    /// <summary>The one in which step 1 is stable.</summary>
    public static Normalisation Stable { get; } = new(
        "stable: tokens N(0, 1/d), (1/2N)Σ, mean pooling", true, LossReduction.Mean, TokenPooling.Mean);
}

/// <summary>One run of full-batch gradient descent on model S, all four matrices trained,
/// in the words of the claims; see <see cref="ShallowSpecifications"/>.</summary>
internal sealed record EncoderRun
{
    public required EncoderSizes Sizes { get; init; }

    /// <summary>d_m.</summary>
    public required int Width { get; init; }

    public NamedStart Start { get; init; } = NamedStart.LeCun;

    /// <summary>p of τ₀ = d_m^−p.</summary>
    public double LogitExponent { get; init; } = 0.5;

    public Normalisation Normalisation { get; init; } = Normalisation.Stable;

    /// <summary>Whether the tokens of every sample sum to zero.</summary>
    public bool Centred { get; init; }

    public SampleLabels Labels { get; init; } = SampleLabels.Gaussian;

    /// <summary>Correlation of any two tokens of a sample.</summary>
    public double TokenCorrelation { get; init; }

    /// <summary>Correlation of any two samples at the same token.</summary>
    public double SampleCorrelation { get; init; }

    /// <summary>A number, a multiple of 1/λ_max of the kernel at the start, or the best of several.</summary>
    public StepSizeSpecification Step { get; init; } = StepSizeSpecification.Auto(0.3);

    public required int Steps { get; init; }

    /// <summary>The run ends once ℓ ≤ StopAt·ℓ_0; 0 makes all steps.</summary>
    public double StopAt { get; init; }

    /// <summary>Whether the kernel is computed at both ends.</summary>
    public bool MeasuresKernel { get; init; }

    public required long Seed { get; init; }
}
