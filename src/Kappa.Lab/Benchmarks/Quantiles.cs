namespace Kappa.Lab.Benchmarks;

/// <summary>Median, quartiles and least of repeated measurements; a quartile lies between two values in proportion.</summary>
/// <param name="Least">The least.</param>
/// <param name="Lower">A quarter of the values is below.</param>
/// <param name="Median">Half of the values is below.</param>
/// <param name="Upper">Three quarters of the values are below.</param>
public readonly record struct Quantiles(double Least, double Lower, double Median, double Upper)
{
    /// <summary>Those of <paramref name="values"/>.</summary>
    /// <param name="values">At least one number.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Quantiles Of(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            throw new ArgumentException("Quantiles need at least one value but there is none.", nameof(values));
        }

        double[] sorted = [.. values.Order()];
        return new Quantiles(sorted[0], Statistics.Quantiles.OfSorted(sorted, 0.25), Statistics.Quantiles.OfSorted(sorted, 0.5), Statistics.Quantiles.OfSorted(sorted, 0.75));
    }

    /// <summary>The same in another unit.</summary>
    /// <param name="factor">Positive.</param>
    internal Quantiles Scaled(double factor) => new(Least * factor, Lower * factor, Median * factor, Upper * factor);
}
