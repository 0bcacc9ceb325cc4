using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>The arithmetic below the certificates against integers of 400 bits.</summary>
public sealed class PreciseArithmeticTests
{
    private const int Trials = 3000;

    [Fact]
    public void Operations_on_two_doubles_keep_the_error_that_is_proven_for_them()
    {
        var random = new Random(1);
        for (int k = 0; k < Trials; k++)
        {
            DoubleDouble a = Draw(random), b = k % 5 == 0 ? -a + Draw(random) * 1e-14 : Draw(random);
            ExactFraction x = Exact(a), y = Exact(b), sizes = x.Absolute() + y.Absolute();
            AssertWithin(Exact(a + b), x + y, sizes, DoubleDouble.Unit);
            AssertWithin(Exact(a * b), x * y, (x * y).Absolute(), DoubleDouble.Unit);
            AssertWithin(Exact(a / b), x / y, (x / y).Absolute(), DoubleDouble.Unit);
            DoubleDouble square = a.High < 0 ? -a : a;
            ExactFraction root = ExactFraction.Sqrt(Exact(square));
            AssertWithin(Exact(DoubleDouble.Sqrt(square)), root, root, DoubleDouble.Unit);
        }
    }

    [Fact]
    public void The_exponential_keeps_the_error_that_is_proven_for_it()
    {
        var random = new Random(2);
        for (int k = 0; k < 400; k++)
        {
            // Below −90 the integers of 400 bits have too few digits left for the relative error.
            DoubleDouble x = new DoubleDouble(-90 * random.NextDouble() * random.NextDouble(), 0) + (1e-17 * random.NextDouble());
            ExactFraction exact = ExactFraction.Exp(Exact(x));
            AssertWithin(Exact(PreciseExponential.Of(x)), exact, exact, PreciseExponential.RelativeError);
        }

        Assert.Equal(1, PreciseExponential.Of(0).High);
        Assert.True(double.IsNaN(PreciseExponential.Of(double.NaN).High));
        Assert.Equal(0, PreciseExponential.Of(-601).High);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(40, 5)]
    [InlineData(70, 19)]
    public void A_product_of_rows_keeps_the_error_that_it_claims_whatever_cancels(int terms, int columns)
    {
        var random = new Random(terms);
        Matrix x = Matrix.Allocate(3, terms), w = Matrix.Allocate(terms, columns);
        Fill(x, random);
        Fill(w, random);
        for (int k = 0; k + 1 < terms; k += 2)
        {
            // Pairs of terms that cancel to the last bits.
            x[0, k] = 1e12 * (1 + random.NextDouble());
            x[0, k + 1] = -x[0, k];
            w.Row(k).CopyTo(w.Row(k + 1));
        }

        PreciseMatrix product = PreciseMatrix.Exact(x).Multiply(w);
        for (int row = 0; row < x.Rows; row++)
        {
            double error = 0;
            for (int column = 0; column < columns; column++)
            {
                ExactFraction sum = default;
                for (int k = 0; k < terms; k++)
                {
                    sum += ExactFraction.Of(x[row, k]) * ExactFraction.Of(w[k, column]);
                }

                double difference = (Exact(product[row, column]) - sum).ToDouble();
                error += difference * difference;
            }

            Assert.True(Math.Sqrt(error) <= product.RowError[row].Value, $"row {row}: {Math.Sqrt(error)} > {product.RowError[row]}");
            Assert.True(product.RowError[row] <= (UpperBound)1e-24 * UpperBound.Norm(x.Row(row)) * UpperBound.FrobeniusNorm(w));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e-6)]
    [InlineData(1e-12)]
    public void The_floor_of_a_matrix_with_known_singular_values_is_below_the_smallest_and_close_to_it(double smallest)
    {
        // Rotations of diag(1, …, 1, smallest) by dyadic Householder matrices would round; rows of a scaled Hadamard matrix do not.
        const int Rows = 8;
        Matrix matrix = Matrix.Allocate(Rows, Rows);
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Rows; j++)
            {
                double sign = int.PopCount(i & j) % 2 == 0 ? 1 : -1;
                matrix[i, j] = sign * (i == 3 ? smallest : 1) / Math.Sqrt(Rows);
            }
        }

        // The bound gives up a share of about M u κ, and the elements are rounded.
        double share = 1e-8 + (1e-14 / smallest);
        Assert.InRange(SingularValueFloor.OfRows(matrix).Value, smallest * (1 - share), smallest);
        Assert.InRange(SingularValueFloor.OfColumns(matrix).Value, smallest * (1 - share), smallest);
    }

    [Fact]
    public void A_matrix_with_dependent_rows_has_no_floor()
    {
        var random = new Random(5);
        for (int k = 0; k < 200; k++)
        {
            // Small integers: the last row is the exact sum of two others.
            int rows = random.Next(3, 9), columns = random.Next(rows, 20);
            Matrix matrix = Matrix.Allocate(rows, columns);
            for (int i = 0; i < matrix.Span.Length; i++)
            {
                matrix.Span[i] = random.Next(-50, 51);
            }

            for (int j = 0; j < columns; j++)
            {
                matrix[rows - 1, j] = matrix[0, j] + matrix[1, j];
            }

            Assert.Equal(0, new EnclosedMatrix(matrix, new UpperBound[matrix.Rows]).RowFloor().Value);
        }
    }

    [Fact]
    public void Activations_keep_the_error_that_they_claim()
    {
        var random = new Random(6);
        var activation = new Activation(ActivationKind.SmoothLeakyRelu, 0.1, 0.5);
        var precise = new PreciseActivation(activation);
        ExactFraction gamma = ExactFraction.Of(0.1), eps = ExactFraction.Of(0.5), one = ExactFraction.Of(1), half = ExactFraction.Of(0.5);
        for (int k = 0; k < 500; k++)
        {
            double x = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-8, 8));
            ExactFraction exact = ExactFraction.Of(x), root = ExactFraction.Sqrt((exact * exact) + (eps * eps));
            (DoubleDouble value, DoubleDouble derivative) = precise.At(x);
            AssertWithin(
                Exact(value), (gamma * exact) + ((one - gamma) * half * (root + exact - eps)), exact.Absolute() + eps, precise.Unit);
            AssertWithin(Exact(derivative), gamma + ((one - gamma) * half * (one + (exact / root))), one, precise.Unit);
        }
    }

    [Theory]
    [InlineData(0, 0, 0.5)]
    [InlineData(1, 0.84134474606854293, 1.0833154705876863)]
    [InlineData(-2, -0.045500263896358417, -0.085231801078196903)]
    [InlineData(-11, -2.1017255319485515e-27, -2.3115945831153024e-26)]
    [InlineData(13, 13, 1)]
    public void Gelu_in_precise_arithmetic_has_its_known_values(double x, double value, double derivative)
    {
        (DoubleDouble actual, DoubleDouble slope) = new PreciseActivation(new Activation(ActivationKind.Gelu)).At(x);
        Assert.Equal(value, actual.High, 1e-15 * Math.Abs(value) + 1e-24);
        Assert.Equal(derivative, slope.High, 1e-15 * Math.Abs(derivative) + 1e-24);
    }

    private static DoubleDouble Draw(Random random)
    {
        double high = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20));
        return DoubleDouble.ExactSum(high, high * 1e-16 * (random.NextDouble() - 0.5));
    }

    private static void Fill(in Matrix matrix, Random random)
    {
        for (int i = 0; i < matrix.Span.Length; i++)
        {
            matrix.Span[i] = random.NextDouble() - 0.5;
        }
    }

    private static ExactFraction Exact(DoubleDouble value) => ExactFraction.Of(value.High) + ExactFraction.Of(value.Low);

    private static void AssertWithin(ExactFraction actual, ExactFraction expected, ExactFraction size, double unit)
    {
        ExactFraction error = (actual - expected).Absolute(), bound = size * ExactFraction.Of(unit);
        Assert.True(error.Scaled <= bound.Scaled, $"{actual.ToDouble()}: error {error.ToDouble()} exceeds {bound.ToDouble()}");
    }
}
