using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Residual;
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
            new LearningProblem(Size, DataSource.Gaussian, 2, 1, 0), new LearningProblem(Size, DataSource.Gaussian, 2, 4, 0), new LearningProblem(Size, DataSource.Text, 1, 1, 0),
        ],
        Grid = new RateGrid([0.5, 1], [1], [1], [0, 1], 80),
        Price = new PriceGrid(Size, [1], [0, 1], 40),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_and_two_threads_and_resumed_jobs_give_the_same_files()
    {
        string one = Write("one", Run(threads: 1));
        Assert.Equal(one, Write("two", Run(threads: 2)));
        Assert.Equal(one, Write("resumed", Resumed()));
        foreach (string file in (string[])["claims.json", "runs.csv", "rates.csv", "prices.csv", "report.html", .. Directory.GetFiles(Path.Combine(_folder.At("one"), "figures"), "*.svg").Select(path => Path.Combine("figures", Path.GetFileName(path)))])
        {
            Assert.Equal(File.ReadAllText(Path.Combine(_folder.At("one"), file)), File.ReadAllText(Path.Combine(_folder.At("two"), file)));
            Assert.Equal(File.ReadAllText(Path.Combine(_folder.At("one"), file)), File.ReadAllText(Path.Combine(_folder.At("resumed"), file)));
        }
    }

    [Fact]
    public void Everything_that_was_planned_stands_in_the_files()
    {
        ResidualResult result = Run(threads: 2);
        string claims = Write("out", result);
        using var document = JsonDocument.Parse(claims);
        Assert.Equal(
            ["linear-convergence", "condition-number", "rate-set-by-condition-number", "smallest-singular-value", "certificate-price", "stall-level"],
            document.RootElement.GetProperty("claims").EnumerateArray().Select(claim => claim.GetProperty("id").GetString()));
        Assert.Equal(result.Findings.Sum(finding => finding.Measurements.Count), document.RootElement.GetProperty("claims").EnumerateArray().Sum(claim => claim.GetProperty("measurements").GetArrayLength()));

        // Cases × arms × step-size rules, in the order of the plan; grid × trained parts.
        Assert.Equal(5 * 3 * 2, result.Runs.Count);
        Assert.Equal(Tiny.Cases, result.Runs.Select(run => run.Problem).Distinct());
        Assert.Equal(8, result.RatePoints.Count);
        string[] runs = File.ReadAllLines(Path.Combine(_folder.At("out"), "runs.csv"));
        string[] rates = File.ReadAllLines(Path.Combine(_folder.At("out"), "rates.csv"));
        Assert.Equal((31, 9), (runs.Length, rates.Length));
        _ = Assert.Single(runs.Select(row => row.Split(',').Length).Distinct());
        _ = Assert.Single(rates.Select(row => row.Split(',').Length).Distinct());

        Assert.Equal(3, File.ReadAllLines(Path.Combine(_folder.At("out"), "prices.csv")).Length);
        Assert.Equal(
            result.Ladders.Select(run => run.Ladder.Rungs.Count),
            document.RootElement.GetProperty("ladders").EnumerateArray().Select(run => run.GetProperty("ladder").GetProperty("rungs").GetArrayLength()));
        Assert.Equal(4, result.Ladders.Count);

        string report = File.ReadAllText(Path.Combine(_folder.At("out"), "report.html"));
        Assert.All(result.Findings, finding => Assert.Contains(ClaimReport.Word(finding.Verdict), report, StringComparison.Ordinal));
        Assert.Contains("kappa reproduce residual --tiny", report, StringComparison.Ordinal);
        string[] figures = [.. Directory.GetFiles(Path.Combine(_folder.At("out"), "figures"), "*.svg").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["certificate-price", "condition-number", "layers", "loss", "rate", "sigma-min", "stall"], figures);
    }

    [Fact]
    public void The_arms_share_one_step_under_the_same_step_rule_and_every_run_repeats_from_its_own_command()
    {
        ResidualResult result = Run(threads: 2);
        foreach (IGrouping<LearningProblem, ArmRun> group in result.Runs.GroupBy(run => run.Problem))
        {
            double shared = Assert.Single(group.Where(run => run.Rule == StepRule.Same).Select(run => run.StepSize).Distinct());
            double[] own = [.. group.Where(run => run.Rule == StepRule.Own && run.StepSizeRule.Kind == StepSizeKind.Auto).Select(run => run.StepSize)];
            Assert.Equal(own.Min(), shared);
            Assert.All(group, run => Assert.Contains(Math.Round(own.Length == 0 ? 1 : run.StepSizeRule.Kind == StepSizeKind.Auto ? run.StepSize * run.LargestEigenvalue : 1, 12), (double[])[0.1, 0.3, 1]));
        }

        foreach (ArmRun run in result.Runs)
        {
            ExperimentSpecification specification = SpecificationReader.Read(null, [.. ResidualTables.Command(run).Split(' ')[2..].Select(word => word.Trim('\''))]).Specification!;
            using var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
            var losses = new List<double>();
            DescentOutcome outcome = experiment.Descent.Run(experiment.Start(), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(run.Path.Loss, losses);
            Assert.Equal(run.Stop, outcome.Reason);
        }
    }

    [Fact]
    public void A_cancelled_reproduction_says_so()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        _ = Assert.ThrowsAny<OperationCanceledException>(() => ResidualReproduction.Run(Tiny, 2, cancellation: cancellation.Token));
    }

    private static ResidualResult Run(int threads) => ResidualReproduction.Run(Tiny, threads, cancellation: TestContext.Current.CancellationToken);

    // Stops after four jobs and goes on from the folder of finished ones.
    private ResidualResult Resumed()
    {
        using var cancellation = new CancellationTokenSource();
        _ = Assert.ThrowsAny<OperationCanceledException>(() => ResidualReproduction.Run(Tiny, 1, new CancelAfter(4, cancellation), _folder.At("jobs"), cancellation.Token));
        Assert.NotEmpty(Directory.GetFiles(_folder.At("jobs")));
        ResidualResult result = ResidualReproduction.Run(Tiny, 1, null, _folder.At("jobs"), TestContext.Current.CancellationToken);
        Assert.NotEmpty(Directory.GetFiles(_folder.At("jobs"))); // Removed when the report is written, not before.
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
