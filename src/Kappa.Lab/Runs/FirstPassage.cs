namespace Kappa.Lab.Runs;

/// <summary>The first time at which a loss has come down to a share of its initial value: T(1e-2) for a hundredth.</summary>
internal static class FirstPassage
{
    /// <summary>The share that T(1e-2) counts to.</summary>
    public const double Hundredth = 1e-2;

    /// <summary>The first index with ℒ ≤ share·ℒ_0; null when there is none.</summary>
    /// <param name="losses">At least one; NaN is never at most anything.</param>
    /// <param name="share">Of ℒ_0.</param>
    public static int? Of(ReadOnlySpan<double> losses, double share)
    {
        double target = share * losses[0];
        for (int index = 0; index < losses.Length; index++)
        {
            if (losses[index] <= target)
            {
                return index;
            }
        }

        return null;
    }
}
