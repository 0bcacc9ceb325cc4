using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Formats;
using Kappa.Lab.Tests.Store;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

/// <summary>Values at and beyond the edges of every key are refused, with the key, or are
/// run: no range is checked further in only, where a refusal would be a defect.</summary>
public sealed class SpecificationEdgeTests
{
    private const int MostSteps = 2;

    // A run of more numbers than this takes too long for a test; what the reader says of it is tested all the same.
    private const double MostNumbers = 200_000;

    // Some seconds of it in everyday tests, a different part for every kind; all of it when the long form of the fuzzers is asked for.
    private static readonly int Every = ReaderFuzz.Cases(0) > 0 ? 1 : 11;

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "3", "0.5", "1.5", "5e-324", "1e-320", "1e-300", "1e-160", "1e-101", "1e-100", "1e-30", "1e30", "1e100",
        "1.1e100", "1e155", "1e160", "1e300",
        "1.7976931348623157e308", "-1e308", "1e400", "NaN", "inf", "1000", "1001", "4096", "4097", "1048576", "1048577", "2147483647",
        "2147483648", "9223372036854775807", "-9223372036854775808",
    ];

    private static readonly string[] Words =
    [
        "none", "default", "true", "false", "all", "[]", "[0,last]", "[0,0,1]", "last", "[value]", "auto(1)", "auto(1e-320)", "auto(1e308)",
        "auto(0)", "adaptive(1)", "adaptive(1e308)", "adaptive(1e-320)",
        "same(none)", "''", "never", "student",
    ];

    private static readonly string[] Bases =
    [
        "width=4 ffnWidth=4 samples=2 tokens=3 stepSize=auto(1)",
        "width=4 ffnWidth=4 samples=2 tokens=3 activation=smoothLeakyRelu stepSize=0.1 source=teacher readoutWidth=4",
        "depth=2 width=4 ffnWidth=4 heads=2 norm=pre bias=true mask=causal samples=2 tokens=3 stepSize=0.1",
        "width=4 ffnWidth=none outputMatrix=true kernel=linear readout=pooled positions=sinusoidal norm=post normKind=rms samples=3 "
            + "tokens=2 batchSize=2 stepSize=0.1",
        "model.kind=classifier loss=squaredError width=4 heads=2 ffnWidth=4 samples=10 testSamples=10 patch=14 positions=none stepSize=0.1",
        "model.kind=kernelAttention width=4 heads=2 samples=2 tokens=3 kernel=gaussian",
        "model.kind=shallowEncoder width=4 encoderWidth=4 samples=2 tokens=3 stepSize=0.1",
        "model.kind=shallowEncoder width=4 encoderWidth=4 samples=2 tokens=3 source=correlated",
        "model.kind=classifier width=4 heads=2 ffnWidth=4 samples=10 testSamples=10 patch=14 stepSize=0.1",
        "model.kind=classifier width=4 heads=2 ffnWidth=4 samples=2 testSamples=2 source=pathfinder patch=16 stepSize=0.1 method=adam "
            + "batchSize=2",
        "model.kind=classifier width=4 heads=2 ffnWidth=4 samples=2 testSamples=2 source=reviews tokens=4 stepSize=0.1 method=momentum "
            + "masksPadding=true",
    ];

    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Bases.Length)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_key_takes_or_refuses_every_value(int kind)
    {
        using var store = new StoreFixture();
        (int run, int number) = (0, 0);
        foreach (SpecificationKey key in SpecificationKeys.All)
        {
            IEnumerable<string> words = key.Values.Split(" | ").Where(word => word.All(char.IsLetter));
            foreach (string value in words.Concat(Numbers).Concat(Words).Where(_ => number++ % Every == kind % Every))
                run += IsRun(store, [.. Without(key, Bases[kind]), $"{key.Path}={value}"]) ? 1 : 0;
        }

        Assert.InRange(run, 100 / Every, 5000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Several_keys_at_their_edges_at_once_are_taken_or_refused(int kind)
    {
        using var store = new StoreFixture();
        int run = 0;
        SpecificationKey[] scales = [.. SpecificationKeys.All.Where(key => key.Values.Contains("number", StringComparison.Ordinal))];
        for (int seed = 0; seed < 200 / Every; seed++)
        {
            var random = new RandomSequence(seed, $"edges.{kind}");
            SpecificationKey[] keys = [.. Enumerable.Range(0, 3).Select(k => scales[random.Below(k, scales.Length)]).Distinct()];
            string[] words = [
                .. keys.Aggregate(Bases[kind].Split(' ').AsEnumerable(), (rest, key) => Without(key, string.Join(' ', rest))),
                .. keys.Select((key, k) => $"{key.Path}={Numbers[random.Below(3 + k, Numbers.Length)]}")];
            run += IsRun(store, words) ? 1 : 0;
        }

        // Most keys of scales do not apply to a classifier, so a few draws may all be refused.
        Assert.InRange(run, Every == 1 ? 5 : 0, 199);
    }

    private static IEnumerable<string> Without(SpecificationKey key, string words) =>
        words.Split(' ').Where(word =>
            word[..word.IndexOf('=', StringComparison.Ordinal)] is var name && name != key.Name && name != key.Path);

    // False when it was refused; anything but a run and a refusal is an exception, which fails the test with the words in it.
    private static bool IsRun(StoreFixture store, string[] words)
    {
        try
        {
            SpecificationReading reading = SpecificationReader.Read(
                null,
                [
                    .. words.Any(word => word.StartsWith("descent.steps=", StringComparison.Ordinal))
                        ? words
                        : [.. words, $"steps={MostSteps}"]]);
            Assert.Equal(reading.Specification is null, reading.Problems.Count > 0);
            if (reading.Specification is not { } specification || Size(specification) > MostNumbers)
                return false;
            Run(
                store,
                specification with
                {
                    Descent = specification.Descent with
                    {
                        Steps = Math.Min(specification.Descent.Steps, MostSteps),
                        WarmUp = Math.Min(specification.Descent.WarmUp, MostSteps - 1),
                    },
                });
            return true;
        }
        catch (BadInputException refused)
        {
            // A refusal that only wraps a failed check of the model says nothing about a key.
            Assert.True(refused.InnerException is not ArgumentException, $"{string.Join(' ', words)}: {refused.Message}");
            return false;
        }
        catch (Exception defect) when (defect is not Xunit.Sdk.IAssertionException)
        {
            throw new InvalidOperationException($"{string.Join(' ', words)}: {defect.Message}", defect);
        }
    }

    private static void Run(StoreFixture store, ExperimentSpecification specification)
    {
        string name = Path.GetRandomFileName();
        using var prepared = PreparedRun.Of(specification, 1, OtherRuns.Rehearsed(0.1));
        prepared.RequireStepSize();
        using (RunFolder folder = store.Create(name, prepared.Specification))
        {
            DescentOutcome outcome = prepared.Execute(folder, null, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(
                "smaller step size", outcome.Step == 0 ? RunRecord.Read(folder.Files.Path).Status.Message ?? "" : "",
                StringComparison.Ordinal);
        }

        RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(store.At(name, string.Empty)));
        if (prepared.Ladder(analysis) is { } ladder)
        {
            string text = LadderFile.Text(ladder);
            Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
            LadderFile.Write(analysis.Run.Files, ladder);
            Assert.Equal(ladder.Rungs.Count, LadderFile.Find(analysis.Run.Files)!.Rungs.Count);
        }
    }

    private static double Size(ExperimentSpecification specification)
    {
        ExperimentSpecification resolved = specification.Resolve();
        ModelSpecification model = resolved.Model;
        double width = Math.Max(
            model.Width, Math.Max((model.KeyWidth ?? 1) * (double)model.Heads, (model.ValueWidth ?? 1) * (double)model.Heads));
        double inner = Math.Max(Math.Max(model.FfnWidth ?? 0, model.EncoderWidth), model.ReadoutWidth ?? 1);
        double rows = (double)Math.Max(resolved.Data.Samples ?? 1, resolved.Data.TestSamples ?? 1) * (resolved.Data.Tokens ?? 16);
        return model.Depth * ((width * (width + inner)) + (rows * (width + inner + (resolved.Data.Tokens ?? 16))));
    }
}
