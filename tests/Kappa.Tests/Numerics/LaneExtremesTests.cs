using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed unsafe class LaneExtremesTests
{
    private const int Lanes = Octets.Lanes;
    private const double Epsilon = 2.220446049250313e-16;

    [Fact]
    public void Eight_bidiagonal_matrices_have_the_extremes_of_all_their_values_and_take_few_sweeps_where_values_are_apart()
    {
        foreach (int order in new[] { 1, 2, 3, 7, 16, 33, 64 })
        {
            foreach (double grading in new[] { 0, 3, 12 })
            {
                double[] diagonal = new double[order * Lanes], superdiagonal = new double[order * Lanes];
                new RandomSequence(order, "tests.lanes.diagonal").FillUniform(diagonal);
                new RandomSequence(order, "tests.lanes.superdiagonal").FillUniform(superdiagonal);
                for (int i = 0; i < diagonal.Length; i++)
                {
                    double scale = Math.Pow(10, -grading * (i / Lanes) / order);
                    diagonal[i] = scale * (0.5 + diagonal[i]);
                    superdiagonal[i] *= scale;
                }

                (double[] largest, double[] smallest, int sweeps) = Compute(order, diagonal, superdiagonal);
                for (int lane = 0; lane < Lanes; lane++)
                {
                    double[] values = [.. Enumerable.Range(0, order).Select(i => diagonal[(i * Lanes) + lane])];
                    new BidiagonalSingularValues(order).Compute(
                        values, [.. Enumerable.Range(0, order - 1).Select(i => superdiagonal[(i * Lanes) + lane])]);
                    Assert.Equal(values[0], largest[lane], 8 * Epsilon * Math.Sqrt(order) * values[0]);
                    Assert.Equal(values[^1], smallest[lane], 8 * Epsilon * Math.Sqrt(order) * values[0]);
                }

                // Cubic convergence from a bound that is off by a power of the order: a
                // wrong trace still ends at the right value, but with twice the sweeps.
                Assert.InRange(sweeps, 2, 7 + (2 * Math.Log2(order)));
            }
        }
    }

    private static (double[] Largest, double[] Smallest, int Sweeps) Compute(int order, double[] diagonal, double[] superdiagonal)
    {
        (double[] largest, double[] smallest, int sweeps) = Compute<HalvedOctet>(order, diagonal, superdiagonal);
        if (Octets.AreWhole)
        {
            (double[] wholeLargest, double[] wholeSmallest, int wholeSweeps) = Compute<WholeOctet>(order, diagonal, superdiagonal);
            Assert.Equal(largest, wholeLargest);
            Assert.Equal(smallest, wholeSmallest);
            Assert.Equal(sweeps, wholeSweeps);
        }

        return (largest, smallest, sweeps);
    }

    private static (double[] Largest, double[] Smallest, int Sweeps) Compute<TOctet>(int order, double[] diagonal, double[] superdiagonal)
        where TOctet : struct, IOctet<TOctet>
    {
        var extremes = new LaneExtremes<TOctet>(order);
        double[] values = new double[2 * Lanes];
        fixed (double* d = diagonal, e = superdiagonal, v = values)
        {
            (TOctet largest, TOctet smallest) = extremes.Compute(d, e);
            largest.Store(v);
            smallest.Store(v + Lanes);
            return (values[..Lanes], values[Lanes..], extremes.Sweeps);
        }
    }
}
