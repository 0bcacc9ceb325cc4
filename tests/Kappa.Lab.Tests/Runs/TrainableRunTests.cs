using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Kappa.Models;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>Runs of models G, S and the experiments' Transformer.</summary>
public sealed class TrainableRunTests : IDisposable
{
    private const string Kernel = "model.kind=kernelAttention width=6 tokens=3 heads=2 kernel=gaussian steps=20";
    private const string Encoder = "model.kind=shallowEncoder width=4 tokens=3 samples=5 encoderWidth=24 steps=20 checkpointEvery=7";
    private const string Momentum = "model.kind=shallowEncoder width=4 tokens=3 samples=6 encoderWidth=8 steps=20 method=momentum "
        + "batchSize=4 stepSize=0.01 warmUp=5 decay=linear telemetry.every=3";
    private const string Classifier =
        "model.kind=classifier source=digits patch=14 samples=20 testSamples=10 width=8 heads=2 ffnWidth=12 activation=gelu steps=20 "
            + "method=adam stepSize=0.01 batchSize=8 testEvery=5";

    private readonly StoreFixture _store = new();

    public static TheoryData<string> Specifications => [Kernel, Encoder, Momentum, Classifier, $"{Encoder} precision=single"];

    public void Dispose() => _store.Dispose();

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_run_that_was_interrupted_and_resumed_leaves_the_bytes_of_an_uninterrupted_one(string words)
    {
        ExperimentSpecification specification = Read(words);
        Assert.Equal(StopReason.StepBudget, Execute(_store.Create("whole", specification), cancelAt: null).Reason);
        foreach (int step in (int[])[0, 4, 13])
        {
            string name = $"interrupted-{step}";
            Assert.Equal(StopReason.Cancelled, Execute(_store.Create(name, specification), step).Reason);
            Assert.Equal(StopReason.StepBudget, Execute(_store.Open(name), cancelAt: null, threads: 2).Reason);
            Assert.All(
                (string[])["telemetry.csv", "checkpoint.safetensors"],
                file => Assert.Equal(File.ReadAllBytes(_store.At("whole", file)), File.ReadAllBytes(_store.At(name, file))));
        }
    }

    [Fact]
    public void A_run_without_momentum_takes_the_steps_of_gradient_descent()
    {
        _ = Execute(_store.Create("run", Read(Encoder)), cancelAt: null);
        using var loaded = Experiment.Of(RunRecord.Read(_store.At("run", string.Empty)));
        TelemetryTable table = TelemetryReader.Read(_store.At("run", "telemetry.csv"));
        double stepSize = table["stepSize"][0];
        ModelParameters parameters = loaded.Initial.Clone(), gradient = new(parameters.Layout);
        for (int k = 0; k <= 20; k++)
        {
            double loss = loaded.Model.LossAndGradient(parameters, loaded.Model.AllSamples, gradient, TrainedSet.All);

            // Sums in another order: a few hundred rounding errors.
            Assert.Equal(1, table["loss"][k] / loss, 1e-12);
            if (k < 20)
            {
                for (int j = 0; j < parameters.Vector.Length; j++)
                {
                    parameters.Vector[j] -= stepSize * gradient.Vector[j];
                }
            }
        }

        double[] last = RunCheckpoint.Read(_store.At("run", "checkpoint.safetensors"), loaded).Parameters.Vector;
        Assert.All(Enumerable.Range(0, parameters.Vector.Length), j => Assert.Equal(parameters.Vector[j], last[j], 1e-12));
    }

    [Fact]
    public void A_classifier_that_is_told_nothing_learns()
    {
        ExperimentSpecification specification = Read("model.kind=classifier");
        Assert.Equal((Lab.Specifications.DataSource.Digits, DescentMethod.Adam), (specification.Data.Source, specification.Descent.Method));
        using var experiment = Experiment.Prepare(specification);
        DescentState state = experiment.Start();
        _ = experiment.Descent.Run(state, cancellation: TestContext.Current.CancellationToken);

        // Ten classes: 60 of 100 right by chance is excluded; measured 78.
        Assert.InRange(experiment.Test(state.Parameters)!.Value.Accuracy, 0.6, 1);
    }

