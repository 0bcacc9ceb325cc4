using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class SingularValuesTests
{
    private const double Epsilon = 2.220446049250313e-16;

    // The matrix itself is U diag V^T rounded: an error of order ε √order
    // σ_max in the test; the algorithm adds a small multiple of the same.
    private static double Tolerance(int order) => 8 * Math.Sqrt(order) * Epsilon;

    public static TheoryData<int, int, double> Shapes()
    {
        var data = new TheoryData<int, int, double>();
        foreach (
            (int rows, int columns) in new[]
            {
                (1, 1), (1, 9), (9, 1), (2, 2), (3, 2), (8, 16), (16, 8), (16, 64), (13, 13), (31, 20), (33, 20), (64, 33), (40, 40),
                (256, 32), (300, 47), (70, 65), (65, 70),
            })
        {
            foreach (double conditionNumber in new[] { 1, 1e2, 1e8, 1e14 })
            {
                data.Add(rows, columns, conditionNumber);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_known_spectrum_is_found_to_a_few_rounding_errors_of_the_largest_value(int rows, int columns, double conditionNumber)
    {
        double[] expected = MatrixSamples.Geometric(Math.Min(rows, columns), conditionNumber);
        double[] actual = MatrixSamples.Values(MatrixSamples.WithSpectrum(rows, columns, expected, 11));
        AssertClose(expected, actual, Tolerance(expected.Length));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(24, 17)]
    [InlineData(17, 60)]
    [InlineData(150, 40)]
    public void An_independent_implementation_finds_the_same_values(int rows, int columns)
    {
        Matrix a = MatrixSamples.Gaussian(rows, columns, 5);
        double[] expected = [
            .. MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfRowMajor(rows, columns, a.Span.ToArray()).Svd(false).S];
        AssertClose(expected, MatrixSamples.Values(a), Tolerance(expected.Length) * expected[0]);
    }

    [Fact]
    public void Random_shapes_keep_the_sum_of_squares_the_transpose_and_any_permutation()
    {
        var random = new RandomSequence(4, "tests.shapes");
        for (int trial = 0; trial < 60; trial++)
        {
            int rows = 1 + (int)random.Below(4 * trial, 70);
            int columns = 1 + (int)random.Below((4 * trial) + 1, 70);
            Matrix a = MatrixSamples.Gaussian(rows, columns, trial);
            double[] values = MatrixSamples.Values(a);
            double squares = a.Span.ToArray().Sum(x => x * x);
            Assert.Equal(squares, values.Sum(x => x * x), squares * Tolerance(values.Length));
            AssertClose(values, MatrixSamples.Values(MatrixSamples.Transpose(a)), Tolerance(values.Length) * values[0]);
            AssertClose(values, MatrixSamples.Values(Rotated(a)), Tolerance(values.Length) * values[0]);
            Assert.Equal(values.OrderDescending(), values);
        }
    }

    [Fact]
    public void Rank_deficient_matrices_have_their_rank_above_the_floor()
    {
        foreach ((int rows, int columns, int rank) in new[] { (20, 20, 7), (64, 16, 3), (16, 64, 1), (90, 40, 39) })
        {
            double[] expected = new double[Math.Min(rows, columns)];
            Array.Fill(expected, 1, 0, rank);
            double[] actual = MatrixSamples.Values(MatrixSamples.WithSpectrum(rows, columns, expected, 3));
            AssertClose(expected, actual, Tolerance(expected.Length));
        }
    }

    [Fact]
    public void Uniform_attention_has_rank_one_and_gains_it_back_with_the_identity()
    {
        // (P.6): 11ᵀ/n has singular values (1, 0, …); I + 11ᵀ/n has (2, 1, …, 1).
        Matrix uniform = Matrix.Allocate(12, 12);
        uniform.Fill(1.0 / 12);
        AssertClose([1, .. new double[11]], MatrixSamples.Values(uniform), Tolerance(12));
        for (int i = 0; i < 12; i++)
        {
            uniform[i, i] += 1;
        }

        AssertClose([2, .. Enumerable.Repeat(1.0, 11)], MatrixSamples.Values(uniform), 2 * Tolerance(12));
    }

    [Fact]
    public void A_diagonal_matrix_keeps_values_of_every_magnitude_exactly()
    {
        Matrix a = Matrix.Allocate(6, 6);
        double[] diagonal = [1e-8, -3, 0, 1e-100, 2, 1e-30];
        for (int i = 0; i < 6; i++)
        {
            a[i, i] = diagonal[i];
        }

        double[] values = MatrixSamples.Values(a);
        double[] expected = [3, 2, 1e-8, 1e-30, 1e-100, 0];
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(expected[i], values[i], 4 * Epsilon * expected[i]);
        }
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(1e-300)]
    public void Scale_does_not_overflow_or_underflow(double scale)
    {
        double[] expected = MatrixSamples.Geometric(10, 1e6);
        Matrix a = MatrixSamples.WithSpectrum(24, 10, expected, 8);
        foreach (ref double x in a.Span)
        {
            x *= scale;
        }

        AssertClose([.. expected.Select(x => x * scale)], MatrixSamples.Values(a), Tolerance(10) * scale);
    }

    [Fact]
    public void Subnormal_matrices_have_values_right_to_the_subnormal_unit()
    {
        Matrix a = Matrix.From(new double[,] { { 3 * double.Epsilon, 0 }, { 0, 4 * double.Epsilon }, { 0, 0 } });
        Assert.Equal([4 * double.Epsilon, 3 * double.Epsilon], MatrixSamples.Values(a));
        Matrix row = Matrix.From(new double[,] { { 3e-310, 4e-310 } });
        Assert.Equal(5e-310, MatrixSamples.Values(row)[0], 8 * double.Epsilon);
    }

    [Fact]
    public void Powers_of_two_scale_the_values_bit_for_bit()
    {
        Matrix a = MatrixSamples.Gaussian(20, 9, 6);
        double[] expected = [.. MatrixSamples.Values(a).Select(x => Math.ScaleB(x, 500))];
        foreach (ref double x in a.Span)
        {
            x = Math.ScaleB(x, 500);
        }

        Assert.Equal(expected, MatrixSamples.Values(a));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void One_non_finite_element_makes_every_value_NaN(double bad)
    {
        foreach ((int rows, int columns) in new[] { (3, 3), (40, 4), (4, 40) })
        {
            Matrix a = MatrixSamples.Gaussian(rows, columns, 7);
            a[rows - 1, columns / 2] = bad;
            Assert.All(MatrixSamples.Values(a), x => Assert.True(double.IsNaN(x)));
        }
    }

    [Fact]
    public void Zero_and_empty_matrices_have_zero_values_and_none()
    {
        Assert.Equal(new double[3], MatrixSamples.Values(Matrix.Allocate(5, 3)));
        Assert.Empty(MatrixSamples.Values(Matrix.Allocate(0, 3)));
    }

    [Fact]
    public void A_larger_workspace_and_a_strided_view_change_no_bit_and_the_input_is_left_alone()
    {
        Matrix wide = MatrixSamples.Gaussian(40, 30, 9);
        Matrix view = wide.ColumnRange(5, 11);
        Matrix copy = Matrix.Allocate(40, 11);
        view.CopyTo(copy);
        double[] before = [.. wide.Span];
        double[] values = new double[11];
        var larger = new SingularValues(600, 90);
        larger.Compute(MatrixSamples.Gaussian(600, 90, 1), new double[90]);
        larger.Compute(view, values);
        Assert.Equal(MatrixSamples.Values(copy), values);
        Assert.Equal(before, wide.Span.ToArray());
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        Matrix a = MatrixSamples.Gaussian(200, 40, 1);
        Matrix b = MatrixSamples.Gaussian(8, 16, 1);
        var workspace = new SingularValues(200, 40);
        double[] values = new double[40];
        workspace.Compute(a, values);
        workspace.Compute(b, values.AsSpan(0, 8));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            workspace.Compute(a, values);
            workspace.Compute(b, values.AsSpan(0, 8));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Wrong_sizes_are_refused_with_the_sizes()
    {
        var workspace = new SingularValues(4, 3);
        Assert.Contains(
            "[4, 3]", Assert.Throws<ArgumentException>(() => workspace.Compute(Matrix.Allocate(5, 3), new double[3])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "= 3 elements", Assert.Throws<ArgumentException>(() => workspace.Compute(Matrix.Allocate(4, 3), new double[2])).Message,
            StringComparison.Ordinal);
    }

    // Rows reversed and columns rotated by one.
    private static Matrix Rotated(Matrix a)
    {
        Matrix rotated = Matrix.Allocate(a.Rows, a.Columns);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Columns; j++)
            {
                rotated[a.Rows - 1 - i, (j + 1) % a.Columns] = a[i, j];
            }
        }

        return rotated;
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"Value {i}: expected {expected[i]:R}, found {actual[i]:R}, off by {(actual[i] - expected[i]) / tolerance:G3} tolerances.");
        }
    }
}
