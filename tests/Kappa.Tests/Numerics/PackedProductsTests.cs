using System.Numerics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>Products with a packed factor and every ending, in both precisions
/// and on every path, against plain loops in double precision.</summary>
public sealed class PackedProductsTests
{
    private static readonly int[] Sizes = [1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 24, 31, 33, 48, 63, 65, 97, 127, 128, 129, 200];

    public static TheoryData<int> Paths => [.. Enum.GetValues<VectorPath>().Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_packed_factor_gives_what_plain_loops_give(int path) => Check<double>((VectorPath)path, 1.0 / (1L << 53));

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_packed_factor_gives_what_plain_loops_give_in_single_precision(int path) =>
        Check<float>((VectorPath)path, 1.0 / (1 << 24));

    [Theory]
    [MemberData(nameof(Paths))]
    public void Single_precision_agrees_with_plain_loops_in_every_form(int path)
    {
        Assert.SkipUnless(VectorPaths.IsSupported((VectorPath)path), $"This machine has no {(VectorPath)path} vectors.");
        RandomSequence random = new(4, "shapes");
        for (int i = 0; i < 300; i++)
        {
            var form = (ProductForm)(i % 3);
            int samples = 1 + (i % 4), rows = Sizes[random.Below(3 * i, 16)], columns = Sizes[random.Below((3 * i) + 1, 20)],
                depth = Sizes[random.Below((3 * i) + 2, 20)];
            Matrix<float> a = form == ProductForm.LeftTransposed
                ? Gaussian<float>(samples * depth, rows, i % 3, "a")
                : Gaussian<float>(samples * rows, depth, i % 3, "a");
            Matrix<float> b = form == ProductForm.RightTransposed
                ? Gaussian<float>(samples * columns, depth, i % 2, "b")
                : Gaussian<float>(samples * depth, columns, i % 2, "b");
            Matrix<float> c = Gaussian<float>(samples * rows, columns, i % 5, "c"), old = Copy(c);
            ProductKernels<float>.Of((VectorPath)path).Run(form, samples, a, b, c, ProductEnding<float>.Of(1.5, 0.5, c));
            for (int r = 0; r < c.Rows; r++)
            {
                int sample = r / rows;
                for (int j = 0; j < columns; j++)
                {
                    double sum = 0, magnitude = 0;
                    for (int k = 0; k < depth; k++)
                    {
                        double left = form == ProductForm.LeftTransposed ? a[(sample * depth) + k, r % rows] : a[r, k];
                        double right = form == ProductForm.RightTransposed ? b[(sample * columns) + j, k] : b[(sample * depth) + k, j];
                        sum += left * right;
                        magnitude += Math.Abs(left * right);
                    }

                    double expected = (1.5 * sum) + (0.5 * old[r, j]),
                        bound = (((depth + 3) * 1.5 * magnitude) + Math.Abs(old[r, j])) / (1 << 23);
                    Assert.InRange(c[r, j], expected - bound, expected + bound);
                }
            }
        }
    }

    [Fact]
    public void Each_path_gives_the_same_bits()
    {
        Matrix<double> b = Gaussian<double>(70, 90, 0, "b"), a = Gaussian<double>(33, 70, 1, "a"), mask = Gaussian<double>(33, 90, 2, "d");
        Matrix<double>? first = null;
        foreach (VectorPath path in Enum.GetValues<VectorPath>().Where(VectorPaths.IsSupported))
        {
            var packed = new PackedMatrix<double>(70, 90, path);
            packed.Take(b);
            Matrix<double> c = Matrix.Allocate(33, 90);
            Products.MultiplyMasked(a, packed, mask, c);
            first ??= c;
            Assert.Equal(first.Value.Span.ToArray(), c.Span.ToArray());
        }
    }

    [Fact]
    public void A_factor_of_another_shape_is_refused()
    {
        var packed = new PackedMatrix<double>(3, 4);
        Assert.Equal(
            "The factor must be [3, 4] but is [4, 3]. (Parameter 'matrix')",
            Assert.Throws<ArgumentException>(() => packed.Take(Matrix.Allocate(4, 3))).Message);
        packed.TakeTransposed(Matrix.Allocate(4, 3));
        _ = Assert.Throws<ArgumentException>(() => packed.TakeTransposed(Matrix.Allocate(3, 4)));
        _ = Assert.Throws<ArgumentException>(() => Products.Multiply(Matrix.Allocate(2, 4), packed, Matrix.Allocate(2, 4)));
    }

    private static void Check<T>(VectorPath path, double epsilon)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.SkipUnless(VectorPaths.IsSupported(path), $"This machine has no {path} vectors.");
        RandomSequence random = new(3, "shapes");
        for (int i = 0; i < 300; i++)
        {
            int rows = Sizes[random.Below(3 * i, Sizes.Length)], columns = Sizes[random.Below((3 * i) + 1, Sizes.Length)],
                depth = Sizes[random.Below((3 * i) + 2, Sizes.Length)];
            Matrix<T> a = Gaussian<T>(rows, depth, i % 3, "a"), b = Gaussian<T>(depth, columns, i % 4, "b"),
                d = Gaussian<T>(rows, columns, i % 5, "d");
            var packed = new PackedMatrix<T>(depth, columns, path);
            if (i % 2 == 0)
            {
                packed.Take(b);
            }
            else
            {
                packed.TakeTransposed(Transposed(b));
            }

            Matrix<T> product = Gaussian<T>(rows, columns, i % 2, "c"), sum = Copy(product), masked = Copy(product),
                branch = Copy(product), output = Copy(product);
            Products.Multiply(a, packed, product);
            Products.MultiplyAdd(a, packed, -0.5, d, sum);
            Products.MultiplyMasked(a, packed, d, masked);
            Products.MultiplyBranch(a, packed, i % 7 == 0 ? 0 : 2, d, branch, output);
            for (int r = 0; r < rows; r++)
            {
                for (int j = 0; j < columns; j++)
                {
                    double plain = 0, magnitude = 0, addend = double.CreateTruncating(d[r, j]);
                    for (int k = 0; k < depth; k++)
                    {
                        double term = double.CreateTruncating(a[r, k]) * double.CreateTruncating(b[k, j]);
                        plain += term;
                        magnitude += Math.Abs(term);
                    }

                    // Both sums err by at most (k + 2) ε |A||B|, and what follows by two roundings.
                    double bound = 2 * epsilon * (((depth + 3) * magnitude) + (2 * Math.Abs(addend)));
                    Near(plain, product[r, j], bound);
                    Near(plain - (0.5 * addend), sum[r, j], bound);
                    Near(plain * addend, masked[r, j], bound * (1 + Math.Abs(addend)));
                    Near(plain, branch[r, j], bound);
                    Near(plain + (i % 7 == 0 ? 0 : 2 * addend), output[r, j], 2 * bound);
                }
            }
        }
    }

    private static void Near<T>(double expected, T actual, double bound)
        where T : unmanaged,
        IFloatingPointIeee754<T> => Assert.InRange(double.CreateTruncating(actual), expected - bound, expected + bound);

    // Not aligned, with gaps between the rows.
    private static Matrix<T> Gaussian<T>(int rows, int columns, int gap, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] values = new double[1 + (rows * (columns + gap))];
        new RandomSequence(7, name).FillGaussian(values);
        return new Matrix<T>([.. values.Select(T.CreateTruncating)], 1, rows, columns, columns + gap);
    }

    private static Matrix<T> Copy<T>(in Matrix<T> matrix)
        where T : unmanaged,
        IFloatingPointIeee754<T> => new((T[])matrix.Buffer.Clone(), matrix.Offset, matrix.Rows, matrix.Columns, matrix.Stride);

    private static Matrix<T> Transposed<T>(in Matrix<T> matrix)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Matrix<T> transposed = Matrix<T>.Allocate(matrix.Columns, matrix.Rows);
        for (int i = 0; i < matrix.Rows; i++)
        {
            for (int j = 0; j < matrix.Columns; j++)
            {
                transposed[j, i] = matrix[i, j];
            }
        }

        return transposed;
    }
}
