using System.Globalization;

namespace Kappa.Spectra;

/// <summary>The ends of a spectrum.</summary>
public enum SpectrumEnds
{
    /// <summary>The largest and the smallest eigenvalue.</summary>
    Both,

    /// <summary>The largest eigenvalue alone.</summary>
    Largest,

    /// <summary>The smallest eigenvalue alone.</summary>
    Smallest,
}

/// <summary>When Lanczos stops, and where it starts.</summary>
/// <remarks>Immutable. Every product keeps a vector of the operator's size, 8·n bytes.</remarks>
public sealed record LanczosOptions
{
    /// <summary>Most products with the operator, at least 1.</summary>
    public int MaximumProducts { get; init; } = 200;

    /// <summary>Residual at which an eigenvalue counts as converged, relative to its modulus; positive.</summary>
    /// <remarks>The error of an eigenvalue that is apart from the others is far smaller: about residual²/gap.</remarks>
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>The ends that are waited for; the other one is reported as far as it came.</summary>
    public SpectrumEnds Ends { get; init; }

    /// <summary>Seed of the Gaussian start vector.</summary>
    public long Seed { get; init; }

    internal void Validate()
    {
        if (MaximumProducts < 1 || !(Tolerance > 0) || !Enum.IsDefined(Ends))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Lanczos must be given at least 1 product, a positive tolerance and known ends but has {MaximumProducts}, {Tolerance} "
                    + $"and {Ends}."));
        }
    }
}
