using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Lines of a grid.</summary>
internal static class Cuts
{
    /// <summary>Every row (along α) or every column (along β).</summary>
    public static IEnumerable<double[]> Along(double[,] values, bool alongFirst) =>
        Enumerable.Range(0, values.GetLength(alongFirst ? 0 : 1)).Select(line => Line(values, line, alongFirst));

    /// <summary>One row or column.</summary>
    public static double[] Line(double[,] values, int line, bool alongFirst) =>
        [.. Enumerable.Range(0, values.GetLength(alongFirst ? 1 : 0)).Select(k => alongFirst ? values[line, k] : values[k, line])];

    /// <summary>The total variation of what is left of a cut after its least-squares parabola, over the range
    /// of the cut: 0 for a parabola or a constant, about 2·m for m equal waves across the range.</summary>
    /// <param name="cut">Losses at even spacing; NaN comes out when one is not finite.</param>
    public static double Roughness(double[] cut)
    {
        double range = cut.Max() - cut.Min();
        if (range == 0 || !double.IsFinite(range))
        {
            return range == 0 ? 0 : double.NaN;
        }

        // Of even spacing on [−1, 1] the polynomials 1, t and t² − mean(t²) are orthogonal.
        int count = cut.Length;
        double[] t = [.. Enumerable.Range(0, count).Select(k => ((2.0 * k) - (count - 1)) / (count - 1))];
        double mean = t.Average(x => x * x);
        double[][] basis = [[.. t.Select(_ => 1.0)], t, [.. t.Select(x => (x * x) - mean)]];
        double[] left = [.. cut.Select(value => value / range)];
        foreach (double[] polynomial in basis)
        {
            Vectors.AddScaled(left, -Vectors.Dot(polynomial, left) / Vectors.SquaredNorm(polynomial), polynomial);
        }

        return Enumerable.Range(1, count - 1).Sum(k => Math.Abs(left[k] - left[k - 1]));
    }
}
