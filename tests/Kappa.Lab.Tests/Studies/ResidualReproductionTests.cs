using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Residual;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

/// <summary>The whole reproduction, very small: one seed, few steps.</summary>
public sealed class ResidualReproductionTests : IDisposable
{
    private static readonly ProblemSize Size = new(2, 2, 4, 6);

    private static readonly ResidualPlan Tiny = new()
    {
        Mode = "tiny",
        Seeds = 1,
        Steps = 60,
        SmallSize = Size,
        Cases =
        [
            new LearningProblem(Size, DataSource.Gaussian, 1, 1, 0), new LearningProblem(Size, DataSource.Teacher, 2, 1, 0),
            new LearningProblem(Size, DataSource.Gaussian, 2, 1, 0), new LearningProblem(Size, DataSource.Gaussian, 2, 4, 0),
            new LearningProblem(Size, DataSource.Text, 1, 1, 0),
            new LearningProblem(Size, DataSource.Text, 1, 1, 1),
        ],
        Grid = new RateGrid([0.5, 1], [1], [1], [0, 1], 80),
        Price = new PriceGrid(Size, [1], [0, 1], 40),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_and_two_threads_an_interruption_and_a_damaged_run_give_the_same_files()
    {
        string one = Write("one", Run("a", threads: 1));
        Assert.Equal(one, Write("two", Run("b", threads: 2)));
        Assert.Equal(one, Write("resumed", Resumed("c")));
        Assert.Equal(one, Write("mended", Mended("b")));
        string[] figures = [
            .. Directory.GetFiles(Path.Combine(_folder.At("one"), "figures"), "*.svg").Select(path =>
                Path.Combine("figures", Path.GetFileName(path)))];
        foreach (string file in (string[])["claims.json", "runs.csv", "rates.csv", "prices.csv", "report.html", .. figures])
        {
            string expected = File.ReadAllText(Path.Combine(_folder.At("one"), file));
            Assert.All(
                (string[])["two", "resumed", "mended"],
                other => Assert.Equal(expected, File.ReadAllText(Path.Combine(_folder.At(other), file))));
        }
    }

    [Fact]
    public void Runs_are_ordinary_ones_of_frozen_sweeps_that_are_counted_and_computed_again()
    {
        ResidualResult result = Run("runs", threads: 2);
        var store = new RunStore(Path.Combine(_folder.At("runs"), "runs"));
        string[] sweeps = [.. Directory.GetDirectories(Path.Combine(store.Path, "sweeps")).Select(path => Path.GetFileName(path))];
        SweepFolder[] frozen = [.. sweeps.Select(name => SweepFolder.Open(store.Path, name))];
        string[] names = [.. frozen.SelectMany(sweep => sweep.Plan.Runs).Select(run => run.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(names, names.Distinct());
        Assert.All(
            frozen,
            sweep =>
                Assert.Equal(
                    new SweepStatus(sweep.Plan.Runs.Count, sweep.Plan.Runs.Count, SweepStatus.Of(sweep).Diverged, 0, 0, 0, 0),
                    SweepStatus.Of(sweep)));

        // Comparisons at their own step, grid, prices, ladders; those at a shared step that is not their own.
        int same = result.Runs.Select(run => run.Name).Distinct().Count() - (Tiny.Cases.Count * 3);
        Assert.Equal((Tiny.Cases.Count * 3) + 8 + 2 + 4 + same, names.Length);
        Assert.Equal(names, store.List().Runs.Select(run => run.Name).Order(StringComparer.Ordinal));
        Assert.All(result.Runs, run => Assert.Contains(run.Name, names));

        // One that was chosen among three steps, computed again from its specification alone.
        var run = RunRecord.Read(Path.Combine(store.Path, result.Runs[0].Name));
        (RunFiles again, _) = RunAgain.Into(
            run, _folder.At("again"), 2, RunEnvironment.Current([], 2, TimeProvider.System),
            cancellation: TestContext.Current.CancellationToken);
        foreach (
            Func<RunFiles, string> file in (Func<RunFiles, string>[])[
                files => files.Telemetry, files => files.Checkpoint, files => files.StepSize])
            Assert.Equal(File.ReadAllBytes(file(run.Files)), File.ReadAllBytes(file(again)));
    }

    [Fact]
    public void Everything_that_was_planned_stands_in_the_files()
    {
        ResidualResult result = Run("work", threads: 2);
        string claims = Write("out", result);
        using var document = JsonDocument.Parse(claims);
        Assert.Equal(
            [
                "linear-convergence", "condition-number", "rate-set-by-condition-number", "smallest-singular-value", "certificate-price",
                "stall-level"],
            document.RootElement.GetProperty("claims").EnumerateArray().Select(claim => claim.GetProperty("id").GetString()));
        Assert.Equal(
            result.Findings.Sum(finding => finding.Measurements.Count),
            document.RootElement.GetProperty("claims").EnumerateArray().Sum(claim => claim.GetProperty("measurements").GetArrayLength()));

        // Cases × arms × step-size rules, in the order of the plan; grid × trained parts.
        Assert.Equal(6 * 3 * 2, result.Runs.Count);
        Assert.Equal(Tiny.Cases, result.Runs.Select(run => run.Problem).Distinct());
        Assert.Equal(8, result.RatePoints.Count);
        string[] runs = File.ReadAllLines(Path.Combine(_folder.At("out"), "runs.csv"));
        string[] rates = File.ReadAllLines(Path.Combine(_folder.At("out"), "rates.csv"));
        Assert.Equal((37, 9), (runs.Length, rates.Length));

        // A command has commas in it, and so its quotes.
        _ = Assert.Single(
            runs.Select(row =>
                (row.Contains('"', StringComparison.Ordinal) ? row[..row.IndexOf('"', StringComparison.Ordinal)] + row[^1] : row).Split(',')
                    .Length).Distinct());
        _ = Assert.Single(rates.Select(row => row.Split(',').Length).Distinct());

        Assert.Equal(3, File.ReadAllLines(Path.Combine(_folder.At("out"), "prices.csv")).Length);
        Assert.Equal(
            result.Ladders.Select(run => run.Ladder.Rungs.Count),
            document.RootElement.GetProperty("ladders").EnumerateArray()
                .Select(run => run.GetProperty("ladder").GetProperty("rungs").GetArrayLength()));
        Assert.Equal(4, result.Ladders.Count);

        string report = File.ReadAllText(Path.Combine(_folder.At("out"), "report.html"));
        Assert.All(result.Findings, finding => Assert.Contains(ClaimReport.Word(finding.Verdict), report, StringComparison.Ordinal));
        Assert.Contains("kappa reproduce residual --tiny", report, StringComparison.Ordinal);
        string[] figures = [
            .. Directory.GetFiles(Path.Combine(_folder.At("out"), "figures"), "*.svg")
                .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["certificate-price", "condition-number", "layers", "loss", "rate", "sigma-min", "stall"], figures);
    }

    [Fact]
    public void The_arms_share_one_step_under_the_same_step_rule_and_every_run_repeats_from_its_own_command()
    {
        ResidualResult result = Run("work", threads: 2);
        foreach (IGrouping<LearningProblem, ArmRun> group in result.Runs.GroupBy(run => run.Problem))
        {
            double shared = Assert.Single(group.Where(run => run.Rule == StepRule.Same).Select(run => run.StepSize).Distinct());
            double[] own = [
                .. group.Where(run => run.Rule == StepRule.Own && run.StepSizeRule.Kind == StepSizeKind.Auto).Select(run => run.StepSize)];
            Assert.Equal(own.Min(), shared);
            Assert.All(
                group,
                run =>
                    Assert.Contains(
                        Math.Round(
                            own.Length == 0 ? 1 : run.StepSizeRule.Kind == StepSizeKind.Auto ? run.StepSize * run.LargestEigenvalue : 1,
                            12),
                        (double[])[0.1, 0.3, 1]));
        }

        foreach (ArmRun run in result.Runs)
        {
            ExperimentSpecification specification = SpecificationReader.Read(
                null, [.. ResidualTables.Command(run).Split(' ')[2..].Select(word => word.Trim('\''))]).Specification!;
            using var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
            var losses = new List<double>();
            DescentOutcome outcome = experiment.Descent.Run(
                experiment.Start(), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(run.Path.Loss, losses);
            Assert.Equal(run.Stop, outcome.Reason);
        }
    }

    [Fact]
    public void A_cancelled_reproduction_says_so()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        _ = Assert.ThrowsAny<OperationCanceledException>(() =>
            ResidualReproduction.Run(Tiny, new ReproductionWork(2, null, _folder.At("cancelled"), cancellation.Token)));
    }

    private ResidualResult Run(string name, int threads) =>
        ResidualReproduction.Run(Tiny, new ReproductionWork(threads, null, _folder.At(name), TestContext.Current.CancellationToken));

    // Stops among the runs, and among what is measured of them, and goes on; what was done is not done again.
    private ResidualResult Resumed(string name)
    {
        string store = Path.Combine(_folder.At(name), "runs");
        foreach (int jobs in (int[])[4, 52])
        {
            using var cancellation = new CancellationTokenSource();
            _ = Assert.ThrowsAny<OperationCanceledException>(() =>
                ResidualReproduction.Run(
                    Tiny, new ReproductionWork(1, new CancelAfter(jobs, cancellation), _folder.At(name), cancellation.Token)));
        }

        Dictionary<string, DateTime> before = Directory.GetFiles(store, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is "telemetry.csv" or "measured.json")
            .ToDictionary(path => path, File.GetLastWriteTimeUtc);
        Assert.Contains(before.Keys, path => path.EndsWith("measured.json", StringComparison.Ordinal));
        ResidualResult result = Run(name, threads: 1);
        Assert.All(before, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
        return result;
    }

    // One folder has lost a document, another has the specification of something else, a third its measurements.
    private ResidualResult Mended(string name)
    {
        string store = Path.Combine(_folder.At(name), "runs");
        string[] runs = [
            .. Directory.GetDirectories(store).Where(path => File.Exists(Path.Combine(path, "measured.json")))
                .Order(StringComparer.Ordinal)];
        File.WriteAllText(Path.Combine(runs[0], "status.json"), string.Empty);
        File.WriteAllText(Path.Combine(runs[1], "telemetry.csv"), string.Empty);
        File.WriteAllText(Path.Combine(runs[2], "measured.json"), "{");
        ResidualResult result = Run(name, threads: 2);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(store, "quarantine")).Length);
        return result;
    }

    private string Write(string name, ResidualResult result)
    {
        _ = ResidualReport.Write(result, _folder.At(name), "kappa reproduce residual --tiny", "a machine");
        return File.ReadAllText(Path.Combine(_folder.At(name), "claims.json"));
    }

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