    [Theory]
    [InlineData("model.kind=classifier stepSize=0.1", "digits", "gradientDescent", 2000)]
    [InlineData("model.kind=classifier source=reviews", "reviews", "adam", 1000)]
    [InlineData("model.kind=classifier method=momentum steps=7", "digits", "momentum", 7)]
    public void What_a_classifier_is_told_is_left_as_it_is(string words, string source, string method, int steps)
    {
        ExperimentSpecification specification = Read(words);
        string Value(string key) => SpecificationKeys.Find(key)!.Format(specification);
        Assert.Equal((source, method, steps), (Value("data.source"), Value("descent.method"), specification.Descent.Steps));

        // What is written down reads back to the same.
        Assert.Equal(specification, SpecificationReader.ReadText("written", SpecificationWriter.Write(specification), []).Specification);
    }

    [Fact]
    public void Padding_is_left_out_unless_the_specification_says_otherwise()
    {
        double Loss(string words)
        {
            using var experiment = Experiment.Prepare(
                Read($"model.kind=classifier source=reviews samples=10 testSamples=10 stepSize=0.1 {words}"));
            return experiment.InitialLoss;
        }

        Assert.NotEqual(Loss("tokens=700"), Loss("tokens=700 masksPadding=false"), 1e-6);
        Assert.Equal(Loss("tokens=20"), Loss("tokens=20 masksPadding=false"));
    }

    [Theory]
    [InlineData("lossReduction=sum", 1)]
    [InlineData("lossReduction=mean", 5)]
    public void An_automatic_step_is_half_of_one_over_the_largest_curvature_of_the_loss(string words, double samples)
    {
        using var experiment = Experiment.Prepare(Read($"{Encoder} {words}"));
        double largest = JacobianMatrix.Spectrum(
            JacobianMatrix.Of(experiment.Model, experiment.Initial, experiment.Trained), out _).SigmaMax;
        Assert.Equal(1, experiment.StepSize * largest * largest / samples / 0.5, 1e-12);

        // The iteration stops when it has settled to 1e-4, from below.
        double iterated = CurvatureAtStart.Iterate(experiment.Model, experiment.Initial, experiment.Trained);
        Assert.InRange(iterated / (largest * largest), 0.99, 1 + 1e-6);
    }

    [Fact]
    public void Every_head_of_a_run_has_its_spectra_at_every_step()
    {
        _ = Execute(_store.Create("run", Read(Kernel)), cancelAt: null);
        TelemetryTable table = TelemetryReader.Read(_store.At("run", "telemetry.csv"));
        Assert.All(
            (string[])["l0.head0.branch.sigmaMin", "l0.head1.branch.sigmaMin", "l0.branch.sigmaMax", "l0.output.conditionNumber"], column =>
        {
            Assert.True(table.Has(column), column);
            Assert.All(table[column].ToArray(), value => Assert.True(double.IsFinite(value)));
        });
    }

    [Fact]
    public void Divergence_is_an_outcome_with_what_was_recorded_before_it()
    {
        DescentOutcome outcome = Execute(_store.Create("run", Read($"{Encoder} stepSize=1e9")), cancelAt: null);
        Assert.Equal(StopReason.NonFinite, outcome.Reason);
        RunRecord run = RunRecord.Read(_store.At("run", string.Empty));
        Assert.Equal((RunState.Done, "NonFinite"), (run.Status.State, run.Status.StopReason));
        Assert.Equal(outcome.Step, TelemetryReader.Read(run.Files.Telemetry).Rows);
    }

