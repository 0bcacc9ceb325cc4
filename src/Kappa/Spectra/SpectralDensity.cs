using System.Globalization;

namespace Kappa.Spectra;

/// <summary>How a <see cref="SpectralDensity"/> is estimated.</summary>
/// <remarks>Costs Probes·Steps products. Immutable.</remarks>
public sealed record SpectralDensityOptions
{
    /// <summary>Number of random start vectors, at least 1; the standard error of a moment falls with its root.</summary>
    public int Probes { get; init; } = 10;

    /// <summary>Most products for each probe, at least 1: the nodes of its quadrature.</summary>
    public int Steps { get; init; } = 80;

    /// <summary>Standard deviation of the Gaussian that smooths, relative to the largest minus the smallest node; positive.</summary>
    public double RelativeWidth { get; init; } = 0.01;

    /// <summary>Seed of the start vectors.</summary>
    public long Seed { get; init; }

    internal void Validate()
    {
        if (Probes < 1 || Steps < 1 || !(RelativeWidth > 0 && double.IsFinite(RelativeWidth)))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A spectral density must be given at least 1 probe, 1 step and a positive finite width but has {Probes}, {Steps} and "
                    + $"{RelativeWidth}."));
        }
    }
}

/// <summary>A moment of a spectrum and how much its probes scatter.</summary>
/// <param name="Value">The mean over the probes.</param>
/// <param name="StandardError">Their standard deviation divided by the root of their number; NaN for a single probe.</param>
public readonly record struct MomentEstimate(double Value, double StandardError);

/// <summary>The spectral density of a symmetric operator by stochastic Lanczos quadrature
/// (P.8): where the eigenvalues are, without computing them; estimated.</summary>
/// <remarks>
/// φ(x) = (1/n) Σ_i δ(x − λ_i) ≈ Σ_k w_k δ(x − θ_k), Σ w_k = 1. The nodes of one probe reproduce its moments up to degree 2·steps − 1
/// exactly; probes scatter by about √(2/n) of the spread. Probe p starts from the sequence <c>spectral-density.p</c> of the seed.
/// Immutable.
/// </remarks>
public sealed class SpectralDensity
{
    private readonly double[][] _nodes;
    private readonly double[][] _weights;

    private SpectralDensity(double[][] nodes, double[][] weights, int products, double relativeWidth)
    {
        (_nodes, _weights, Products) = (nodes, weights, products);
        (double Node, double Weight)[] all = [
            .. nodes.Zip(weights, (node, weight) => node.Zip(weight)).SelectMany(pairs => pairs).OrderBy(pair => pair.First)];
        Nodes = [.. all.Select(pair => pair.Node)];
        Weights = [.. all.Select(pair => pair.Weight / nodes.Length)];
        Width = relativeWidth * (Nodes[^1] - Nodes[0]);
    }

    /// <summary>θ, the nodes of all probes in ascending order.</summary>
    public IReadOnlyList<double> Nodes { get; }

    /// <summary>w, the share of the spectrum that each node stands for; they add up to 1.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>Standard deviation of the smoothing Gaussian, in the unit of the eigenvalues; 0 when all nodes are one.</summary>
    public double Width { get; }

    /// <summary>Products with the operator that were made.</summary>
    public int Products { get; }

    /// <summary>Number of probes.</summary>
    public int Probes => _nodes.Length;

    /// <summary>Estimates the density.</summary>
    /// <param name="symmetric">A [n, n], n ≥ 1.</param>
    /// <param name="options">How; the defaults when <c>null</c>.</param>
    /// <returns>The density; <c>null</c> when a product is not finite.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the operator is empty.</exception>
    public static SpectralDensity? Estimate(ISymmetricOperator symmetric, SpectralDensityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(symmetric);
        ArgumentOutOfRangeException.ThrowIfLessThan(symmetric.Size, 1, nameof(symmetric));
        options ??= new SpectralDensityOptions();
        options.Validate();
        double[][] nodes = new double[options.Probes][];
        double[][] weights = new double[options.Probes][];
        int products = 0;
        for (int probe = 0; probe < options.Probes; probe++)
        {
            var process = new LanczosProcess(
                symmetric,
                LanczosProcess.GaussianStart(symmetric.Size, options.Seed, FormattableString.Invariant($"spectral-density.{probe}")));
            while (process.Products < options.Steps && !process.IsExhausted && process.IsFinite)
            {
                process.Step();
            }

            if (!process.IsFinite)
            {
                return null;
            }

            // (P.8)  w_k = (e_1ᵀ s_k)²
            (nodes[probe], double[] first, _) = process.RitzValues();
            weights[probe] = [.. first.Select(component => component * component)];
            products += process.Products;
        }

        return new SpectralDensity(nodes, weights, products, options.RelativeWidth);
    }

    /// <summary>(1/n) Σ_i λ_iᵈ, the mean over the eigenvalues of their power: d = 1 gives tr A/n, d = 2 gives ‖A‖²/n.</summary>
    /// <param name="degree">d ≥ 0; unbiased up to 2·steps − 1.</param>
    public MomentEstimate Moment(int degree)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(degree);
        double[] moments = [
            .. _nodes.Zip(_weights, (nodes, weights) => nodes.Zip(weights, (node, weight) => weight * Math.Pow(node, degree)).Sum())];
        double mean = moments.Average();
        double squares = moments.Sum(moment => (moment - mean) * (moment - mean));
        return new MomentEstimate(mean, Probes == 1 ? double.NaN : Math.Sqrt(squares / (Probes - 1) / Probes));
    }

    /// <summary>The share of eigenvalues at or below <paramref name="x"/>, as a step function of the nodes.</summary>
    /// <param name="x">In the unit of the eigenvalues.</param>
    public double Cumulative(double x)
    {
        double sum = 0;
        for (int k = 0; k < Nodes.Count && Nodes[k] <= x; k++)
        {
            sum += Weights[k];
        }

        return Math.Min(sum, 1);
    }

    /// <summary>Σ_k w_k g(x − θ_k) with the normal density g of standard deviation
    /// <see cref="Width"/>: integrates to 1; infinite at the node when the width is 0.</summary>
    /// <param name="x">In the unit of the eigenvalues.</param>
    public double Density(double x)
    {
        if (Width == 0)
        {
            return x == Nodes[0] ? double.PositiveInfinity : 0;
        }

        double sum = 0;
        for (int k = 0; k < Nodes.Count; k++)
        {
            double z = (x - Nodes[k]) / Width;
            sum += Weights[k] * Math.Exp(-z * z / 2);
        }

        return sum / (Width * Math.Sqrt(2 * Math.PI));
    }
}
