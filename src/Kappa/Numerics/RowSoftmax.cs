namespace Kappa.Numerics;

/// <summary>Softmax of every row of a matrix with the row's maximum subtracted (R.1), and its gradient (R.6).</summary>
/// <remarks>
/// Finite for logits of any finite size: the largest exponent is exactly 0. A NaN or +∞ in a row makes the whole row NaN; −∞ gives
/// weight 0 unless the whole row is −∞, which gives NaN. No allocation; a row's result depends on that row alone.
/// </remarks>
internal static class RowSoftmax
{
    /// <summary>A_rj = e^{s L_rj − max_c s L_rc} / Σ_k e^{s L_rk − max_c s L_rc} (R.1).</summary>
    /// <param name="logits">L [r, c].</param>
    /// <param name="scale">s, any sign.</param>
    /// <param name="attention">A [r, c], overwritten; may be <paramref name="logits"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Apply(in Matrix logits, double scale, in Matrix attention)
    {
        RequireShape(logits, attention, nameof(attention));
        for (int row = 0; row < logits.Rows; row++)
        {
            ReadOnlySpan<double> from = logits.Row(row);
            Span<double> to = attention.Row(row);
            double maximum = double.NegativeInfinity;
            foreach (double logit in from)
            {
                maximum = Math.Max(maximum, scale * logit);
            }

            double sum = 0;
            for (int j = 0; j < from.Length; j++)
            {
                to[j] = Math.Exp((scale * from[j]) - maximum);
                sum += to[j];
            }

            foreach (ref double weight in to)
            {
                weight /= sum;
            }
        }
    }

    /// <summary>dL_rj = s A_rj (dA_rj − Σ_k A_rk dA_rk) (R.6).</summary>
    /// <param name="attention">A [r, c], the result of <see cref="Apply"/>.</param>
    /// <param name="dAttention">dA [r, c].</param>
    /// <param name="scale">s, as in <see cref="Apply"/>.</param>
    /// <param name="dLogits">dL [r, c], overwritten; may be <paramref name="dAttention"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward(in Matrix attention, in Matrix dAttention, double scale, in Matrix dLogits)
    {
        RequireShape(attention, dAttention, nameof(dAttention));
        RequireShape(attention, dLogits, nameof(dLogits));
        for (int row = 0; row < attention.Rows; row++)
        {
            ReadOnlySpan<double> weights = attention.Row(row);
            ReadOnlySpan<double> from = dAttention.Row(row);
            Span<double> to = dLogits.Row(row);
            double mean = Vectors.Dot(weights, from);
            for (int j = 0; j < to.Length; j++)
            {
                to[j] = scale * weights[j] * (from[j] - mean);
            }
        }
    }

    private static void RequireShape(in Matrix expected, in Matrix actual, string name)
    {
        if (actual.Rows != expected.Rows || actual.Columns != expected.Columns)
        {
            throw new ArgumentException($"{name} must be {expected} but is {actual}.", name);
        }
    }
}