    [Fact]
    public void A_classifier_is_tested_along_its_run_and_at_its_end()
    {
        _ = Execute(_store.Create("run", Read(Classifier)), cancelAt: null);
        RunRecord run = RunRecord.Read(_store.At("run", string.Empty));
        TelemetryTable table = TelemetryReader.Read(run.Files.Telemetry);
        Assert.Equal([0, 5, 10, 15], table["step"].ToArray().Where((_, k) => double.IsFinite(table["testAccuracy"][k])));
        using var loaded = Experiment.Of(run);
        Assert.Equal(loaded.Test(RunCheckpoint.Read(run.Files.Checkpoint, loaded).Parameters)!.Value.Accuracy, run.Status.TestAccuracy);
        Assert.Contains("Test: accuracy", run.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_kernel_stays_the_late_rate_is_that_of_its_slowest_direction()
    {
        // The encoder is linear in its readout, and two samples have two directions.
        using var prepared = PreparedRun.Of(
            Read("model.kind=shallowEncoder width=4 tokens=3 samples=2 encoderWidth=16 trained=[readout] steps=3000"));
        using (RunFolder folder = _store.Create("run", prepared.Specification))
        {
            _ = prepared.Execute(folder, null, TestContext.Current.CancellationToken);
        }

        RateLadder ladder = prepared.Ladder(RunAnalysis.Of(RunRecord.Read(_store.At("run", string.Empty))))!;

        // The fast direction has died out in the last third; the slope of a line through it has an error far below a hundredth.
        Assert.Equal(1, ladder.Find("measured.late")!.Value!.Value / ladder.Find("kernel.end")!.Value!.Value, 0.01);
        Assert.Equal(ladder.Find("kernel.start")!.Value!.Value, ladder.Find("kernel.end")!.Value!.Value, 1e-12);
        Assert.Equal(["guaranteed.wide-encoder", "guaranteed.later", "kernel.start"], ladder.Rungs.Take(3).Select(rung => rung.Name));
        Assert.All(ladder.Rungs, rung => Assert.True(rung.Value is not null || rung.WhyMissing is not null));
    }

    [Theory]
    [InlineData(Momentum)]
    [InlineData("width=4 method=momentum stepSize=0.01 steps=3")]
    [InlineData("width=4 gradientClip=0.1 steps=3")]
    public void A_run_that_is_no_plain_descent_over_all_samples_has_no_ladder(string words)
    {
        using var prepared = PreparedRun.Of(Read(words));
        using (RunFolder folder = _store.Create("run", prepared.Specification))
        {
            _ = prepared.Execute(folder, null, TestContext.Current.CancellationToken);
        }

        Assert.Null(prepared.Ladder(RunAnalysis.Of(RunRecord.Read(_store.At("run", string.Empty)))));
    }

    [Fact]
    public void The_kinds_and_names_of_matrices_are_those_of_the_layouts()
    {
        foreach (string words in (string[])[Kernel, Encoder, $"{Classifier} depth=2"])
        {
            ExperimentSpecification specification = Read(words);
            using var experiment = Experiment.Prepare(specification);
            Assert.Equal(experiment.Model.Layout.Blocks.Select(block => block.Name), TrainedBlocks.All.Names(specification.Model));
        }
    }

    private static ExperimentSpecification Read(string words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, words.Split(' '));
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }

    private static DescentOutcome Execute(RunFolder folder, int? cancelAt, int threads = 1)
    {
        using (folder)
        using (var cancellation = new CancellationTokenSource())
        using (var experiment = Experiment.Prepare(folder.Specification, threads))
        {
            return new ExperimentRun(
                folder, experiment, new EverySecond(), new CancelAt(cancelAt, cancellation)).Execute(cancellation.Token);
        }
    }

    // Every look at this clock is two seconds later, so that every step is due for a sign of life.
    private sealed class EverySecond : TimeProvider
    {
        private long _ticks;

        public override long GetTimestamp() => _ticks += 2 * TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }

    private sealed class CancelAt(int? step, CancellationTokenSource cancellation) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Step == step)
            {
                cancellation.Cancel();
            }
        }
    }
}
