using Kappa.Lab.Runs;

namespace Kappa.Bench;

/// <summary>Median, quartiles and least of repeated measurements; a quartile lies between two values in proportion.</summary>
/// <param name="Least">The least.</param>
/// <param name="Lower">A quarter of the values is below.</param>
/// <param name="Median">Half of the values is below.</param>
/// <param name="Upper">Three quarters of the values are below.</param>
internal readonly record struct Quartiles(double Least, double Lower, double Median, double Upper)
{
    /// <summary>Those of <paramref name="values"/>.</summary>
    /// <param name="values">At least one number.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Quartiles Of(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            throw new ArgumentException("Quartiles need at least one value but there is none.", nameof(values));
        }

        double[] sorted = [.. values.Order()];
        return new Quartiles(
            sorted[0], Quantiles.OfSorted(sorted, 0.25), Quantiles.OfSorted(sorted, 0.5), Quantiles.OfSorted(sorted, 0.75));
    }

    /// <summary>The same in another unit.</summary>
    /// <param name="factor">Positive.</param>
    internal Quartiles Scaled(double factor) => new(Least * factor, Lower * factor, Median * factor, Upper * factor);
}
