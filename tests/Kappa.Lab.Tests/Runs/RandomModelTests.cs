using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Tests.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>Any combination of keys either is refused, each fault in a line, or runs, and runs
/// again to the same bits with other threads and from its written specification.</summary>
public sealed class RandomModelTests
{
    private static readonly int s_cases = Math.Max(400, ReaderFuzz.Cases(0));

    private static readonly (string Key, string[] Values)[] s_choices =
    [
        ("model.kind", ["residual", "kernelAttention", "shallowEncoder", "classifier"]),
        ("depth", ["1", "2", "3"]),
        ("width", ["1", "2", "4", "6"]),
        ("embedding", ["true", "false"]),
        ("inputWidth", ["3"]),
        ("positions", ["none", "learned", "sinusoidal"]),
        ("heads", ["1", "2", "3"]),
        ("keyWidth", ["1", "3"]),
        ("valueWidth", ["2", "3"]),
        ("encoderWidth", ["5"]),
        ("kernel", ["softmax", "gaussian", "linear"]),
        ("temperature", ["0.3", "-0.5"]),
        ("normalisesRows", ["true"]),
        ("mask", ["none", "causal"]),
        ("masksPadding", ["false"]),
        ("outputMatrix", ["true", "false"]),
        ("outputMatrixWidth", ["3", "4"]),
        ("attentionActivation", ["relu", "gelu", "none"]),
        ("attentionResidual", ["0", "0.5", "1"]),
        ("ffnWidth", ["1", "5", "none"]),
        ("activation", ["relu", "gelu", "leakyRelu", "identity"]),
        ("activationSlope", ["0.3"]),
        ("ffnResidual", ["0", "0.5"]),
        ("bias", ["true", "false", "attention", "ffn"]),
        ("norm", ["none", "pre", "post"]),
        ("normKind", ["layer", "rms"]),
        ("normParameters", ["false"]),
        ("normEpsilon", ["0.1"]),
        ("finalNorm", ["true", "false"]),
        ("readout", ["none", "tokens", "pooled"]),
        ("readoutWidth", ["1", "2", "3"]),
        ("readoutBias", ["true"]),
        ("pooling", ["sum", "mean", "first"]),
        ("outputScale", ["0.7"]),
        ("loss", ["squaredError", "crossEntropy"]),
        ("lossReduction", ["sum", "mean"]),
        ("data.source", ["gaussian", "teacher", "text", "correlated", "reviews", "digits"]),
        ("scheme", ["he", "xavier", "orthogonal", "leCun", "ntk"]),
        ("encoderStart", ["he", "ntk", "xavier", "orthogonal"]),
        ("targetDistance", ["0.1", "2"]),
        ("outputGain", ["0.5"]),
        ("readoutGain", ["0.5"]),
        ("method", ["momentum", "adam"]),
        ("batchSize", ["1", "2"]),
        ("weightDecay", ["0.1"]),
        ("gradientClip", ["0.5"]),
        ("precision", ["single"]),
    ];

    [Fact]
    public void Any_combination_of_keys_is_refused_in_lines_or_runs_to_the_same_bits()
    {
        var seen = new HashSet<string>();
        int run = 0;
        for (int seed = 0; seed < s_cases; seed++)
        {
            string[] words = Words(seed);
            try
            {
                SpecificationReading reading = SpecificationReader.Read(null, words);
                Assert.Equal(reading.Specification is null, reading.Problems.Count > 0);
                Assert.All(reading.Problems, problem => Assert.Matches("^[^\n]+: [^\n]+[.?]$", problem.ToString()));
                if (reading.Specification is not { } specification)
                    continue;
                double[] once = Run(specification, 1);
                string written = SpecificationWriter.Write(specification.Resolve());
                Assert.Equal(once, Run(SpecificationReader.ReadText("written", written, []).Specification!, 2));
                seen.UnionWith(words.Select(word => word.Split('=')[0]));
                run++;
            }
            catch (BadInputException refused)
            {
                Assert.True(
                    refused.InnerException is not ArgumentException && !refused.Message.Contains('\n', StringComparison.Ordinal),
                    $"{string.Join(' ', words)}: {refused.Message}");
            }
            catch (Exception defect) when (defect is not Xunit.Sdk.IAssertionException)
            {
                throw new InvalidOperationException($"{string.Join(' ', words)}: {defect.Message}", defect);
            }
        }

        // The test says nothing about a key that is refused every time.
        Assert.True(run > s_cases / 10, $"{run} of {s_cases} ran");
        Assert.Equal([], s_choices.Select(choice => choice.Key).Except(seen));
    }

    // From a few keys to most; what a key needs is drawn with it more often than not.
    private static string[] Words(int seed)
    {
        var random = new RandomSequence(seed, "models");
        int draw = 0;
        long density = 1 + random.Below(draw++, 6);
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string[] values) in s_choices)
        {
            if (random.Below(draw++, 24) < density)
                words[key] = values[random.Below(draw++, values.Length)];
        }

        foreach ((string key, string needs, string value) in s_needs)
        {
            if (words.ContainsKey(key) && random.Below(draw++, 8) > 0)
                words[needs] = value;
        }

        string source = words.GetValueOrDefault(
            "data.source", words.GetValueOrDefault("model.kind") == "classifier" ? "digits" : "gaussian");
        string[] sizes = source == "digits"
            ? ["samples=10", "testSamples=10", "patch=14"]
            : source == "reviews" ? ["samples=4", "testSamples=2", "tokens=3"]
            : ["samples=2", "tokens=3"];
        if (source is "digits" or "reviews" && random.Below(draw++, 8) > 0)
            (words["readout"], words["embedding"], words["stepSize"]) = ("pooled", "true", "0.01");
        if (words.GetValueOrDefault("loss") == "crossEntropy" || words.GetValueOrDefault("method") == "adam"
            || words.ContainsKey("batchSize"))
            words["stepSize"] = "0.01";
        _ = words.TryAdd("width", "4");
        return [.. words.Select(word => $"{word.Key}={word.Value}"), .. sizes, "steps=2", $"seed={seed}"];
    }

    private static readonly (string Key, string Needs, string Value)[] s_needs =
    [
        ("inputWidth", "embedding", "true"), ("encoderWidth", "model.kind", "shallowEncoder"), ("normalisesRows", "kernel", "gaussian"),
        ("masksPadding", "data.source", "reviews"),
        ("outputMatrixWidth", "outputMatrix", "true"), ("valueWidth", "outputMatrix", "true"),
        ("activationSlope", "activation", "leakyRelu"), ("normKind", "norm", "pre"),
        ("normParameters", "norm", "post"), ("normEpsilon", "finalNorm", "true"), ("readoutWidth", "readout", "tokens"),
        ("readoutBias", "readout", "pooled"), ("pooling", "readout", "pooled"),
        ("outputScale", "readout", "pooled"), ("outputGain", "outputMatrix", "true"), ("readoutGain", "readout", "pooled"),
        ("encoderStart", "model.kind", "shallowEncoder"),
        ("loss", "data.source", "reviews"),
    ];

    private static double[] Run(ExperimentSpecification specification, int threads)
    {
        using var experiment = Experiment.Prepare(specification, threads, OtherRuns.Rehearsed(0.1));
        DescentState state = experiment.Start();
        _ = experiment.Descent.Run(state);
        return [.. state.Parameters.Vector];
    }
}
