using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class LanczosTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Tridiagonal_eigenvalues_and_end_components_are_those_of_the_closed_form(int k)
    {
        // Diagonal 2, off-diagonal −1: θ_j = 2 − 2cos(jφ), component i of its vector
        // √(2/(k+1)) sin(ijφ), φ = π/(k+1). Rounding is a few ε‖T‖ per component and gap.
        double[] values = [.. Enumerable.Repeat(2.0, k)];
        double[] first = new double[k];
        double[] last = new double[k];
        TridiagonalEigenvalues.Compute(values, Enumerable.Repeat(-1.0, k - 1).ToArray(), first, last);
        double angle = Math.PI / (k + 1);
        for (int j = 1; j <= k; j++)
        {
            Assert.Equal(2 - (2 * Math.Cos(j * angle)), values[j - 1], 1e-14);
            double component = Math.Sqrt(2.0 / (k + 1)) * Math.Abs(Math.Sin(j * angle));
            Assert.Equal(component, Math.Abs(first[j - 1]), 1e-11);
            Assert.Equal(component, Math.Abs(last[j - 1]), 1e-11);

            // v_1 v_k alternates in sign from the smallest eigenvalue on.
            Assert.Equal(j % 2 == 1 ? 1 : -1, Math.Sign(first[j - 1] * last[j - 1]));
        }
    }

    [Fact]
    public void Tridiagonal_matrices_that_are_split_or_graded_or_not_finite_have_an_answer()
    {
        double[] values = [3, 0, 0, -5];
        TridiagonalEigenvalues.Compute(values, [0, 2, 0], new double[4], new double[4]);
        Assert.Equal([-5, -2, 2, 3], values.Select(value => Math.Round(value, 14)));

        double[] graded = [1, 1e-20, 1e-40];
        TridiagonalEigenvalues.Compute(graded, [1e-12, 1e-32], new double[3], new double[3]);
        Assert.Equal(1, graded[^1], 1e-15);
        Assert.InRange(Math.Abs(graded[0]), 0, 1e-16);

        double[] broken = [1, double.NaN];
        TridiagonalEigenvalues.Compute(broken, [1], new double[2], new double[2]);
        Assert.All(broken, value => Assert.True(double.IsNaN(value)));
    }

    [Fact]
    public void As_many_steps_as_rows_give_every_eigenvalue_once_and_no_copies()
    {
        // Four decades with a gap at the top: without reorthogonalisation the largest would come back long before step 80.
        double[] spectrum = [.. MatrixSamples.Geometric(80, 1e4).Select((value, k) => k == 0 ? 10 : value)];
        var process = new LanczosProcess(DenseOperator.WithSpectrum(spectrum, 3), LanczosProcess.GaussianStart(80, 4, "lanczos"));
        while (!process.IsExhausted)
        {
            process.Step();
        }

        Assert.Equal(80, process.Products);
        double[] expected = [.. spectrum.Order()];
        (double[] values, double[] first, _) = process.RitzValues();
        for (int k = 0; k < values.Length; k++)
        {
            // The matrix is made with an error of a few ε‖A‖ per entry, √n of them in norm.
            Assert.Equal(expected[k], values[k], 1e-12);
        }

        Assert.Equal(1, first.Sum(component => component * component), 1e-13);
    }

    [Fact]
    public void At_every_budget_an_eigenvalue_lies_within_the_residual_and_the_ends_are_met_from_inside()
    {
        double[] spectrum = [.. Enumerable.Range(0, 60).Select(k => Math.Pow(k - 25.3, 3) / 1e3)];
        DenseOperator symmetric = DenseOperator.WithSpectrum(spectrum, 7);
        for (int budget = 1; budget <= 60; budget++)
        {
            ExtremeEigenvalues ends = Lanczos.Extremes(symmetric, new LanczosOptions { MaximumProducts = budget, Tolerance = 1e-12 });
            AssertEnclosed(spectrum, ends.Largest);
            AssertEnclosed(spectrum, ends.Smallest);
            Assert.InRange(ends.Largest.Value, ends.Smallest.Value, spectrum[^1] + 1e-12);
            Assert.True(ends.Smallest.Value >= spectrum[0] - 1e-12);
        }
    }

    [Fact]
    public void The_residual_is_that_of_the_Ritz_vector_and_not_larger_than_need_be()
    {
        // After one product θ = ⟨v, A v⟩ and the residual is ‖A v − θ v‖, both of the start vector itself.
        DenseOperator symmetric = DenseOperator.WithSpectrum([1, 2, 3, 10], 9);
        double[] start = LanczosProcess.GaussianStart(4, 5, "lanczos");
        Vectors.Scale(start, 1 / Vectors.Norm(start));
        double[] image = new double[4];
        symmetric.Apply(start, image);
        double quotient = Vectors.Dot(start, image);
        Vectors.AddScaled(image, -quotient, start);
        ExtremeEigenvalues ends = Lanczos.Extremes(symmetric, new LanczosOptions { MaximumProducts = 1, Seed = 5 });
        Assert.Equal(quotient, ends.Largest.Value, 1e-14);
        Assert.Equal(Vectors.Norm(image), ends.Largest.Residual, 1e-13);
    }

    [Fact]
    public void Convergence_to_a_tolerance_is_reached_and_kept_in_both_ends_or_in_the_wanted_one()
    {
        double[] spectrum = [.. MatrixSamples.Geometric(200, 1e3)];
        DenseOperator symmetric = DenseOperator.WithSpectrum(spectrum, 11);
        ExtremeEigenvalues both = Lanczos.Extremes(symmetric, new LanczosOptions { Tolerance = 1e-8 });
        Assert.True(both.Largest.Converged && both.Smallest.Converged);
        Assert.Equal(1, both.Largest.Value, 1e-8);
        Assert.Equal(1e-3, both.Smallest.Value, 1e-11);

        ExtremeEigenvalues largest = Lanczos.Extremes(symmetric, new LanczosOptions { Tolerance = 1e-8, Ends = SpectrumEnds.Largest });
        Assert.True(largest.Largest.Converged);
        Assert.False(largest.Smallest.Converged);
        Assert.True(largest.Products < both.Products);
        Assert.InRange(largest.Largest.Residual, 0, 2e-8);
    }

    [Fact]
    public void Few_distinct_eigenvalues_exhaust_the_subspace_in_as_many_products()
    {
        double[] spectrum = [.. Enumerable.Range(0, 50).Select(k => k % 3 == 0 ? -1.0 : k % 3)];
        ExtremeEigenvalues ends = Lanczos.Extremes(DenseOperator.WithSpectrum(spectrum, 13), new LanczosOptions { Tolerance = 1e-15 });
        Assert.Equal(3, ends.Products);
        Assert.True(ends.Largest.Converged && ends.Smallest.Converged);
        Assert.Equal((-1.0, 2.0), (Math.Round(ends.Smallest.Value, 13), Math.Round(ends.Largest.Value, 13)));
    }

    [Fact]
    public void Zero_one_by_one_and_non_finite_operators_have_an_answer()
    {
        ExtremeEigenvalues zero = Lanczos.Extremes(new DenseOperator(Matrix.Allocate(5, 5)));
        Assert.Equal(new EigenvalueEstimate(0, 0, true), zero.Largest);
        Assert.Equal(1, zero.Products);
        Assert.Equal(-4, Lanczos.Extremes(new DenseOperator(Matrix.From(new double[,] { { -4 } }))).Smallest.Value, 1e-15);

        Matrix broken = Matrix.Allocate(3, 3);
        broken.Fill(double.NaN);
        ExtremeEigenvalues nothing = Lanczos.Extremes(new DenseOperator(broken));
        Assert.True(double.IsNaN(nothing.Largest.Value) && !nothing.Largest.Converged && nothing.Products == 1);
    }

    [Fact]
    public void Equal_arguments_give_equal_bits_and_another_seed_another_path()
    {
        DenseOperator symmetric = DenseOperator.WithSpectrum(MatrixSamples.Geometric(40, 100), 17);
        var options = new LanczosOptions { MaximumProducts = 6 };
        Assert.Equal(Lanczos.Extremes(symmetric, options), Lanczos.Extremes(symmetric, options));
        Assert.NotEqual(Lanczos.Extremes(symmetric, options), Lanczos.Extremes(symmetric, options with { Seed = 1 }));
    }

    [Fact]
    public void Options_out_of_range_are_refused_in_one_line()
    {
        var symmetric = new DenseOperator(Matrix.Allocate(2, 2));
        foreach (
            LanczosOptions options in new LanczosOptions[]
            {
                new() { MaximumProducts = 0 }, new() { Tolerance = 0 }, new() { Tolerance = double.NaN }, new() { Ends = (SpectrumEnds)9 },
            })
        {
            string message = Assert.Throws<ArgumentException>(() => Lanczos.Extremes(symmetric, options)).Message;
            Assert.DoesNotContain('\n', message);
        }

        Assert.Contains(
            "at least one row", Assert.Throws<ArgumentException>(() => Lanczos.Extremes(new DenseOperator(default))).Message,
            StringComparison.Ordinal);
    }

    private static void AssertEnclosed(double[] spectrum, EigenvalueEstimate estimate) =>
        Assert.InRange(spectrum.Min(eigenvalue => Math.Abs(eigenvalue - estimate.Value)), 0, estimate.Residual + 1e-13);
}
