namespace Kappa.Numerics;

/// <summary>Row softmax in <see cref="DoubleDouble"/> arithmetic with a proven relative error of every weight.</summary>
/// <remarks>Theory: rounding, C.35.</remarks>
internal static class PreciseSoftmax
{
    // A relative error from here on says no more than that both rows are probabilities.
    private const double MostLogitError = 0.25;

    /// <summary>p ← softmax(s). Returns ρ with |p_j − p̂_j| ≤ ρ p̂_j + 2⁻⁸⁶⁰ for
    /// every j; infinite where the logits are not known well enough.</summary>
    /// <param name="logits">s of one row, overwritten by p.</param>
    /// <param name="logitError">|s_j − ŝ_j| at most, for every j, up to a number common to the row.</param>
    public static UpperBound Apply(Span<DoubleDouble> logits, UpperBound logitError)
    {
        DoubleDouble largest = logits[0];
        foreach (DoubleDouble logit in logits)
        {
            largest = logit.High > largest.High || double.IsNaN(logit.High) ? logit : largest;
        }

        DoubleDouble sum = 0;
        double size = 0;
        for (int j = 0; j < logits.Length; j++)
        {
            size = Math.Max(size, Math.Abs(logits[j].High));
            logits[j] = PreciseExponential.Of(logits[j] - largest);
            sum += logits[j];
        }

        for (int j = 0; j < logits.Length; j++)
        {
            logits[j] /= sum;
        }

        // e^y − 1 ≤ y + y² for 0 ≤ y ≤ 1; y = twice the error of a logit less the largest one.
        UpperBound y = 2 * (logitError + (2 * (UpperBound)DoubleDouble.Unit * (UpperBound)size));
        UpperBound computed = (2 * (UpperBound)PreciseExponential.RelativeError) + ((logits.Length + 4) * (UpperBound)DoubleDouble.Unit)
            + (logits.Length * (UpperBound)PreciseExponential.AbsoluteError);
        return y.Value <= 2 * MostLogitError && double.IsFinite(sum.High) ? y + (y * y) + (4 * computed) : UpperBound.Infinity;
    }
}
