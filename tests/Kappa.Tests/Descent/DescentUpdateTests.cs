using Kappa.Descent;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class DescentUpdateTests
{
    [Fact]
    public void Step_and_norms_agree_with_the_plain_sums_at_every_length()
    {
        foreach (int length in new[] { 0, 1, 7, 8, 9, 31, 32, 33, 40, 64, 77, 128, 259 })
        {
            double[] weights = Draw("weights"), gradient = Draw("gradient"), initial = Draw("initial"),
                next = [.. Enumerable.Repeat(7.0, length + 2)];
            UpdateNorms norms = UpdateNorms.Propose(weights, gradient, initial, 0.1, next.AsSpan(1, length));
            Assert.Equal([7, .. weights.Zip(gradient, (weight, slope) => weight - (0.1 * slope)), 7], next);

            // Both sums of n positive terms are right to n ε at worst.
            double tolerance = (length + 2) * Math.ScaleB(1, -52);
            Compare(gradient.Sum(x => x * x), norms.Gradient);
            Compare(weights.Sum(x => x * x), norms.Weights);
            Compare(weights.Zip(initial, (x, y) => (x - y) * (x - y)).Sum(), norms.Distance);

            double[] Draw(string name)
            {
                double[] draws = new double[length];
                new RandomSequence(8, name).FillGaussian(draws);
                return draws;
            }

            void Compare(double expected, double actual) => Assert.InRange(actual, expected * (1 - tolerance), expected * (1 + tolerance));
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(40)]
    public void A_NaN_anywhere_reaches_its_norm(int place)
    {
        double[] zero = new double[47], gradient = new double[47];
        gradient[place] = double.NaN;
        UpdateNorms norms = UpdateNorms.Propose(zero, gradient, zero, 1, new double[47]);
        Assert.True(double.IsNaN(norms.Gradient));
        Assert.Equal(0, norms.Weights + norms.Distance);
    }
}
