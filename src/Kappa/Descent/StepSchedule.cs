namespace Kappa.Descent;

/// <summary>The step size of each step of a minibatch method: η_k = peak · min((k + 1)/warm-up, 1) · decay(k) (E.10).</summary>
/// <remarks>Without warm-up and decay it is constant. With linear decay the factor falls from 1 at the end of the warm-up to 0 at <see cref="TotalSteps"/>. Immutable.</remarks>
public sealed record StepSchedule
{
    /// <summary>Largest η, finite and positive.</summary>
    public required double Peak { get; init; }

    /// <summary>Steps of linear warm-up; 0 for none.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>The step at which a linear decay reaches zero; <c>null</c> for no decay.</summary>
    public long? TotalSteps { get; init; }

    /// <summary>η of step <paramref name="step"/>, counted from 0.</summary>
    /// <param name="step">k.</param>
    public double At(long step)
    {
        // (E.10)
        double warmUp = WarmUpSteps > 0 ? Math.Min((step + 1.0) / WarmUpSteps, 1) : 1;
        double decay = TotalSteps is long total ? Math.Clamp((double)(total - step) / (total - WarmUpSteps), 0, 1) : 1;
        return Peak * warmUp * decay;
    }

    internal void AddProblems(List<string> problems)
    {
        if (!(double.IsFinite(Peak) && Peak > 0))
        {
            problems.Add($"The peak step size must be finite and positive but is {Peak}.");
        }

        if (WarmUpSteps < 0 || TotalSteps <= WarmUpSteps)
        {
            problems.Add($"The warm-up must have at least 0 steps and fewer than all, but is {WarmUpSteps} of {TotalSteps?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any number"}.");
        }
    }
}
