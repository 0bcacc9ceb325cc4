namespace Kappa.Descent;

/// <summary>How the step size changes along a run: η_k = η · min((k + 1)/warm-up, 1) · decay(k) (E.10).</summary>
/// <remarks>
/// Without warm-up and decay it is constant. With linear decay the factor falls from 1 at the end of the warm-up to 0 at
/// <see cref="TotalSteps"/>. Immutable.
/// </remarks>
public sealed record StepSchedule
{
    /// <summary>The same step size at every step.</summary>
    public static StepSchedule Constant { get; } = new();

    /// <summary>Steps of linear warm-up; 0 for none.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>The step at which a linear decay reaches zero; <c>null</c> for no decay.</summary>
    public long? TotalSteps { get; init; }

    /// <summary>Whether it changes nothing.</summary>
    public bool IsConstant => WarmUpSteps == 0 && TotalSteps is null;

    /// <summary>η of step <paramref name="step"/>, counted from 0.</summary>
    /// <param name="stepSize">The largest η.</param>
    /// <param name="step">k.</param>
    public double At(double stepSize, long step)
    {
        // (E.10)
        double warmUp = WarmUpSteps > 0 ? Math.Min((step + 1.0) / WarmUpSteps, 1) : 1;
        double decay = TotalSteps is long total ? Math.Clamp((double)(total - step) / (total - WarmUpSteps), 0, 1) : 1;
        return stepSize * warmUp * decay;
    }

    internal void AddProblems(List<string> problems)
    {
        if (WarmUpSteps < 0 || TotalSteps <= WarmUpSteps)
        {
            string all = TotalSteps?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any number";
            problems.Add($"The warm-up must have at least 0 steps and fewer than all, but is {WarmUpSteps} of {all}.");
        }
    }
}
