using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>The smallest value against the exact one: of the very matrix in
/// memory, in twice the precision, not of the spectrum it was made from.</summary>
public sealed class SingularValueAccuracyTests
{
    private const double Epsilon = 2.220446049250313e-16;

    public static TheoryData<int, int, double> Cases
    {
        get
        {
            var data = new TheoryData<int, int, double>();

            // One panel, a second with one column, several; one chunk, more than one; square, where no tall factor is taken; wide.
            foreach ((int rows, int columns) in new[] { (40, 12), (60, 17), (24, 24), (300, 24), (120, 40), (16, 64), (47, 300) })
            {
                foreach (double conditionNumber in new[] { 1e2, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14 })
                {
                    data.Add(rows, columns, conditionNumber);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_relative_error_of_the_smallest_value_is_at_most_four_epsilon_times_the_condition_number(
        int rows, int columns, double conditionNumber)
    {
        Matrix a = MatrixSamples.WithSpectrum(rows, columns, MatrixSamples.Geometric(Math.Min(rows, columns), conditionNumber), 17);
        double[] exact = DoubleDouble.SingularValues(a);

        // Forming A from its spectrum has moved σ_min by a few ε σ_max, no more.
        Assert.Equal(1 / conditionNumber, exact[^1], 32 * Epsilon);
        double[] values = MatrixSamples.Values(a);
        AssertAccurate(exact, values[^1], "all values");
        Assert.Equal(exact[0], values[0], 16 * Epsilon);

        double[] largest = new double[1];
        double[] smallest = new double[1];
        new ExtremeSingularValues(rows, columns).Compute(a, largest, smallest);
        AssertAccurate(exact, smallest[0], "extremes");
        Assert.Equal(exact[0], largest[0], 16 * Epsilon);
    }

    [Fact]
    public void The_reference_finds_the_values_of_the_Hilbert_matrix()
    {
        Matrix hilbert = Matrix.Allocate(3, 3);
        for (int i = 0; i < 9; i++)
        {
            hilbert[i / 3, i % 3] = 60.0 / ((i / 3) + (i % 3) + 1);
        }

        // 60 H₃ holds integers only; its determinant is 60³/2160 = 100 and its trace 92.
        double[] values = DoubleDouble.SingularValues(hilbert);
        Assert.Equal(100, values[0] * values[1] * values[2], 1e-10);
        Assert.Equal(92, values.Sum(), 1e-13);
        Assert.Equal(hilbert.Span.ToArray().Sum(x => x * x), values.Sum(x => x * x), 1e-11);
    }

    private static void AssertAccurate(double[] exact, double found, string route)
    {
        double error = Math.Abs(found - exact[^1]) / exact[^1] / (Epsilon * exact[0] / exact[^1]);
        Assert.True(error <= 4, $"{route}: σ_min must be {exact[^1]:R} but is {found:R}, off by {error:F2} ε κ.");
    }
}
