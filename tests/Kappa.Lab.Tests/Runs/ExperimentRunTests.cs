using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

public sealed class ExperimentRunTests : IDisposable
{
    private static readonly string[] Sparse = ["telemetry.every=3", "spectraAt=[0,last]"];
    private static readonly string[] Adaptive = [
        "depth=2", "attentionResidual=0", "ffnResidual=0", "stepSize=adaptive(4)", "checkpointEvery=7"];

    private static readonly string[] Best = ["stepSize=best(0.1,0.5)", "depth=2 attentionResidual=0 ffnResidual=0 stepSize=best(1e5,1e6)"];

    private readonly StoreFixture _store = new();

    public static TheoryData<string> Specifications =>
        [
            string.Empty, Words(Sparse), Words(Adaptive), Words([.. Sparse, .. Adaptive]), "precision=single",
            Words(["precision=single", .. Sparse, .. Adaptive]), .. Best];

    public void Dispose() => _store.Dispose();

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_run_that_was_interrupted_and_resumed_leaves_the_bytes_of_an_uninterrupted_one(string words)
    {
        ExperimentSpecification specification = Read(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        _ = Execute(_store.Create("whole", specification), cancelAt: null);
        foreach (int step in (int[])[0, 4, 5, 13])
        {
            string name = $"interrupted-{step}";
            Assert.Equal(StopReason.Cancelled, Execute(_store.Create(name, specification), step).Reason);
            Assert.Equal(StopReason.StepBudget, Execute(_store.Open(name), cancelAt: null, threads: 2).Reason);
            AssertSameFiles("whole", name);
        }
    }

    [Fact]
    public void Telemetry_that_went_on_after_the_checkpoint_is_cut_back_to_it()
    {
        ExperimentSpecification specification = Read(Adaptive);
        _ = Execute(_store.Create("whole", specification), cancelAt: null);
        _ = Execute(_store.Create("killed", specification), cancelAt: 9);
        File.Copy(_store.At("whole", "telemetry.csv"), _store.At("killed", "telemetry.csv"), overwrite: true);
        _ = Execute(_store.Open("killed"), cancelAt: null);
        AssertSameFiles("whole", "killed");
    }

    [Fact]
    public void Telemetry_that_ends_before_the_checkpoint_is_refused_with_both_steps()
    {
        ExperimentSpecification specification = Read([]);
        _ = Execute(_store.Create("cut", specification), cancelAt: 9);
        string telemetry = _store.At("cut", "telemetry.csv");
        File.WriteAllLines(telemetry, File.ReadLines(telemetry).Take(5).ToArray());
        string before = File.ReadAllText(telemetry);
        BadInputException refused = Assert.Throws<BadInputException>(() => Execute(_store.Open("cut"), cancelAt: null));
        Assert.Contains("must reach step 9, where the checkpoint continues, but ends at step 3", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(telemetry));
    }

    [Fact]
    public void A_checkpoint_made_on_other_data_is_refused_and_nothing_recorded_is_lost()
    {
        ExperimentSpecification specification = Read([]);
        _ = Execute(_store.Create("moved", specification), cancelAt: 9);
        string before = File.ReadAllText(_store.At("moved", "telemetry.csv"));
        TokenData other = ExperimentData.Load(specification with { Seed = 99 });
        using RunFolder folder = _store.Open("moved");
        using var experiment = Experiment.Prepare(folder.Specification, other);
        BadInputException refused = Assert.Throws<BadInputException>(() =>
            new ExperimentRun(folder, experiment, _store.Time).Execute(CancellationToken.None));
        Assert.Contains("made on other data", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_store.At("moved", "telemetry.csv")));
    }

    [Fact]
    public void Only_the_steps_that_are_due_are_recorded_and_full_spectra_stand_at_the_first_and_the_last_step()
    {
        _ = Execute(_store.Create("sparse", Read(Sparse)), cancelAt: null);
        TelemetryTable table = TelemetryReader.Read(_store.At("sparse", "telemetry.csv"));
        Assert.Equal([0, 3, 6, 9, 12, 15, 18], table["step"].ToArray());
        var spectra = SpectraTable.Read(_store.At("sparse", "spectra.npy"));
        Assert.Equal(["l0.branch", "l0.output", "l0.hidden"], spectra.Names);
        Assert.Equal([0, 20], spectra.Records.Select(record => record.Step));
    }

    [Fact]
    public void A_run_that_measures_no_spectra_has_no_file_for_them()
    {
        _ = Execute(_store.Create("loss", Read(["quantities=loss", "spectraAt=[0,last]"])), cancelAt: null);
        Assert.False(File.Exists(_store.At("loss", "spectra.npy")));
    }

    [Fact]
    public void The_step_size_of_another_run_is_the_one_in_its_first_row()
    {
        _ = Execute(_store.Create("first", Read([])), cancelAt: null);
        double stepSize = TelemetryReader.Read(_store.At("first", "telemetry.csv"))["stepSize"][0];
        Assert.True(stepSize > 0);
        Assert.Equal(stepSize, StepSizes.Of(_store.Store)("first"));
    }

    [Fact]
    public void Own_arrays_with_more_rows_than_the_width_are_called_rank_limited()
    {
        // 12 rows of width 6, which the specification of the arrays does not say.
        ExperimentSpecification drawn = Read(["samples=4"]);
        ExperimentSpecification specification = drawn with
        { Data = new DataSpecification { Source = DataSource.Arrays, Path = "mine.npz" } };
        using (RunFolder folder = _store.Create("arrays", specification))
        using (var experiment = Experiment.Prepare(specification, ExperimentData.Load(drawn)))
        {
            _ = new ExperimentRun(folder, experiment, _store.Time).Execute(CancellationToken.None);
        }

        RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(_store.At("arrays", string.Empty)));
        Assert.All(analysis.Layers, layer => Assert.True(layer.IsRankLimited));
        Assert.All(
            RunAnalysisTable.Rows(analysis),
            row => Assert.Equal("rank-limited: width 6 < the number of rows, σ_M is 0 for any weights", row[^1]));
    }

    private static string Words(string[] words) => string.Join(' ', words);

    private static ExperimentSpecification Read(string[] words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, ["width=6", "ffnWidth=8", "tokens=3", "steps=20", .. words]);
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }

    private static DescentOutcome Execute(RunFolder folder, int? cancelAt, int threads = 1)
    {
        using (folder)
        using (var cancellation = new CancellationTokenSource())
        using (var experiment = Experiment.Prepare(folder.Specification, ExperimentData.Load(folder.Specification), threads))
        {
            var progress = new CancelAt(cancelAt, cancellation);
            return new ExperimentRun(folder, experiment, new EverySecond(), progress).Execute(cancellation.Token);
        }
    }

    private void AssertSameFiles(string expected, string actual)
    {
        Assert.Equal(Files(expected), Files(actual));
        foreach (string file in Files(expected))
        {
            Assert.True(
                File.ReadAllBytes(_store.At(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(_store.At(actual, file))),
                $"{actual}/{file} must have the bytes of {expected}/{file}.");
        }

        // The status says who ran when; all else is the result.
        string[] Files(string name) =>
        [
            .. Directory.GetFiles(_store.At(name, string.Empty), "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_store.At(name, string.Empty), path))
                .Where(path => Path.GetFileName(path) is not ("status.json" or ".lock"))
                .Order(StringComparer.Ordinal),
        ];
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
