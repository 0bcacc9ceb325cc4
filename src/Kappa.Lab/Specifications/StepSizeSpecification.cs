using System.Globalization;
using Kappa.Descent;

namespace Kappa.Lab.Specifications;

/// <summary>How the step size is found.</summary>
public enum StepSizeKind
{
    /// <summary>A number η.</summary>
    Fixed,

    /// <summary>c/λ_max(J Jᵀ) at the start, then constant.</summary>
    Auto,

    /// <summary>Starts at c/λ_max(J Jᵀ) and is halved whenever the loss would rise.</summary>
    Adaptive,

    /// <summary>The step size that another run used.</summary>
    SameAs,

    /// <summary>The best of several c/λ_max(J Jᵀ), each tried from the same start.</summary>
    Best,
}

/// <summary>The step size of a run: <c>0.05</c>, <c>auto(0.5)</c>,
/// <c>adaptive(0.5)</c>, <c>same(RUN)</c> or <c>best(0.1,0.3,1)</c>.</summary>
public sealed record StepSizeSpecification
{
    /// <summary>Most factors of <c>best</c>: each costs a descent of the whole budget at worst.</summary>
    internal const int MostFactors = 16;

    private StepSizeSpecification(StepSizeKind kind, double value, string? run) => (Kind, Value, Run) = (kind, value, run);

    /// <summary>How it is found.</summary>
    public StepSizeKind Kind { get; }

    /// <summary>η when fixed, the factor c when auto or adaptive; 0 and unused for the other kinds.</summary>
    public double Value { get; }

    /// <summary>The other run's name or a unique prefix of it; <see langword="null"/> unless <see cref="StepSizeKind.SameAs"/>.</summary>
    public string? Run { get; }

    /// <summary>The factors that <see cref="StepSizeKind.Best"/> tries, in the order given; none under other rules.</summary>
    public ValueList<double> Factors { get; private init; } = new();

    /// <summary>A constant step size η.</summary>
    /// <param name="stepSize">η, above 0.</param>
    public static StepSizeSpecification Fixed(double stepSize) => new(StepSizeKind.Fixed, stepSize, null);

    /// <summary>c/λ_max(J Jᵀ) at the initial point.</summary>
    /// <param name="factor">c, above 0.</param>
    public static StepSizeSpecification Auto(double factor) => new(StepSizeKind.Auto, factor, null);

    /// <summary>c/λ_max(J Jᵀ) at the initial point, halved whenever the loss would rise.</summary>
    /// <param name="factor">c, above 0.</param>
    public static StepSizeSpecification Adaptive(double factor) => new(StepSizeKind.Adaptive, factor, null);

    /// <summary>What another run used.</summary>
    /// <param name="run">Its name, or a prefix of its name that no other run has.</param>
    public static StepSizeSpecification SameAs(string run)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        return new(StepSizeKind.SameAs, 0, run);
    }

    /// <summary>The best of several factors of 1/λ_max(J Jᵀ) by the losses of one descent for each.</summary>
    /// <param name="factors">From 1 to 16 different numbers above 0.</param>
    public static StepSizeSpecification Best(params IEnumerable<double> factors) =>
        new(StepSizeKind.Best, 0, null) { Factors = new ValueList<double>(factors) };

    /// <summary>The rule as the descent takes it; adaptive is the monotone rule that starts at the automatic step size.</summary>
    /// <param name="stepSizeOf">The step size that a run used, asked for <see cref="StepSizeKind.SameAs"/> only.</param>
    public StepSizeRule ToRule(Func<string, double> stepSizeOf)
    {
        ArgumentNullException.ThrowIfNull(stepSizeOf);
        return Kind switch
        {
            StepSizeKind.Fixed => StepSizeRule.Fixed(Value),
            StepSizeKind.Auto => StepSizeRule.Automatic(Value),
            StepSizeKind.Adaptive => StepSizeRule.Monotone(StepSizeRule.Automatic(Value)),
            StepSizeKind.Best => throw new InvalidOperationException("best(…) must be decided first."),
            _ => StepSizeRule.Fixed(stepSizeOf(Run!)),
        };
    }

    /// <summary>As it is written in a specification.</summary>
    public override string ToString() => Kind switch
    {
        StepSizeKind.Fixed => Value.ToString("R", CultureInfo.InvariantCulture),
        StepSizeKind.Auto => string.Create(CultureInfo.InvariantCulture, $"auto({Value:R})"),
        StepSizeKind.Adaptive => string.Create(CultureInfo.InvariantCulture, $"adaptive({Value:R})"),
        StepSizeKind.Best => $"best({string.Join(',', Factors.Select(factor => factor.ToString("R", CultureInfo.InvariantCulture)))})",
        _ => $"same({Run})",
    };
}
