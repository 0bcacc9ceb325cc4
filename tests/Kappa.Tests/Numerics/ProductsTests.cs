using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ProductsTests
{
    private const double Epsilon = 1.0 / (1L << 53);

    // Widths around every vector count, primes, whole tiles, and one size past each block (128 terms, 256 rows).
    private static readonly int[] Sizes = [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 23, 24, 25, 31, 32, 33, 47, 64, 65];

    public static TheoryData<int, int> FormsAndPaths
    {
        get
        {
            TheoryData<int, int> data = [];
            foreach (ProductForm form in Enum.GetValues<ProductForm>())
            {
                foreach (VectorPath path in Enum.GetValues<VectorPath>())
                {
                    data.Add((int)form, (int)path);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void Every_path_agrees_with_three_plain_loops_at_random_shapes(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        RandomSequence random = new(2, "shapes");
        for (int i = 0; i < 400; i++)
        {
            int rows = Sizes[random.Below(3 * i, Sizes.Length)];
            int columns = Sizes[random.Below((3 * i) + 1, Sizes.Length)];
            int depth = Sizes[random.Below((3 * i) + 2, Sizes.Length)];
            double beta = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : -0.4;
            new Case((ProductForm)form, 1, rows, depth, columns, 1.3, beta, i % 4).CheckAgainstPlainLoops((VectorPath)path);
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void Every_path_agrees_with_plain_loops_across_the_cache_blocks(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        new Case((ProductForm)form, 1, 300, 260, 30, -1, 0.5, 0).CheckAgainstPlainLoops((VectorPath)path);
        new Case((ProductForm)form, 1, 131, 129, 150, 1, 0, 1).CheckAgainstPlainLoops((VectorPath)path);
        new Case((ProductForm)form, 1, 9, 1000, 17, 1, 1, 2).CheckAgainstPlainLoops((VectorPath)path);

        // Rows of more than a page: those of Aᵀ are packed.
        new Case((ProductForm)form, 1, 525, 40, 50, 1, 1, 1).CheckAgainstPlainLoops((VectorPath)path);

        // All panels of B are copied once, and the rows of A block by block.
        new Case((ProductForm)form, 1, 517, 514, 389, -0.7, 0.5, 1).CheckAgainstPlainLoops((VectorPath)path);
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void Stacked_samples_are_multiplied_one_by_one(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        RandomSequence random = new(3, "shapes");
        for (int i = 0; i < 60; i++)
        {
            int rows = Sizes[random.Below(3 * i, 13)], columns = Sizes[random.Below((3 * i) + 1, 17)],
                depth = Sizes[random.Below((3 * i) + 2, 17)];
            new Case((ProductForm)form, 1 + (i % 7), rows, depth, columns, 0.7, i % 2, i % 3).CheckAgainstPlainLoops((VectorPath)path);
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void Every_path_gives_the_same_bits(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        foreach (
            (int samples, int rows, int depth, int columns) in new[]
                { (2, 8, 8, 16), (2, 13, 300, 29), (2, 64, 16, 3), (2, 5, 7, 65), (1, 521, 514, 389) })
        {
            Case product = new((ProductForm)form, samples, rows, depth, columns, 0.3, 1, 0);
            Assert.Equal(product.Result(VectorPath.Bits128), product.Result((VectorPath)path));
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void A_row_of_the_product_does_not_depend_on_the_other_rows(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        const int columns = 21;
        Matrix all = Matrix.Allocate(11, columns), some = Matrix.Allocate(3, columns);
        bool left = form == (int)ProductForm.LeftTransposed;
        Matrix a = left ? Case.Gaussian(140, 11, 0, "a") : Case.Gaussian(11, 140, 0, "a");
        Matrix b = form == (int)ProductForm.RightTransposed ? Case.Gaussian(columns, 140, 0, "b") : Case.Gaussian(140, columns, 0, "b");
        ProductKernels<double>.Of((VectorPath)path).Run((ProductForm)form, 1, a, b, all, ProductEnding<double>.Of(1, 0, all));
        ProductKernels<double>.Of((VectorPath)path).Run(
            (ProductForm)form, 1, left ? a.ColumnRange(8, 3) : a.RowRange(8, 3), b, some, ProductEnding<double>.Of(1, 0, some));
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(all.Row(8 + row).ToArray(), some.Row(row).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void With_beta_zero_the_old_content_is_not_read_and_nothing_outside_is_written(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        foreach (int columns in new[] { 1, 3, 5, 8, 13, 16, 23 })
        {
            Case product = new((ProductForm)form, 1, 6, 10, columns, 1, 0, 3);
            product.FillTarget(double.NaN);
            product.CheckAgainstPlainLoops((VectorPath)path);
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void A_NaN_in_a_factor_reaches_exactly_the_elements_that_use_it(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        bool left = form == (int)ProductForm.LeftTransposed, right = form == (int)ProductForm.RightTransposed;
        Matrix a = left ? Case.Gaussian(5, 11, 0, "a") : Case.Gaussian(11, 5, 0, "a");
        Matrix b = right ? Case.Gaussian(19, 5, 0, "b") : Case.Gaussian(5, 19, 0, "b");
        Matrix c = Matrix.Allocate(11, 19);
        a[left ? 2 : 9, left ? 9 : 2] = double.NaN;
        b[right ? 17 : 4, right ? 4 : 17] = double.NegativeInfinity;
        ProductKernels<double>.Of((VectorPath)path).Run((ProductForm)form, 1, a, b, c, ProductEnding<double>.Of(1, 0, c));
        for (int i = 0; i < 11; i++)
        {
            for (int j = 0; j < 19; j++)
            {
                Assert.Equal(i == 9 || j == 17, !double.IsFinite(c[i, j]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndPaths))]
    public void An_empty_sum_leaves_beta_times_the_target(int form, int path)
    {
        SkipUnlessSupported((VectorPath)path);
        Matrix c = Case.Gaussian(3, 4, 0, "c");
        double[] half = [.. c.Span.ToArray().Select(element => element / 2)];
        Matrix a = form == (int)ProductForm.LeftTransposed ? Matrix.Allocate(0, 3) : Matrix.Allocate(3, 0);
        Matrix b = form == (int)ProductForm.RightTransposed ? Matrix.Allocate(4, 0) : Matrix.Allocate(0, 4);
        ProductKernels<double>.Of((VectorPath)path).Run((ProductForm)form, 1, a, b, c, ProductEnding<double>.Of(1, 0.5, c));
        Assert.Equal(half, c.Span.ToArray());
        ProductKernels<double>.Of((VectorPath)path).Run((ProductForm)form, 1, a, b, c, ProductEnding<double>.Of(1, 0, c));
        Assert.Equal(new double[12], c.Span.ToArray());
    }

    [Theory]
    [InlineData(16, 0.5)]
    [InlineData(200, -1.25)]
    [InlineData(200, 0)]
    [InlineData(0, 3)]
    public void A_product_plus_a_multiple_of_another_matrix_equals_the_two_apart(int depth, double factor)
    {
        Matrix a = Case.Gaussian(22, depth, 0, "a"), b = Case.Gaussian(2 * depth, 29, 0, "b"),
            addend = Case.Gaussian(22, 29, 1, "addend"), c = Case.Gaussian(22, 29, 3, "c");
        if (factor == 0)
        {
            addend.Fill(double.NaN);
        }

        Products.MultiplyAdd(ProductForm.Plain, 2, a, b, factor, addend, c);
        Matrix product = Matrix.Allocate(22, 29);
        Products.MultiplyEach(2, a, b, product);
        for (int i = 0; i < 22; i++)
        {
            for (int j = 0; j < 29; j++)
            {
                // The depth blocks may be added in another order: one rounding of each partial sum, of size below 16 √k here.
                double expected = product[i, j] + (factor == 0 ? 0 : factor * addend[i, j]);
                double tolerance = 4 * Epsilon * ((16 * Math.Sqrt(depth)) + (5 * Math.Abs(factor)));
                Assert.InRange(c[i, j], expected - tolerance, expected + tolerance);
            }
        }

        _ = Assert.Throws<ArgumentException>(() => Products.MultiplyAdd(ProductForm.Plain, 2, a, b, factor, Matrix.Allocate(22, 28), c));
    }

    [Fact]
    public void Empty_matrices_are_no_mistake()
    {
        Matrix empty = default;
        Products.Multiply(empty, empty, empty);
        Products.MultiplyByTransposed(Matrix.Allocate(0, 3), Matrix.Allocate(2, 3), Matrix.Allocate(0, 2));
        Products.TransposedMultiply(Matrix.Allocate(5, 4), Matrix.Allocate(5, 0), Matrix.Allocate(4, 0));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_by_name()
    {
        ArgumentException mistake = Assert.Throws<ArgumentException>(() =>
            Products.MultiplyByTransposed(Matrix.Allocate(2, 3), Matrix.Allocate(3, 4), Matrix.Allocate(2, 4)));
        Assert.Equal("The shapes of C = A Bᵀ must fit but A is [2, 3], B is [3, 4], C is [2, 4].", mistake.Message);
        mistake = Assert.Throws<ArgumentException>(() =>
            Products.MultiplyEach(2, Matrix.Allocate(3, 3), Matrix.Allocate(6, 4), Matrix.Allocate(3, 4)));
        Assert.Contains("2 samples", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Products_allocate_nothing_once_warm()
    {
        Matrix a = Case.Gaussian(40, 40, 0, "a"), b = Case.Gaussian(40, 40, 0, "b"), c = Matrix.Allocate(40, 40);
        Products.MultiplyByTransposed(a, b, c);
        Products.Multiply(a, b, c);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            Products.MultiplyByTransposedEach(5, a, b, c.ColumnRange(0, 8));
            Products.Multiply(a, b, c);
            Products.TransposedMultiply(a, b, c);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void SkipUnlessSupported(VectorPath path) =>
        Assert.SkipUnless(VectorPaths.IsSupported(path), $"This machine has no {path} vectors.");

    /// <summary>One product with its reference: three plain loops per sample.</summary>
    private sealed class Case(ProductForm form, int samples, int rows, int depth, int columns, double alpha, double beta, int gap)
    {
        private readonly Matrix _a = form == ProductForm.LeftTransposed
            ? Gaussian(samples * depth, rows, gap, "a")
            : Gaussian(samples * rows, depth, gap, "a");
        private readonly Matrix _b = form == ProductForm.RightTransposed
            ? Gaussian(samples * columns, depth, 2 * gap, "b")
            : Gaussian(samples * depth, columns, 2 * gap, "b");
        private readonly Matrix _target = Gaussian(samples * rows, columns, 3 * gap, "c");

        public static Matrix Gaussian(int rows, int columns, int gap, string name)
        {
            double[] buffer = new double[1 + (rows * (columns + gap))];
            new RandomSequence(7, name).FillGaussian(buffer);
            return new Matrix(buffer, 1, rows, columns, columns + gap);
        }

        public void FillTarget(double value) => _target.Fill(value);

        public double[] Result(VectorPath path)
        {
            Matrix c = new((double[])_target.Buffer.Clone(), _target.Offset, _target.Rows, _target.Columns, _target.Stride);
            ProductKernels<double>.Of(path).Run(form, samples, _a, _b, c, ProductEnding<double>.Of(alpha, beta, c));
            return c.Buffer;
        }

        public void CheckAgainstPlainLoops(VectorPath path)
        {
            double[] expected = (double[])_target.Buffer.Clone();
            double[] actual = Result(path);
            double[] bound = new double[expected.Length];
            for (int sample = 0; sample < samples; sample++)
            {
                PlainLoops(sample, expected, bound);
            }

            for (int i = 0; i < expected.Length; i++)
            {
                // Outside the view nothing may change: there the bound is zero and the old content, NaN or not, is expected.
                bool agrees = bound[i] == 0 ? expected[i].Equals(actual[i]) : Math.Abs(actual[i] - expected[i]) <= bound[i];
                if (!agrees)
                {
                    Assert.Fail(
                        $"{form} {samples}x[{rows}, {depth}, {columns}] alpha {alpha} beta {beta} gap {gap} on {path}: element {i} is "
                            + $"{actual[i]:R} instead of {expected[i]:R}, bound {bound[i]:E1}.");
                }
            }
        }

        // Both sums err by at most (k + 2) ε |α| |A||B| + 2 ε |β C| each.
        private void PlainLoops(int sample, double[] expected, double[] bound)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    double sum = 0, magnitude = 0;
                    for (int k = 0; k < depth; k++)
                    {
                        double left = form == ProductForm.LeftTransposed ? _a[(sample * depth) + k, i] : _a[(sample * rows) + i, k];
                        double right = form == ProductForm.RightTransposed ? _b[(sample * columns) + j, k] : _b[(sample * depth) + k, j];
                        sum += left * right;
                        magnitude += Math.Abs(left * right);
                    }

                    int at = _target.Offset + (((sample * rows) + i) * _target.Stride) + j;
                    double old = beta == 0 ? 0 : beta * expected[at];
                    expected[at] = (alpha * sum) + old;
                    bound[at] = 2 * Epsilon * (((depth + 2) * Math.Abs(alpha) * magnitude) + (2 * Math.Abs(old)));
                }
            }
        }
    }
}
