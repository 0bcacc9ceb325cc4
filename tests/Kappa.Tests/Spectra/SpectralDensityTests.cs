using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class SpectralDensityTests
{
    [Fact]
    public void The_quadrature_of_a_probe_has_its_moments_up_to_twice_its_steps()
    {
        // One probe v: Σ_k w_k θ_k^d = ⟨v, A^d v⟩ for d ≤ 2·5 − 1, and not beyond.
        DenseOperator symmetric = DenseOperator.WithSpectrum([.. MatrixSamples.Geometric(30, 50)], 3);
        SpectralDensity density = SpectralDensity.Estimate(symmetric, new SpectralDensityOptions { Probes = 1, Steps = 5, Seed = 8 })!;
        double[] start = LanczosProcess.GaussianStart(30, 8, "spectral-density.0");
        Vectors.Scale(start, 1 / Vectors.Norm(start));
        double[] power = [.. start];
        for (int degree = 0; degree <= 10; degree++)
        {
            double expected = Vectors.Dot(start, power);
            double actual = density.Moment(degree).Value;
            Assert.Equal(degree <= 9, Math.Abs(actual / expected - 1) < 1e-12);
            double[] image = new double[30];
            symmetric.Apply(power, image);
            power = image;
        }

        Assert.Equal(5, density.Products);
        Assert.True(double.IsNaN(density.Moment(1).StandardError));
    }

    [Fact]
    public void Trace_and_trace_of_the_square_are_met_within_four_standard_errors()
    {
        // A probe on the sphere has mean tr f/n and variance 2/(n+2)·(tr f²/n − (tr f/n)²).
        double[] spectrum = [.. MatrixSamples.Geometric(60, 1e3)];
        SpectralDensity density = SpectralDensity.Estimate(
            DenseOperator.WithSpectrum(spectrum, 5), new SpectralDensityOptions { Probes = 40, Steps = 12 })!;
        for (int degree = 1; degree <= 2; degree++)
        {
            double mean = spectrum.Average(x => Math.Pow(x, degree));
            double variance = 2.0 / 62 * (spectrum.Average(x => Math.Pow(x, 2 * degree)) - (mean * mean));
            double standardError = Math.Sqrt(variance / 40);
            MomentEstimate moment = density.Moment(degree);
            Assert.InRange(Math.Abs(moment.Value - mean), 0, 4 * standardError);

            // The estimate of the standard error itself scatters by 1/√(2·39), about a ninth.
            Assert.InRange(moment.StandardError / standardError, 0.5, 1.6);
        }

        Assert.Equal(1, density.Moment(0).Value, 1e-12);
        Assert.Equal(1, density.Weights.Sum(), 1e-12);
    }

    [Fact]
    public void The_cumulative_distribution_is_that_of_the_eigenvalues()
    {
        // As many steps as rows: every node is an eigenvalue, and the share
        // below a gap has mean F and variance 2F(1 − F)/(n+2) for each probe.
        double[] spectrum = [.. Enumerable.Range(0, 40).Select(k => k + (k < 15 ? -100.0 : k < 30 ? 0 : 1000))];
        SpectralDensity density = SpectralDensity.Estimate(
            DenseOperator.WithSpectrum(spectrum, 6), new SpectralDensityOptions { Probes = 60, Steps = 40 })!;
        foreach (double x in new[] { -200, -92.5, -50, 20.5, 500, 1034.5, 2000 })
        {
            double share = spectrum.Count(value => value <= x) / 40.0;
            double standardError = Math.Sqrt(2 * share * (1 - share) / 42 / 60);
            Assert.InRange(Math.Abs(density.Cumulative(x) - share), 0, (4 * standardError) + 1e-12);
        }
    }

    [Fact]
    public void The_smoothed_density_integrates_to_one_and_has_the_stated_width()
    {
        SpectralDensity density = SpectralDensity.Estimate(
            DenseOperator.WithSpectrum([0, 0, 0, 10], 7), new SpectralDensityOptions { Probes = 3, RelativeWidth = 0.02 })!;
        Assert.Equal(0.2, density.Width, 1e-12);

        // The trapezoidal rule over a Gaussian of width 20 steps is exact to rounding, and ten widths on either side hold all of it.
        double[] grid = [.. Enumerable.Range(-200, 1401).Select(k => k * 0.01)];
        Assert.Equal(1, grid.Sum(density.Density) * 0.01, 1e-9);
        double mean = grid.Sum(x => x * density.Density(x)) * 0.01;
        Assert.Equal(density.Moment(1).Value, mean, 1e-9);
        double variance = grid.Sum(x => x * x * density.Density(x)) * 0.01;
        Assert.Equal(density.Moment(2).Value + 0.04, variance, 1e-8);
    }

    [Fact]
    public void The_kernel_of_a_model_has_the_density_of_its_eigenvalues()
    {
        var @case = new ModelCase(new ResidualTransformerShape { Width = 8, FfnWidth = 16, Depth = 2 }, samples: 3, tokens: 4);
        using ResidualTransformer model = @case.NewModel();
        double[] eigenvalues = JacobianSpectrum.Of(model, @case.Weights, TrainedSet.All).Eigenvalues;
        var kernel = new KernelOperator(model, @case.Weights, TrainedSet.All);
        SpectralDensity density = SpectralDensity.Estimate(kernel, new SpectralDensityOptions { Probes = 20, Steps = 30 })!;
        MomentEstimate mean = density.Moment(1);
        Assert.InRange(Math.Abs(mean.Value - eigenvalues.Average()), 0, 4 * mean.StandardError);
        Assert.Equal(eigenvalues[0], density.Nodes[^1], 1e-9 * eigenvalues[0]);
        double median = eigenvalues[eigenvalues.Length / 2];
        Assert.InRange(density.Cumulative(median), 0.4, 0.6);
    }

    [Fact]
    public void One_eigenvalue_and_products_that_are_not_finite_have_an_answer()
    {
        SpectralDensity single = SpectralDensity.Estimate(new DenseOperator(Matrix.From(new double[,] { { 3, 0 }, { 0, 3 } })))!;
        Assert.Equal(0, single.Width, 1e-14);
        Assert.Equal(0, single.Cumulative(2.9));
        Assert.Equal(1, single.Cumulative(3.1), 1e-14);
        Matrix broken = Matrix.Allocate(2, 2);
        broken.Fill(double.NaN);
        Assert.Null(SpectralDensity.Estimate(new DenseOperator(broken)));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        var symmetric = new DenseOperator(Matrix.Allocate(2, 2));
        foreach (
            SpectralDensityOptions options in new SpectralDensityOptions[]
            {
                new() { Probes = 0 }, new() { Steps = 0 }, new() { RelativeWidth = 0 }, new() { RelativeWidth = double.PositiveInfinity },
            })
        {
            _ = Assert.Throws<ArgumentException>(() => SpectralDensity.Estimate(symmetric, options));
        }
    }
}
