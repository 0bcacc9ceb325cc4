using Kappa.Lab.Data;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Data;

public sealed class GaussianTokensTests
{
    [Fact]
    public void Tokens_and_targets_are_the_named_streams_times_their_scales()
    {
        TokenShape shape = new(2, 3, 4, 5);
        TokenData data = new GaussianTokens { TargetScale = 0.25 }.Create(shape, 7);
        double[] inputs = new double[2 * 3 * 4];
        double[] targets = new double[2 * 3 * 5];
        new RandomSequence(7, "data.inputs").FillGaussian(inputs);
        new RandomSequence(7, "data.targets").FillGaussian(targets);
        Assert.Equal(inputs.Select(value => value * 0.5), data.Inputs.Span.ToArray());
        Assert.Equal(targets.Select(value => value * 0.25), data.Targets.Span.ToArray());
        Assert.Equal((2, 3, 4, 5), (data.Samples, data.Tokens, data.Width, data.OutputWidth));
        Assert.Contains(
            "N=2, n=3, d=4, d_out=5, tokens N(0, 0.5^2), correlation 0, targets N(0, 0.25^2), seed 7", data.Description,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void Variance_stays_and_tokens_of_one_sample_correlate_as_asked(double correlation)
    {
        const int samples = 4000;
        const double scale = 2;
        TokenData data = new GaussianTokens { TokenScale = scale, Correlation = correlation }.Create(new TokenShape(samples, 2, 8), 11);
        double variance = 0, within = 0, across = 0;
        const int count = samples * 8;
        for (int sample = 0; sample < samples; sample++)
        {
            ReadOnlySpan<double> first = data.Inputs.Row(2 * sample);
            ReadOnlySpan<double> second = data.Inputs.Row((2 * sample) + 1);
            ReadOnlySpan<double> other = data.Inputs.Row(2 * ((sample + 1) % samples));
            for (int k = 0; k < 8; k++)
            {
                variance += first[k] * first[k] / count / (scale * scale);
                within += first[k] * second[k] / count / (scale * scale);
                across += first[k] * other[k] / count / (scale * scale);
            }
        }

        // The mean of 32,000 independent products of standard Gaussians with correlation
        // r has variance (1 + r²)/32,000 ≤ 2/32,000: five standard deviations are 0.0395.
        const double tolerance = 0.0395;
        Assert.Equal(1, variance, tolerance);
        Assert.Equal(correlation, within, tolerance);
        Assert.Equal(0, across, tolerance);
    }

    [Fact]
    public void Equal_seeds_give_equal_fingerprints_and_any_other_choice_another_one()
    {
        TokenShape shape = new(2, 3, 4);
        string[] fingerprints =
        [
            new GaussianTokens().Create(shape, 1).Fingerprint,
            new GaussianTokens().Create(shape, 2).Fingerprint,
            new GaussianTokens { TokenScale = 1 }.Create(shape, 1).Fingerprint,
            new GaussianTokens { TargetScale = 1 }.Create(shape, 1).Fingerprint,
            new GaussianTokens { Correlation = 0.5 }.Create(shape, 1).Fingerprint,
            new GaussianTokens { TokenScale = 0.5, TargetScale = 0.5 }.Create(new TokenShape(3, 2, 4), 1).Fingerprint,
        ];
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        Assert.Equal(fingerprints[0], new GaussianTokens().Create(shape, 1).Fingerprint);
        Assert.All(fingerprints, fingerprint => Assert.Matches("^[0-9a-f]{64}$", fingerprint));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_correlation_outside_its_range_is_the_callers_mistake(double correlation) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new GaussianTokens { Correlation = correlation }.Create(new TokenShape(1, 1, 1), 1));

    [Fact]
    public void Scales_and_sizes_outside_their_range_are_the_callers_mistake()
    {
        _ = Assert.Throws<ArgumentOutOfRangeException>(() =>
            new GaussianTokens { TokenScale = double.PositiveInfinity }.Create(new TokenShape(1, 1, 1), 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianTokens { TargetScale = -1 }.Create(new TokenShape(1, 1, 1), 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new TokenShape(0, 1, 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new TokenShape(int.MaxValue, int.MaxValue, int.MaxValue));
        _ = Assert.Throws<ArgumentException>(() =>
            new TokenData(new TokenShape(2, 2, 2), Matrix.Allocate(4, 2), Matrix.Allocate(4, 3), "made"));
    }
}
