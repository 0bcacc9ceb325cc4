using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Xunit;
using Quantity = Kappa.Lab.Studies.Kernels.Quantity;

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
    public void A_training_goes_on_from_its_saved_state_to_the_same_bits()
    {
        KernelsPlan plan = Tiny();
        LandscapeJob job = plan.Landscapes()[0];
        var store = new JobStore(_folder.At("jobs"));
        KernelRun whole = job.FindOrRun(store, TestContext.Current.CancellationToken);
        string state = Assert.Single(
            Directory.GetFiles(_folder.At("jobs"), "*-state.safetensors"), path => !path.Contains("-first", StringComparison.Ordinal));
        File.Delete(state.Replace("-state", string.Empty, StringComparison.Ordinal));

        // The state of step 3 is there and the finished run is not.
        KernelRun resumed = job.FindOrRun(store, TestContext.Current.CancellationToken);
        Assert.Equal(whole.Numbers, resumed.Numbers);
        Assert.All(whole.Series, series => Assert.Equal(series.Value, resumed.Series[series.Key]));

        // What is gone on from is that state and not the start: with other weights in it the end differs.
        Assert.NotEqual(whole.Series[Quantity.TestLoss][^1], FromAnotherState(job, store, state).Series[Quantity.TestLoss][^1]);
    }

    private static KernelRun FromAnotherState(LandscapeJob job, JobStore store, string state)
    {
        string key = Path.GetFileNameWithoutExtension(state);
        Kappa.Lab.Store.Checkpoint record = store.Find(key)!;
        double[] parameters = record.Tensors.Single(tensor => tensor.Name == "parameters").Value.Data;
        parameters[^1] += 1;
        store.Save(key, record);
        File.Delete(state.Replace("-state", string.Empty, StringComparison.Ordinal));
        return job.FindOrRun(store, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_training_that_is_cancelled_saves_its_state()
    {
        LandscapeJob job = Tiny().Landscapes()[0];
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        _ = Assert.ThrowsAny<OperationCanceledException>(() => job.FindOrRun(new JobStore(_folder.At("jobs")), cancellation.Token));
        Assert.EndsWith("-state.safetensors", Assert.Single(Directory.GetFiles(_folder.At("jobs"))), StringComparison.Ordinal);
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
        Assert.Equal(result.Plan.Jobs().Count + result.Plan.Landscapes().Count, result.Runs.Count);
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
        Assert.All(runs, run => Assert.True(run.Series[Quantity.Loss].Min() / run.Series[Quantity.Loss][0] > run[Quantity.Floor] - 1e-12));
        Assert.All(
            runs.Where(run => run[Quantity.Width] < run[Quantity.TokenRows]),
            run => Assert.True(run[Quantity.Floor] > 1e-6 && run[Quantity.EndFraction] < 0.5 * (1 - run[Quantity.Floor])));
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

        // Landscapes are removed when the report is written, not before.
        string jobs = Path.Combine(_folder.At("resumed"), "jobs");
        Assert.NotEmpty(Directory.GetFiles(jobs));
        Work(1, "resumed").ForgetJobs();
        Assert.False(Directory.Exists(jobs));
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
