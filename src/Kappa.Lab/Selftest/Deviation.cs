namespace Kappa.Lab.Selftest;

/// <summary>Measures of how far numbers are from what they must be. NaN anywhere gives NaN.</summary>
internal static class Deviation
{
    /// <summary>|a − b|/|b|.</summary>
    public static double Relative(double actual, double expected) => Math.Abs(actual - expected) / Math.Abs(expected);

    /// <summary>‖a − b‖/‖b‖, or ‖a‖ when b must be exactly zero.</summary>
    public static double Relative(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected)
    {
        double size = Norm(expected, expected, factor: 0);
        double distance = Norm(actual, expected, factor: 1);
        return size == 0 ? distance : distance / size;
    }

    /// <summary>max |a − b| / max |b|.</summary>
    public static double ToLargest(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected)
    {
        double difference = 0;
        double largest = 0;
        for (int k = 0; k < expected.Length; k++)
        {
            difference = Larger(difference, Math.Abs(actual[k] - expected[k]));
            largest = Larger(largest, Math.Abs(expected[k]));
        }

        return difference / largest;
    }

    private static double Norm(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double factor)
    {
        double sum = 0;
        for (int k = 0; k < b.Length; k++)
        {
            double difference = a[k] - (factor * b[k]);
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    // Math.Max returns NaN when either is, which is what must happen here.
    private static double Larger(double a, double b) => Math.Max(a, b);
}
