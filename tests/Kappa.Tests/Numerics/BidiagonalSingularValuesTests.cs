using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class BidiagonalSingularValuesTests
{
    private const double Epsilon = 2.220446049250313e-16;

    public static TheoryData<string> Families =>
        ["gaussian", "graded", "reversed", "constant", "tiny couplings", "zero diagonal", "clusters", "wild"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Values_agree_with_bisection_and_take_at_most_five_sweeps_each(string family)
    {
        for (int order = 1; order <= 60; order += order < 8 ? 1 : 13)
        {
            for (int seed = 0; seed < 4; seed++)
            {
                (double[] diagonal, double[] superdiagonal) = Make(family, order, seed);
                double[] expected = ByBisection(diagonal, superdiagonal);
                var workspace = new BidiagonalSingularValues(order);
                workspace.Compute(diagonal, superdiagonal);
                for (int k = 0; k < order; k++)
                {
                    // Each neglected coupling costs (ε/8) σ_max, each of a few sweeps
                    // per value a relative error of a few ε of what it still holds.
                    Assert.True(
                        Math.Abs(expected[k] - diagonal[k]) <= 8 * Epsilon * expected[0] * Math.Sqrt(order),
                        $"{family} {order} seed {seed}: value {k} must be {expected[k]:R} but is {diagonal[k]:R}.");
                }

                Assert.InRange(workspace.Sweeps, 0, 5 * order);
            }
        }
    }

    [Fact]
    public void A_graded_matrix_keeps_small_values_far_below_the_floor_of_the_largest()
    {
        // B = diag(1, 1e-20) with coupling 1e-30: the small value is 1e-20 to many digits, though ε σ_max is 2e-16.
        double[] diagonal = [1, 1e-20];
        new BidiagonalSingularValues(2).Compute(diagonal, [1e-30]);
        Assert.Equal(1e-20, diagonal[1], 1e-34);
    }

    private static (double[] Diagonal, double[] Superdiagonal) Make(string family, int order, int seed)
    {
        double[] diagonal = new double[order];
        double[] superdiagonal = new double[Math.Max(0, order - 1)];
        new RandomSequence(seed, "tests.diagonal." + family).FillGaussian(diagonal);
        new RandomSequence(seed, "tests.superdiagonal." + family).FillGaussian(superdiagonal);
        double[] exponents = new double[2 * order];
        new RandomSequence(seed, "tests.exponents").FillUniform(exponents);
        for (int i = 0; i < order; i++)
        {
            double position = order == 1 ? 0 : i / (order - 1.0);
            (double d, double e) = family switch
            {
                "graded" => (Math.Pow(10, -18 * position), Math.Pow(10, -18 * position)),
                "reversed" => (Math.Pow(10, 18 * (position - 1)), Math.Pow(10, 18 * (position - 1))),
                "tiny couplings" => (1, 1e-9),
                "clusters" => (i % 3 == 0 ? 1 : 1e-5, 1e-5),
                "wild" => (Math.Pow(10, -20 * exponents[2 * i]), Math.Pow(10, -20 * exponents[(2 * i) + 1])),
                _ => (1.0, 1.0),
            };
            diagonal[i] = family is "constant" or "clusters" ? d : family == "zero diagonal" && i % 4 == 1 ? 0 : diagonal[i] * d;
            if (i + 1 < order)
            {
                superdiagonal[i] = family is "constant" ? 1 : superdiagonal[i] * e;
            }
        }

        return (diagonal, superdiagonal);
    }

    // Sturm counts of the Golub–Kahan form, the symmetric tridiagonal of order 2n with zero diagonal and off-diagonals d₁, e₁, d₂, …, whose
    // eigenvalues are ±σ: every count is exact for a matrix within a rounding error per element (Kahan 1966).
    private static double[] ByBisection(double[] diagonal, double[] superdiagonal)
    {
        int order = diagonal.Length;
        double[] offDiagonal = new double[(2 * order) - 1];
        for (int i = 0; i < order; i++)
        {
            offDiagonal[2 * i] = diagonal[i];
            if (i + 1 < order)
            {
                offDiagonal[(2 * i) + 1] = superdiagonal[i];
            }
        }

        double bound = 1e-300 + (2 * offDiagonal.Max(Math.Abs));
        double[] values = new double[order];
        for (int k = 0; k < order; k++)
        {
            double low = 0;
            double high = bound;
            while ((low + high) / 2 > low && (low + high) / 2 < high && high > 1e-25 * bound)
            {
                double middle = (low + high) / 2;
                (low, high) = CountAbove(offDiagonal, middle) > k ? (middle, high) : (low, middle);
            }

            values[k] = high > 1e-25 * bound ? high : 0;
        }

        return values;
    }

    private static int CountAbove(double[] offDiagonal, double x)
    {
        double pivot = -x;
        int count = 0;
        foreach (double b in offDiagonal)
        {
            count += pivot > 0 ? 1 : 0;
            pivot = -x - (b * b / (pivot == 0 ? -1e-300 : pivot));
        }

        return count + (pivot > 0 ? 1 : 0);
    }
}
