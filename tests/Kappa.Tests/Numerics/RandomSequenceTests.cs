using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class RandomSequenceTests
{
    [Theory] // Known answers published with the Random123 library.
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u,
        0x24126ea1u)]
    public void The_permutation_gives_the_published_answers(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint e0, uint e1, uint e2, uint e3) =>
        Assert.Equal((e0, e1, e2, e3), RandomSequence.Permute(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void A_number_depends_on_its_index_alone_and_not_on_how_it_was_drawn()
    {
        var sequence = new RandomSequence(7, "data.inputs");
        double[] whole = new double[31];
        double[] parts = new double[31];
        sequence.FillGaussian(whole);
        for (int k = 30; k >= 0; k--)
        {
            sequence.FillGaussian(parts.AsSpan(k, 1), k);
        }

        Assert.Equal(whole, parts);
    }

    [Fact]
    public void Names_and_seeds_give_different_sequences()
    {
        var blocks = new HashSet<(ulong, ulong)>();
        foreach (string name in new[] { "a", "b", "blocks.0.query", "blocks.1.query" })
        {
            for (long seed = -3; seed <= 3; seed++)
            {
                Assert.True(blocks.Add(new RandomSequence(seed, name).Block(0)), $"{name} of seed {seed} repeats another sequence.");
            }
        }
    }

    [Fact]
    public void Gaussian_moments_are_those_of_the_standard_normal_law()
    {
        double[] x = new double[200_000];
        new RandomSequence(1, "moments").FillGaussian(x);
        double mean = x.Average();
        double variance = x.Average(v => v * v);
        double fourth = x.Average(v => v * v * v * v);

        // Five standard errors: 1/√n, √2/√n, √96/√n.
        double unit = 5 / Math.Sqrt(x.Length);
        Assert.InRange(mean, -unit, unit);
        Assert.InRange(variance, 1 - (unit * Math.Sqrt(2)), 1 + (unit * Math.Sqrt(2)));
        Assert.InRange(fourth, 3 - (unit * Math.Sqrt(96)), 3 + (unit * Math.Sqrt(96)));
    }

    [Fact]
    public void Integers_fill_their_range_evenly()
    {
        var sequence = new RandomSequence(3, "integers");
        int[] counts = new int[7];
        for (int k = 0; k < 70_000; k++)
        {
            counts[sequence.Below(k, 7)]++;
        }

        // Five standard deviations of a binomial count with mean 10 000.
        Assert.All(counts, count => Assert.InRange(count, 10_000 - 463, 10_000 + 463));
    }
}
