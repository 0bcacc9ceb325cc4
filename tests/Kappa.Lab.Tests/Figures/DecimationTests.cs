using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class DecimationTests
{
    [Fact]
    public void Every_column_keeps_its_lowest_and_highest_point()
    {
        var random = new Random(7);
        var xs = Enumerable.Range(0, 20_000).Select(i => i * 0.01).ToArray();
        var ys = xs.Select(_ => random.NextDouble() * 100).ToArray();
        var kept = Decimation.Keep(xs, ys).ToHashSet();
        foreach (var column in Enumerable.Range(0, xs.Length).GroupBy(i => Math.Floor(xs[i] / Decimation.ColumnWidth)))
        {
            Assert.Contains(column.MinBy(i => ys[i]), kept);
            Assert.Contains(column.MaxBy(i => ys[i]), kept);
            Assert.Contains(column.First(), kept);
            Assert.Contains(column.Last(), kept);
        }

        Assert.True(kept.Count <= 4 * 401); // 200 points of page, half a point per column
    }

    [Fact]
    public void A_straightened_line_passes_within_the_tolerance_of_every_point()
    {
        var random = new Random(8);
        var xs = Enumerable.Range(0, 2000).Select(i => i * 0.1).ToArray();
        var ys = xs.Select(x => (20 * Math.Sin(x / 15)) + (random.Next(50) == 0 ? 3 * random.NextDouble() : 0)).ToArray();
        var kept = Decimation.Straighten([.. Enumerable.Range(0, xs.Length)], xs, ys);
        Assert.True(kept.Count < xs.Length / 3);
        Assert.Equal((0, xs.Length - 1), (kept[0], kept[^1]));
        foreach (var (from, to) in kept.Zip(kept.Skip(1)))
        {
            for (var i = from; i <= to; i++) Assert.True(Distance(xs, ys, from, to, i) <= Decimation.Tolerance * (1 + 1e-9));
        }
    }

    [Fact]
    public void A_line_that_turns_back_on_itself_keeps_its_turning_point() =>
        Assert.Equal([0, 1, 2], Decimation.Straighten([0, 1, 2], [0, 10, 5], [0, 0, 0]));

    private static double Distance(double[] xs, double[] ys, int from, int to, int i)
    {
        var (dx, dy) = (xs[to] - xs[from], ys[to] - ys[from]);
        return Math.Abs(((xs[i] - xs[from]) * dy) - ((ys[i] - ys[from]) * dx)) / Math.Sqrt((dx * dx) + (dy * dy));
    }
}
