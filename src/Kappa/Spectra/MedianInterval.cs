namespace Kappa.Spectra;

/// <summary>The exact interval of a median from order statistics: from the
/// k-th smallest to the k-th largest of n independent values.</summary>
/// <remarks>
/// Of n values from a continuous law the number below the median is binomial, so the interval misses the median with probability 2 P(Bin(n,
/// ½) ≤ k − 1), whatever the law; ties only make it hold more often. k is the largest with a level of 95 % or more, or 1 where there is
/// none: then the interval is the range and its level 1 − 2^(1 − n) is what it is, 75 % for three values and 93.75 % for five. Infinite
/// values count in the order. Source: W. J. Conover, "Practical Nonparametric Statistics" (1999), section 3.2.
/// </remarks>
/// <param name="Low">Lower end; NaN without values.</param>
/// <param name="High">Upper end.</param>
/// <param name="Level">The probability that it holds the median; 0 for one value.</param>
public readonly record struct MedianInterval(double Low, double High, double Level)
{
    /// <summary>The level that is asked for.</summary>
    public const double NominalLevel = 0.95;

    /// <summary>The interval of the median of the law that <paramref name="values"/> come from.</summary>
    /// <param name="values">In any order, without NaN; may be infinite.</param>
    public static MedianInterval Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int count = sorted.Length;
        if (count == 0)
        {
            return new MedianInterval(double.NaN, double.NaN, 0);
        }

        // P(Bin(n, ½) ≤ k − 1), from k = 1 on. 2⁻ⁿ underflows for more than a thousand values: terms by logarithms.
        int k = 1;
        double logTerm = -count * Math.Log(2), tail = Math.Exp(logTerm);
        while (k < (count + 1) / 2)
        {
            logTerm += Math.Log(count - k + 1) - Math.Log(k);
            double next = tail + Math.Exp(logTerm);
            if (2 * next > 1 - NominalLevel)
            {
                break;
            }

            (k, tail) = (k + 1, next);
        }

        return new MedianInterval(sorted[k - 1], sorted[count - k], Math.Max(0, 1 - (2 * tail)));
    }
}
