using Kappa.Lab.Data.Correlated;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Data.Correlated;

public sealed class CorrelatedTokensTests
{
    private const CorrelationStructure Exchangeable = CorrelationStructure.Exchangeable;
    private const CorrelationStructure Autoregressive = CorrelationStructure.Autoregressive;

    /// <summary>Applied to the columns of the identity the map shows its matrix L: L Lᵀ is Σ up to rounding.</summary>
    [Theory]
    [InlineData(CorrelationStructure.Exchangeable, 0.0)]
    [InlineData(CorrelationStructure.Exchangeable, 0.6)]
    [InlineData(CorrelationStructure.Autoregressive, 0.3)]
    [InlineData(CorrelationStructure.Autoregressive, 0.95)]
    public void The_map_has_exactly_the_covariance_that_was_asked_for(object structure, double strength)
    {
        const int n = 6;
        Correlation correlation = new((CorrelationStructure)structure, strength);
        // Rows 1, 3, 5, … of a larger matrix: first 1, step 2.
        Matrix map = Matrix.Allocate((2 * n) + 1, n);
        for (int k = 0; k < n; k++)
        {
            map[1 + (2 * k), k] = 1;
        }

        correlation.Apply(map, 1, n, 2);
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double product = 0;
                for (int k = 0; k < n; k++)
                {
                    product += map[1 + (2 * i), k] * map[1 + (2 * j), k];
                }

                double wanted = i == j ? 1 : correlation.Structure == Exchangeable ? strength : Math.Pow(strength, Math.Abs(i - j));
                Assert.Equal(wanted, product, 1e-14);
                sum += wanted;
            }
        }

        Assert.Equal(sum / (n * n), correlation.VarianceOfMean(n), 1e-14);
        Assert.All(Enumerable.Range(0, n + 1), k => Assert.Equal(0, map.Row(2 * k).ToArray().Sum()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tokens_and_samples_correlate_as_asked_and_the_variance_stays(bool autoregressive)
    {
        CorrelationStructure structure = autoregressive ? Autoregressive : Exchangeable;
        const int samples = 4, tokens = 3, width = 20_000;
        ScalarSamples data = new CorrelatedTokens
        { TokenScale = 2, BetweenTokens = new(structure, 0.5), BetweenSamples = new(structure, 0.4) }.Create(samples, tokens, width, 5);
        // Means of 20,000 products of Gaussians of variance 1 have standard deviation at most √(2/20000) = 0.01: five of them.
        for (int row = 0; row < samples * tokens; row++)
        {
            for (int other = 0; other < samples * tokens; other++)
            {
                (int apart, int after) = (Math.Abs((row / tokens) - (other / tokens)), Math.Abs((row % tokens) - (other % tokens)));
                double wanted = Power(0.4, apart, structure) * Power(0.5, after, structure);
                Assert.Equal(wanted, Product(data, row, other) / width / 4, 0.05);
            }
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    public void Centred_samples_have_token_mean_zero_and_keep_their_variance(double correlation)
    {
        ScalarSamples data = new CorrelatedTokens
        { Centred = true, TokenScale = 3, BetweenTokens = new(Autoregressive, correlation) }.Create(2000, 5, 4, 2);
        for (int sample = 0; sample < 2000; sample++)
        {
            for (int k = 0; k < 4; k++)
            {
                Assert.Equal(0, Enumerable.Range(0, 5).Sum(token => data.Inputs[(5 * sample) + token, k]), 1e-13);
            }
        }

        // 8,000 independent columns of 5 entries: the mean square has standard
        // deviation at most √(2/8000) = 0.016 of its value: four of them.
        Assert.Equal(9, data.Inputs.Span.ToArray().Average(value => value * value), 9 * 0.064);
    }

    /// <summary>What uniform attention sees is the token mean; what sharp attention sees gives the label.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_labels_are_found_by_attention_and_by_no_predictor_from_the_token_mean(bool centred)
    {
        const int samples = 4000, tokens = 10, width = 6;
        ScalarSamples data = new CorrelatedTokens
        { Labels = SampleLabels.Attention, Centred = centred, TokenScale = 1 }.Create(samples, tokens, width, 3);
        double variance = data.Labels.Average(label => label * label);
        Assert.InRange(variance, 0.3, 1.2);
        // Sharp attention with logits c k_i k_j: the largest tie-breaking error comes from keys near zero.
        Assert.InRange(RSquared(data, [.. Enumerable.Range(0, samples).Select(k => Attended(data, k, tokens, 200))]), 0.95, 1);
        Assert.Equal(0, Enumerable.Range(0, samples).Max(k => Math.Abs(Attended(data, k, tokens, 0))), 1e-12);
        // Least squares on constant, means, squares and products of means: the R² of unrelated
        // features is about (features)/4000, standard deviation √(2·28)/4000; four more.
        double[][] features = [.. Enumerable.Range(0, samples).Select(k => MeanFeatures(data, k, tokens, width))];
        Assert.InRange(RSquared(data, Fitted(features, data.Labels)), -1e-9, (28 + (4 * Math.Sqrt(2 * 28))) / samples);
    }

    [Fact]
    public void Equal_seeds_give_equal_samples_and_options_show_in_the_description()
    {
        CorrelatedTokens tokens = new() { BetweenTokens = new(Autoregressive, 0.25), Centred = true };
        ScalarSamples data = tokens.Create(3, 4, 5, 7);
        Assert.Equal(data.Inputs.Span.ToArray(), tokens.Create(3, 4, 5, 7).Inputs.Span.ToArray());
        Assert.NotEqual(data.Inputs.Span.ToArray(), tokens.Create(3, 4, 5, 8).Inputs.Span.ToArray());
        Assert.Contains(
            "correlation 0.25 between tokens (autoregressive) and 0 between samples (exchangeable), token mean of every sample zero, "
                + "labels N(0, 1), seed 7",
            data.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_outside_their_range_are_the_callers_mistake()
    {
        _ = Assert.Throws<ArgumentOutOfRangeException>(() =>
            new CorrelatedTokens { BetweenTokens = new(Exchangeable, 1) }.Create(2, 2, 2, 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() =>
            new CorrelatedTokens { BetweenSamples = new(Exchangeable, -0.1) }.Create(2, 2, 2, 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new CorrelatedTokens { Centred = true }.Create(2, 1, 2, 1));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new CorrelatedTokens { Labels = SampleLabels.Attention }.Create(2, 2, 1, 1));
    }

    private static double Power(double strength, int distance, CorrelationStructure structure) =>
        distance == 0 ? 1 : structure == Exchangeable ? strength : Math.Pow(strength, distance);

    private static double Product(ScalarSamples data, int row, int other)
    {
        double sum = 0;
        for (int k = 0; k < data.Inputs.Columns; k++)
        {
            sum += data.Inputs[row, k] * data.Inputs[other, k];
        }

        return sum;
    }

    // The mean over i of the values under softmax_j(c k_i k_j).
    private static double Attended(ScalarSamples data, int sample, int tokens, double sharpness)
    {
        double total = 0;
        for (int i = 0; i < tokens; i++)
        {
            double[] logits = [
                .. Enumerable.Range(0, tokens).Select(j =>
                    sharpness * data.Inputs[(sample * tokens) + i, 0] * data.Inputs[(sample * tokens) + j, 0])];
            double[] weights = [.. logits.Select(logit => Math.Exp(logit - logits.Max()))];
            total += Enumerable.Range(0, tokens).Sum(j => weights[j] * data.Inputs[(sample * tokens) + j, 1]) / weights.Sum();
        }

        return total / tokens;
    }

    private static double[] MeanFeatures(ScalarSamples data, int sample, int tokens, int width)
    {
        double[] mean = [
            .. Enumerable.Range(0, width).Select(k =>
                Enumerable.Range(0, tokens).Average(token => data.Inputs[(sample * tokens) + token, k]))];
        return [1, .. mean, .. Enumerable.Range(0, width).SelectMany(i => Enumerable.Range(i, width - i).Select(j => mean[i] * mean[j]))];
    }

    private static double RSquared(ScalarSamples data, double[] predicted)
    {
        double mean = data.Labels.Average();
        return 1 - (
            data.Labels.Zip(predicted, (label, guess) => (label - guess) * (label - guess))
                .Sum() / data.Labels.Sum(label => (label - mean) * (label - mean)));
    }

    // Projection onto the span of the features by Gram–Schmidt, twice; features that are nothing but rounding are left out.
    private static double[] Fitted(double[][] features, double[] labels)
    {
        double[] fitted = new double[labels.Length];
        List<double[]> basis = [];
        for (int j = 0; j < features[0].Length; j++)
        {
            double[] column = [.. features.Select(row => row[j])];
            for (int pass = 0; pass < 2; pass++)
            {
                basis.ForEach(direction => Subtract(column, direction, Dot(column, direction)));
            }

            double length = Math.Sqrt(Dot(column, column));
            if (length > 1e-10)
            {
                column = [.. column.Select(value => value / length)];
                basis.Add(column);
                Subtract(fitted, column, -Dot(labels, column));
            }
        }

        return fitted;
    }

    private static void Subtract(double[] target, double[] direction, double factor)
    {
        for (int k = 0; k < target.Length; k++)
        {
            target[k] -= factor * direction[k];
        }
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
