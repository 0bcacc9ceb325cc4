using Xunit;

namespace Kappa.Bench.Tests;

public sealed class BenchmarkContentTests
{
    // The published first outputs of SplitMix64 from the seeds 0: the hash of the entries 0 and 1 of stream 0.
    [Theory]
    [InlineData(0, 0xE220A8397B1DCDAFUL)]
    [InlineData(1, 0x6E789E6AA1B965F4UL)]
    public void An_entry_is_the_hash_of_its_position_made_uniform(long index, ulong hash) =>
        Assert.Equal(((hash >> 11) / Math.Pow(2, 53) - 0.5) * Math.Sqrt(12), BenchmarkContent.Entry(0, index));

    // The mean of n entries has standard deviation 1/√n, that of their squares √(4/5)/√n; five of them.
    [Fact]
    public void Entries_have_mean_zero_and_variance_one()
    {
        const int count = 100_000;
        double[] entries = [.. Enumerable.Range(0, count).Select(index => BenchmarkContent.Entry(7, index))];
        Assert.InRange(entries.Average(), -5 / Math.Sqrt(count), 5 / Math.Sqrt(count));
        Assert.InRange(entries.Average(x => x * x), 1 - (4.5 / Math.Sqrt(count)), 1 + (4.5 / Math.Sqrt(count)));
    }

    // Every product of the theory page as rows x depth x columns, in the merged route, which is the cheaper one here.
    [Fact]
    public void The_operations_of_a_step_are_those_of_its_products()
    {
        const int samples = 64, n = 16, d = 64, m = 256, rows = samples * n;
        double block =
            Product(d, d, d) + Product(rows, d, d) + samples * Product(n, d, n) + samples * Product(n, n, d) + Product(rows, d, d)
                + Product(rows, d, m) + Product(rows, m, d)
            + Product(m, rows, d) + Product(rows, d, m) + Product(d, rows, m) + Product(rows, m, d)
            + Product(d, rows, d) + Product(rows, d, d) + samples * Product(n, d, n) + samples * Product(n, n, d) + Product(d, rows, d)
                + 2 * Product(d, d, d);
        double input = samples * Product(n, n, d) + Product(rows, d, d) + samples * Product(n, n, d);
        BenchmarkSize size = new(samples, n, d, m);
        Assert.Equal(block, size.StepOperations(1));
        Assert.Equal(3 * block + 2 * input, size.StepOperations(3));
    }

    [Theory]
    [InlineData("16", "8x8x16x32")]
    [InlineData("3x5x7x11", "3x5x7x11")]
    [InlineData("17", null)]
    [InlineData("3x5x7", null)]
    [InlineData("3x5x7x0", null)]
    [InlineData("-3x5x7x1", null)]
    public void A_size_is_a_standard_width_or_four_numbers(string word, string? size) =>
        Assert.Equal(size, BenchmarkSize.Parse(word)?.ToString());

    private static double Product(int rows, int depth, int columns) => 2.0 * rows * depth * columns;
}
