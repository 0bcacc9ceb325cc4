using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ExtremeSingularValuesTests
{
    private const double Epsilon = 2.220446049250313e-16;

    public static TheoryData<int, int> Shapes
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (
                (int rows, int columns) in new[]
                {
                    (1, 1), (1, 7), (7, 1), (2, 2), (2, 9), (3, 5), (5, 3), (8, 16), (16, 64), (11, 23), (23, 11), (32, 128), (31, 37),
                    (50, 8), (64, 64),
                })
            {
                data.Add(rows, columns);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Both_values_of_every_matrix_are_those_of_an_independent_implementation(int rows, int columns)
    {
        int order = Math.Min(rows, columns);
        foreach (double conditionNumber in new[] { 1, 10, 1e7, 1e15 })
        {
            Matrix stacked = Stack(11, rows, columns, k => k % 2 == 0
                ? MatrixSamples.WithSpectrum(rows, columns, MatrixSamples.Geometric(order, conditionNumber), k)
                : MatrixSamples.Gaussian(rows, columns, k));
            (double[] largest, double[] smallest) = Compute(stacked, rows);
            for (int k = 0; k < 11; k++)
            {
                // Both sides are backward stable: each within a small multiple of ε √order σ_max of the values of A.
                double[] expected = [
                    .. MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfRowMajor(
                        rows, columns, stacked.RowRange(k * rows, rows).Span.ToArray())
                        .Svd(false).S];
                double tolerance = 8 * Epsilon * Math.Sqrt(order) * expected[0];
                Assert.Equal(expected[0], largest[k], tolerance);
                Assert.Equal(expected[^1], smallest[k], tolerance);
            }
        }
    }

    [Fact]
    public void A_large_matrix_half_of_whose_values_are_equal_converges()
    {
        // Diagonal, so that the values are known: 1 for one half, then down to 1/64.
        const int Order = 768;
        Matrix matrix = Matrix.Allocate(Order, Order);
        for (int k = 0; k < Order; k++)
        {
            matrix[k, k] = k < Order / 2 ? 1 : 1.0 / (1 + (63.0 * (k - (Order / 2)) / ((Order / 2) - 1)));
        }

        double[] largest = new double[1], smallest = new double[1];
        new ExtremeSingularValues(Order, Order).Compute(matrix, largest, smallest);
        Assert.InRange(largest[0], 1 - 1e-13, 1 + 1e-13);
        Assert.InRange(smallest[0], (1.0 / 64) - 1e-13, (1.0 / 64) + 1e-13);
    }

    [Fact]
    public void Clusters_at_both_ends_and_exact_deficiency_are_found()
    {
        double[][] spectra =
        [
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3],
            [1, 1 - 1e-9, 1 - 2e-9, 0.5, 0.5, 0.5, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8],
            [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.99],
            [1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        ];
        Matrix stacked = Stack(spectra.Length, 12, 20, k => MatrixSamples.WithSpectrum(12, 20, spectra[k], k));
        (double[] largest, double[] smallest) = Compute(stacked, 12);
        for (int k = 0; k < spectra.Length; k++)
        {
            // As in SingularValuesTests: forming A from its spectrum rounds by as much as the algorithm.
            Assert.Equal(spectra[k][0], largest[k], 8 * Math.Sqrt(12) * Epsilon);
            Assert.Equal(spectra[k][^1], smallest[k], 8 * Math.Sqrt(12) * Epsilon);
        }
    }

    [Fact]
    public void Diagonal_and_bidiagonal_matrices_with_zeros_keep_their_exact_values()
    {
        Matrix stacked = Stack(4, 3, 3, k => Matrix.From(k switch
        {
            0 => new double[,] { { 0, 2, 0 }, { 0, 0, 0 }, { 0, 0, 1 } },
            1 => new double[,] { { 3, 0, 0 }, { 0, 1e-12, 0 }, { 0, 0, -5 } },
            2 => new double[,] { { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 4 } },
            _ => new double[,] { { 1, 1, 0 }, { 0, 1, 1 }, { 0, 0, 1 } },
        }));
        (double[] largest, double[] smallest) = Compute(stacked, 3);

        // The last: BBᵀ = tridiag(1, 2, 1) with last element 1 has eigenvalues 4 cos²(kπ/7), k = 1, 2, 3.
        AssertClose([2, 5, 4, 2 * Math.Cos(Math.PI / 7)], largest, 4 * Epsilon * 5);
        AssertClose([0, 1e-12, 0, 2 * Math.Cos(3 * Math.PI / 7)], smallest, 4 * Epsilon * 2);
    }

    [Theory]
    [InlineData(6, 10)]
    [InlineData(10, 6)]
    public void Neighbours_whatever_they_hold_change_no_bit_of_a_matrix(int rows, int columns)
    {
        Func<int, Matrix> good = k => MatrixSamples.WithSpectrum(rows, columns, MatrixSamples.Geometric(6, Math.Pow(10, k)), k);
        Matrix stacked = Stack(16, rows, columns, k => k % 2 == 0 ? good(k) : Bad(k));
        (double[] largest, double[] smallest) = Compute(stacked, rows);
        for (int k = 0; k < 16; k += 2)
        {
            (double[] alone, double[] smallestAlone) = Compute(good(k), rows);
            Assert.Equal(alone[0], largest[k]);
            Assert.Equal(smallestAlone[0], smallest[k]);
        }

        Assert.True(double.IsNaN(largest[1]) && double.IsNaN(smallest[1]) && double.IsNaN(largest[3]) && double.IsNaN(smallest[3]));
        Assert.Equal((0, 0), (largest[5], smallest[5]));

        Matrix Bad(int k)
        {
            Matrix bad = MatrixSamples.Gaussian(rows, columns, k);
            if (k <= 3)
            {
                bad[rows - 1, columns / 2] = k == 1 ? double.NaN : double.NegativeInfinity;
            }
            else
            {
                Vectors.Scale(bad.Span, k == 5 ? 0 : k == 7 ? 1e-300 : 1e290);
            }

            return bad;
        }
    }

    [Fact]
    public void Powers_of_two_scale_the_values_bit_for_bit_and_subnormal_matrices_are_right_to_their_unit()
    {
        Matrix a = MatrixSamples.Gaussian(9, 20, 6);
        (double[] largest, double[] smallest) = Compute(Stack(3, 9, 20, k =>
        {
            Matrix scaled = Matrix.Allocate(9, 20);
            a.CopyTo(scaled);
            foreach (ref double x in scaled.Span)
            {
                x = Math.ScaleB(x, 500 * (k - 1));
            }

            return scaled;
        }), 9);
        for (int k = 0; k < 3; k++)
        {
            Assert.Equal(Math.ScaleB(largest[1], 500 * (k - 1)), largest[k]);
            Assert.Equal(Math.ScaleB(smallest[1], 500 * (k - 1)), smallest[k]);
        }

        (double[] tiny, _) = Compute(Matrix.From(new double[,] { { 3e-310, 4e-310 } }), 1);
        Assert.Equal(5e-310, tiny[0], 8 * double.Epsilon);
    }

    [Fact]
    public void A_strided_view_changes_no_bit_and_a_call_allocates_nothing()
    {
        Matrix wide = MatrixSamples.Gaussian(40, 30, 9);
        Matrix view = wide.ColumnRange(5, 11);
        Matrix copy = Matrix.Allocate(40, 11);
        view.CopyTo(copy);
        (double[] largest, double[] smallest) = Compute(copy, 4);
        (double[] largestOfView, double[] smallestOfView) = Compute(view, 4);
        Assert.Equal(largest, largestOfView);
        Assert.Equal(smallest, smallestOfView);
        var workspace = new ExtremeSingularValues(4, 11);
        double[] values = new double[10];
        workspace.Compute(view, values, values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        workspace.Compute(view, values, values);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_stack_of_another_shape_is_refused() =>
        Assert.Contains(
            "[8, 3]",
            Assert.Throws<ArgumentException>(() =>
                new ExtremeSingularValues(4, 3).Compute(Matrix.Allocate(9, 3), new double[2], new double[2])).Message,
            StringComparison.Ordinal);

    private static Matrix Stack(int count, int rows, int columns, Func<int, Matrix> make)
    {
        Matrix stacked = Matrix.Allocate(count * rows, columns);
        for (int k = 0; k < count; k++)
        {
            make(k).CopyTo(stacked.RowRange(k * rows, rows));
        }

        return stacked;
    }

    private static (double[] Largest, double[] Smallest) Compute(Matrix stacked, int rows)
    {
        double[] largest = new double[stacked.Rows / rows];
        double[] smallest = new double[largest.Length];
        new ExtremeSingularValues(rows, stacked.Columns).Compute(stacked, largest, smallest);
        return (largest, smallest);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
