using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

/// <summary>The whole reproduction, very small: one seed, few steps.</summary>
public sealed class KernelsReproductionTests : IDisposable
{
    private static readonly string[] Files = ["claims.json", "kernel-runs.csv", "kernel-curves.csv", "report.html"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_and_two_threads_and_resumed_jobs_give_the_same_files()
    {
        KernelsPlan plan = Tiny();
        Write("one", KernelsReproduction.Run(plan, Work(1, "one")));
        Write("two", KernelsReproduction.Run(plan, Work(2, "two")));
        Write("resumed", Resumed(plan));
        foreach (string file in Files)
        {
            string one = File.ReadAllText(Path.Combine(_folder.At("one"), file));
            Assert.Equal(one, File.ReadAllText(Path.Combine(_folder.At("two"), file)));
            Assert.Equal(one, File.ReadAllText(Path.Combine(_folder.At("resumed"), file)));
        }
    }

    [Fact]
    public void The_second_stage_before_a_landscape_starts_where_the_first_ended_with_another_kernel()
    {
        KernelsPlan plan = Tiny();
        KernelsResult result = KernelsReproduction.Run(plan, Work(2, "out"));
        RunListing store = new RunStore(Path.Combine(_folder.At("out"), "runs")).List();
        Assert.Empty(store.Damaged);
        RunRecord[] second = [.. store.Runs.Where(run => run.Specification.Initialisation.From is not null)];
        Assert.Equal(
            [AttentionKernelKind.Softmax, AttentionKernelKind.Gaussian], second.Select(run => run.Specification.Model.Kernel).Order());
        string name = Assert.Single(second.Select(run => run.Specification.Initialisation.From!.Run!).Distinct());
        var first = RunRecord.Read(Path.Combine(_folder.At("out"), "runs", name));
        Assert.Equal(AttentionKernelKind.Softmax, first.Specification.Model.Kernel);
        Assert.All(second, run =>
        {
            using var end = LoadedRun.Of(first);
            using var start = Experiment.Of(run);
            Assert.Equal(end.Parameters.Vector, start.Initial.Vector);
        });

        // What is measured of a run lies in its folder: without it, and with it, the same numbers.
        int kept = Directory.GetFiles(_folder.At("out"), "measured.json", SearchOption.AllDirectories).Length
            + Directory.GetFiles(_folder.At("out"), "rows-*", SearchOption.AllDirectories).Length;
        KernelStudy[] measuring = [KernelStudy.ValuesOnly, KernelStudy.QueriesOnly, KernelStudy.Variance, KernelStudy.Landscape];
        Assert.Equal(plan.Jobs().Count(job => measuring.Contains(job.Study)), kept);
        Assert.All(
            KernelsReproduction.Run(plan, Work(2, "out")).Runs.Zip(result.Runs),
            pair => Assert.Equal(pair.Second.Numbers.OrderBy(number => number.Key), pair.First.Numbers.OrderBy(number => number.Key)));
    }

    [Fact]
    public void Everything_that_was_planned_stands_in_the_files_and_stand_ins_are_called_that()
    {
        KernelsResult result = KernelsReproduction.Run(Tiny(), Work(2, "out"));
        Write("out", result);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.At("out"), "claims.json")));
        Assert.Equal(
            ["values-only", "queries-only", "all-trained", "accuracy", "flatter-landscape"],
            document.RootElement.GetProperty("claims").EnumerateArray().Select(claim => claim.GetProperty("id").GetString()));
        Assert.Equal(
            ["initialisation", "depth", "initial-variance"],
            document.RootElement.GetProperty("openQuestions").EnumerateArray().Select(question => question.GetProperty("id").GetString()));
        Assert.Equal(result.Plan.Jobs().Count, result.Runs.Count);
        Assert.Equal(Enum.GetValues<KernelStudy>(), result.Runs.Select(run => run.Study).Distinct().Order());
        Assert.All(
            result.Runs.Where(run => run.Study is KernelStudy.Text or KernelStudy.Pathfinder or KernelStudy.Landscape or KernelStudy.Depth),
            run => Assert.Contains("stand-in", run.Setting, StringComparison.Ordinal));
        string report = File.ReadAllText(Path.Combine(_folder.At("out"), "report.html"));
        Assert.All(result.Findings, finding => Assert.Contains(ClaimReport.Word(finding.Verdict), report, StringComparison.Ordinal));
        Assert.Contains("kappa reproduce kernels --tiny", report, StringComparison.Ordinal);
        string[] figures = [
            .. Directory.GetFiles(Path.Combine(_folder.At("out"), "figures"), "*.svg")
                .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "all-trained", "all-trained-relative", "depth", "initial-variance", "initialisation", "landscape", "queries-only",
                "test-accuracy", "test-loss", "values-only"],
            figures);
        Assert.InRange(KernelsForecast.Seconds(result.Plan), 1e-3, 1e3);
    }

    [Fact]
    public void Both_kernels_of_a_seed_begin_at_the_same_weights_and_the_floor_is_what_descent_tends_to()
    {
        KernelRun[] runs = [
            .. KernelsReproduction.Run(
                Tiny() with { ValueSteps = 3000 }, Work(2, "values")).Runs.Where(run => run.Study == KernelStudy.ValuesOnly)];
        Assert.Equal(6, runs.Length);

        // The floor is found without descent; the loss comes down towards it and never below it by more than rounding.
        Assert.All(runs, run => Assert.True(run.Series[Measured.Loss].Min() / run.Series[Measured.Loss][0] > run[Measured.Floor] - 1e-12));
        Assert.All(
            runs.Where(run => run[Measured.Width] < run[Measured.TokenRows]),
            run => Assert.True(run[Measured.Floor] > 1e-6 && run[Measured.EndFraction] < 0.5 * (1 - run[Measured.Floor])));
    }

    [Theory]
    [InlineData("imdb")]
    [InlineData("pathfinder")]
    public void A_folder_without_the_files_is_refused_before_anything_runs(string name)
    {
        var choices = new ReproductionChoices(true, 1, new Dictionary<string, string> { [name] = _folder.At("nothing") });
        BadInputException refusal = Assert.Throws<BadInputException>(() => KernelsReproduction.Entry.Plan(choices));
        Assert.Contains("nothing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_part_of_a_folder_of_texts_is_asked_for_its_own_number()
    {
        foreach (string name in (string[])["train/pos/0", "train/pos/1", "train/neg/0", "train/neg/1", "test/pos/0", "test/neg/0"])
        {
            string path = _folder.At($"{name}.txt");
            _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, name);
        }

        ClassifierTask task = TaskSources.Text(_folder.Path, new TaskSize(4, 2, 12));
        Assert.Equal([0, 0, 1, 1], task.Train.Labels.Order());
        Assert.Equal([0, 1], task.Test.Labels.Order());
    }

    private static KernelsPlan Tiny()
    {
        var choices = new ReproductionChoices(true, 1, new Dictionary<string, string>());
        ClassifierTask text = TaskSources.Text(null, new TaskSize(8, 4, 12)),
            pictures = TaskSources.Pathfinder(null, new TaskSize(8, 4, 16));
        var adam = new TrainingRecipe(new AdamDescent(), 1e-3, 4, 4, 2) { SaveEvery = 3 };
        return KernelsPlan.Quick(choices) with
        {
            Mode = "tiny",
            ValueSteps = 40,
            QuerySteps = 40,
            AllSteps = 20,
            TokenScales = [1],
            Pathfinder = pictures,
            PathfinderRecipe = adam,
            Text = text,
            TextRecipe = adam with { Method = new PlainDescent() },
            LandscapeTask = text,
            LandscapeRecipe = adam,
            LandscapePoints = 3,
            Depths = [1],
            DepthRecipe = adam,
        };
    }

    private ReproductionWork Work(
        int threads, string folder, IProgress<ReproductionProgress>? progress = null, CancellationToken? cancellation = null) =>
        new(threads, progress, _folder.At(folder), cancellation ?? TestContext.Current.CancellationToken);

    // Stops after three runs, before which six that two studies share are counted once more, and goes on from their folder.
    private KernelsResult Resumed(KernelsPlan plan)
    {
        using var cancellation = new CancellationTokenSource();
        _ = Assert.ThrowsAny<OperationCanceledException>(() =>
            KernelsReproduction.Run(plan, Work(1, "resumed", new CancelAfter(9, cancellation), cancellation.Token)));
        int Runs() => Directory.GetFiles(Path.Combine(_folder.At("resumed"), "runs"), "telemetry.csv", SearchOption.AllDirectories).Length;
        int before = Runs();
        KernelsResult result = KernelsReproduction.Run(plan, Work(1, "resumed"));
        Assert.InRange(before, 1, Runs() - 20);
        return result;
    }

    private void Write(string name, KernelsResult result) =>
        _ = KernelsReport.Write(result, new ReportTarget(_folder.At(name), "kappa reproduce kernels --tiny", "a machine"));

    private sealed class CancelAfter(int jobs, CancellationTokenSource cancellation) : IProgress<ReproductionProgress>
    {
        public void Report(ReproductionProgress value)
        {
            if (value.Done == jobs)
            {
                cancellation.Cancel();
            }
        }
    }
}
