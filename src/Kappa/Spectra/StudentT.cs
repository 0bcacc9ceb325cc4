namespace Kappa.Spectra;

/// <summary>The quantile of Student's t that a two-sided 95 % interval needs.</summary>
internal static class StudentT
{
    private const double Coverage = 0.95;

    // The quantile at one degree of freedom is 12.7062, the largest.
    private const double UpperBound = 13;

    /// <summary>t with P(|T| ≤ t) = 0.95 for <paramref name="freedom"/> ≥ 1 degrees of freedom, by bisection to the last bit.</summary>
    public static double TwoSided95(int freedom)
    {
        double low = 0;
        double high = UpperBound;
        while (true)
        {
            double middle = (low + high) / 2;
            if (middle <= low || middle >= high)
            {
                return middle;
            }

            (low, high) = Probability(middle, freedom) < Coverage ? (middle, high) : (low, middle);
        }
    }

    /// <summary>P(|T| ≤ t), a finite sum in cos θ, tan θ = t/√freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).</summary>
    private static double Probability(double t, int freedom)
    {
        double angle = Math.Atan(t / Math.Sqrt(freedom));
        (double sine, double cosine) = Math.SinCos(angle);
        bool odd = freedom % 2 == 1;
        double term = odd ? cosine : 1;
        double sum = freedom == 1 ? 0 : term;
        for (int k = odd ? 3 : 2; k <= freedom - 2; k += 2)
        {
            term *= cosine * cosine * (k - 1) / k;
            sum += term;
        }

        return odd ? 2 / Math.PI * (angle + (sine * sum)) : sine * sum;
    }
}
