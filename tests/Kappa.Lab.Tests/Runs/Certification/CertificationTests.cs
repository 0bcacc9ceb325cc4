using System.Globalization;
using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>Every grade, every kind of target, and everything that a target cannot answer.</summary>
public sealed class CertificationTests : IDisposable
{
    private static readonly string[] Small = ["width=8", "ffnWidth=32", "samples=1", "tokens=3", "steps=400", "stepSize=auto(1)"];

    private readonly StoreFixture _store = new();

    public static TheoryData<string> TheoremNames => [.. Theorems.OfResidualTransformer.Select(theorem => theorem.Name)];

    public void Dispose() => _store.Dispose();

    [Theory]
    [MemberData(nameof(TheoremNames))]
    public void The_residual_factor_of_a_negative_certificate_is_certified_and_a_smaller_one_is_not(string name)
    {
        using ModelPoint target = Target();
        TheoremFinding finding = Ask(target, new() { Theorems = [Theorems.Find(name)!] }).Verdict;
        Assert.Equal(CertificationGrade.NotCertified, finding.Grade);
        Assert.True(finding.ResidualFactor > 1, $"{finding.ResidualFactor}");
        Assert.Equal(CertificateOutcome.Guaranteed, OutcomeAt(finding.ResidualFactor!.Value));
        Assert.Equal(CertificateOutcome.NotCertified, OutcomeAt(finding.ResidualFactor!.Value / 1.021));

        // Written out once more: the output stays and the targets come nearer to it.
        CertificateOutcome OutcomeAt(double factor)
        {
            using Experiment experiment = Prepare();
            experiment.Residual.Forward(experiment.InitialWeights);
            Matrix targets = Matrix.Allocate(experiment.Data.Targets.Rows, experiment.Data.Targets.Columns);
            for (int k = 0; k < targets.Span.Length; k++)
            {
                targets.Span[k] = experiment.Residual.ForwardOutput.Span[k]
                    + ((experiment.Data.Targets.Span[k] - experiment.Residual.ForwardOutput.Span[k]) / factor);
            }

            using var point = new ResidualTransformerPoint(
                experiment.Data.Inputs, experiment.Data.Samples, targets, experiment.InitialWeights, experiment.Trained);
            return Theorems.Find(name)!.Evaluate(point).Outcome;
        }
    }

    [Theory]
    [MemberData(nameof(TheoremNames))]
    public void The_step_found_is_certified_by_descending_from_it(string name)
    {
        using ModelPoint target = Target();
        CertificationReport report = Ask(target, new() { Theorems = [Theorems.Find(name)!], IsSearch = true });
        TheoremFinding finding = report.Verdict;
        Assert.Equal(CertificationGrade.Certified, finding.Grade);
        Assert.False(report.IsNegative);
        Assert.Equal(finding.Step, finding.Search!.Found);
        Assert.InRange(finding.Check!.Ratio, 1, 10);
        Assert.Contains(finding.Search.Tried, tried => tried.Step == finding.Step - 1 && tried.Outcome == CertificateOutcome.NotCertified);

        // The same step asked for by itself says the same.
        TheoremFinding single = Ask(target, new() { Theorems = [Theorems.Find(name)!], Step = finding.Step }).Verdict;
        Assert.Equal(finding.Certificate.Guarantee!.Rate, single.Certificate.Guarantee!.Rate);
        Assert.Equal(
            CertificationGrade.NotCertified,
            Ask(target, new() { Theorems = [Theorems.Find(name)!], Step = finding.Step - 1 }).Verdict.Grade);
    }

    [Fact]
    public void The_verdict_of_several_theorems_is_the_one_that_certifies_first()
    {
        using ModelPoint target = Target();
        CertificationReport report = Ask(target, new() { IsSearch = true });
        Assert.Equal(Theorems.OfResidualTransformer, report.Findings.Select(finding => finding.Certificate.Theorem));
        Assert.Equal(report.Findings.Min(finding => finding.Step), report.Verdict.Step);
    }

    [Fact]
    public void Each_condition_is_followed_along_the_steps_that_were_tried()
    {
        using ModelPoint target = Target();
        StepSearch search = Ask(target, new() { Theorems = [Theorems.Find("path")!], IsSearch = true }).Verdict.Search!;
        ConditionHistory decrease = search.Conditions.Single(history => history.Symbol.StartsWith('U'));
        Assert.Equal((0L, search.Found - 1, search.Found), (decrease.FirstFails!.Value, decrease.LastFails, decrease.FirstHolds));
        Assert.Equal(search.Tried.Count, decrease.Evaluated);
        ConditionHistory floor = search.Conditions.Single(history => history.Symbol == "σ_M(Φ)");
        Assert.Equal(((long?)0, null, null), (floor.FirstHolds, floor.FirstFails, floor.LastFails));
    }

    [Fact]
    public void A_search_that_ends_before_a_success_says_so()
    {
        using ModelPoint target = Target("steps=3");
        CertificationReport report = Ask(target, new() { IsSearch = true });
        Assert.True(report.IsNegative);
        Assert.All(
            report.Findings,
            finding => Assert.Equal((CertificationGrade.NotCertified, null, 3L), (finding.Grade, finding.Search!.Found, finding.Step)));
    }

    [Theory]
    [InlineData("activation=relu")]
    [InlineData("activation=leakyRelu")]
    public void What_no_theorem_is_about_is_not_applicable_with_a_reason_and_no_number(string setting)
    {
        using ModelPoint target = Target(setting);
        CertificationReport report = Ask(target, new() { IsSearch = true });
        Assert.True(report.IsNegative);
        Assert.Equal(CertificationGrade.NotApplicable, report.Grade);
        Assert.All(report.Findings, finding =>
        {
            Assert.Equal(CertificationGrade.NotApplicable, finding.Grade);
            Assert.NotEqual("", finding.Certificate.Explanation);
            Assert.Null(finding.Certificate.Guarantee);
            Assert.Null(finding.ResidualFactor);
            Assert.Empty(finding.Certificate.Conditions);
            Assert.Empty(finding.Certificate.Constants);
        });
    }

    [Fact]
    public void Fewer_features_than_rows_leave_only_the_kernel_floor()
    {
        using ModelPoint target = Target("ffnWidth=2");
        CertificationReport report = Ask(target, new());
        Assert.Equal(CertificationGrade.NotApplicable, report.Findings.Single(finding => finding.Certificate.Theorem.Name == "path").Grade);
        Assert.Equal(
            CertificationGrade.NotCertified, report.Findings.Single(finding => finding.Certificate.Theorem.Name == "kernel-floor").Grade);
    }

    [Fact]
    public void Gram_matrices_that_do_not_fit_are_not_formed()
    {
        using Experiment experiment = Prepare();
        using var point = new ResidualTransformerPoint(
            experiment.Data.Inputs, experiment.Data.Samples, experiment.Data.Targets, experiment.InitialWeights, experiment.Trained);
        Certificate certificate = Theorems.Find("kernel-floor")!.Evaluate(point, new CertificateOptions { MemoryLimit = 1 << 10 });
        Assert.Equal(CertificateOutcome.NotApplicable, certificate.Outcome);
        Assert.Contains(
            "The Gram matrices of the Jacobian must fit into 0 MiB but for 24 output numbers and", certificate.Explanation,
            StringComparison.Ordinal);
        Assert.NotEqual(CertificateOutcome.NotApplicable, Theorems.Find("kernel-floor")!.Evaluate(point).Outcome);
    }

    [Fact]
    public void A_step_of_a_run_is_computed_to_the_bits_of_its_record()
    {
        RunRecord run = Run("steps=200");
        using var target = ModelPoint.OfRun(run);
        Assert.Equal("Step 37 was computed from the start; its loss has the bits of the record.", Ask(target, new() { Step = 37 }).Origin);
        Assert.Equal("Step 200 is the run's checkpoint; its loss has the bits of the record.", Ask(target, new() { Step = 200 }).Origin);
        Assert.Equal("", Ask(target, new()).Origin);
        Assert.Contains("must be from 0 to 200", Refused(target, new() { Step = 201 }), StringComparison.Ordinal);
    }

    /// <summary>A certificate of the path of plain descent would be none of these runs'.</summary>
    [Theory]
    [InlineData("gradientClip=0.01")]
    [InlineData("weightDecay=0.5")]
    [InlineData("warmUp=20")]
    [InlineData("decay=linear")]
    [InlineData("method=momentum", "stepSize=0.01")]
    [InlineData("method=adam", "stepSize=0.005")]
    [InlineData("stepSize=adaptive(1)")]
    [InlineData("stepSize=best(0.1,0.3)")]
    public void A_step_is_made_again_as_the_run_made_it(params string[] words)
    {
        RunRecord run = Run(words);
        File.Delete(run.Files.Checkpoint);
        using var target = ModelPoint.OfRun(run);
        Assert.EndsWith("its loss has the bits of the record.", Ask(target, new() { Step = 37 }).Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_goes_along_the_path_of_the_run()
    {
        using ModelPoint still = Target("gradientClip=1e-300"), plain = Target();
        var request = new CertificationRequest { Theorems = [Theorems.Find("path")!], IsSearch = true };
        Assert.NotNull(Assert.Single(Ask(plain, request).Findings).Certificate.Guarantee);
        Assert.Null(Assert.Single(Ask(still, request).Findings).Certificate.Guarantee);
    }

    [Fact]
    public void A_record_of_another_machine_is_told_apart()
    {
        RunRecord run = Run();
        Rewrite(run, row => row[0] == "37" ? [row[0], Scaled(row[1], 1 + 1e-9), .. row[2..]] : row);
        using var target = ModelPoint.OfRun(run);
        Assert.Contains(
            "the run was made on a machine that rounds differently", Ask(target, new() { Step = 37 }).Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_is_not_the_recorded_one_gets_no_certificate()
    {
        RunRecord run = Run();
        Rewrite(run, row => row[0] == "37" ? [row[0], Scaled(row[1], 1 + 1e-3), .. row[2..]] : row);
        using var target = ModelPoint.OfRun(run);
        Assert.Contains("step 37 made again has the loss ", Refused(target, new() { Step = 37 }), StringComparison.Ordinal);
        Assert.EndsWith("its loss has the bits of the record.", Ask(target, new() { Step = 36 }).Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void The_record_of_a_run_is_compared_with_the_guarantee_for_its_own_step_size()
    {
        RunRecord run = Run("stepSize=auto(0.5)", "steps=800");
        var request = new CertificationRequest { Theorems = [Theorems.Find("path")!], IsSearch = true, UsesRunStepSize = true };
        long found;
        using (var target = ModelPoint.OfRun(run))
        {
            CertificationReport report = Ask(target, request);
            Assert.Equal(CertificationGrade.Certified, report.Grade);
            Assert.Equal(report.RunStepSize, report.Verdict.Certificate.Guarantee!.StepSize);
            Assert.True(report.Verdict.Record is { Holds: true, Steps: > 50 }, $"{report.Verdict.Record}");

            found = report.Verdict.Step;

            // For another step size the record says nothing.
            Assert.Null(Ask(target, request with { UsesRunStepSize = false }).Verdict.Record);
        }

        // A loss that rises against the guarantee.
        Rewrite(run, row => row[0] == $"{found + 20}" ? [row[0], "1", .. row[2..]] : row);
        using var contradicted = ModelPoint.OfRun(run);
        CertificationReport bad = Ask(contradicted, request);
        Assert.Equal(CertificationGrade.Contradicted, bad.Grade);
        Assert.True(bad.IsNegative);
        Assert.Contains("the loss is 1 but at most", bad.Verdict.Record!.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void Looking_ahead_carries_the_certificate_back_to_the_first_step()
    {
        using ModelPoint target = Target();
        TheoremFinding finding = Ask(
            target, new() { Theorems = [Theorems.Find("path")!], IsSearch = true, Step = 5, LooksAhead = true }).Verdict;
        Assert.Equal(finding.Step - 5, finding.LookAhead!.Value.Steps);
        Assert.True(finding.LookAhead.Value.Constant >= 1);
        Assert.Equal(Math.Sqrt(1 - finding.Certificate.Guarantee!.Rate), finding.LookAhead.Value.Factor, 1e-12);
    }

    [Fact]
    public void The_price_of_a_certificate_is_found_and_its_guarantee_observed()
    {
        using ModelPoint target = Target();
        CertificationReport report = Ask(target, new() { FindsScale = true });
        Assert.False(report.IsNegative);
        Assert.Equal(CertificationGrade.Certified, report.Grade);
        Assert.All(report.Findings, finding =>
        {
            Assert.Equal(CertificationGrade.NotCertified, finding.Grade);
            Assert.True(
                finding.Price is { Grade: CertificationGrade.Certified, Check.Holds: true, Found.Scale: > 1 },
                finding.Price!.Found.Explanation);
        });
        Assert.Equal(report.Findings.Min(finding => finding.Price!.Found.Scale), report.Cheapest!.Price!.Found.Scale);
    }

    [Fact]
    public void A_price_that_no_theorem_can_name_is_a_negative_verdict()
    {
        using ModelPoint target = Target("activation=gelu");
        CertificationReport report = Ask(target, new() { FindsScale = true });
        Assert.True(report.IsNegative);
        Assert.Null(report.Cheapest);
        Assert.Contains("GELU has no width to scale", report.Findings[0].Price!.Found.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_has_no_path_to_search()
    {
        using Experiment experiment = Prepare();
        using var target = new ModelPoint("p", experiment.Model, experiment.Initial, experiment.Trained);
        Assert.Equal(Ask(Target(), new()).Verdict.ResidualFactor, Ask(target, new()).Verdict.ResidualFactor);
        Assert.Contains(
            "is a point without a run, so it has no later step", Refused(target, new() { IsSearch = true }), StringComparison.Ordinal);
        Assert.Contains(
            "is a point without a run, so it has no step size", Refused(target, new() { UsesRunStepSize = true }),
            StringComparison.Ordinal);
        Assert.Contains("must be from 0 to 0", Refused(target, new() { Step = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_a_run_does_not_reach_is_refused_with_the_reason()
    {
        using ModelPoint target = Target("stepSize=1e6");
        Assert.Contains("does not reach step 100: It diverged: ", Refused(target, new() { Step = 100 }), StringComparison.Ordinal);
        using ModelPoint adaptive = Target("stepSize=adaptive(1)");
        Assert.Contains("has an adaptive step size", Refused(adaptive, new() { UsesRunStepSize = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_certification_ends_as_such()
    {
        using ModelPoint target = Target();
        _ = Assert.Throws<OperationCanceledException>(() =>
            Lab.Runs.Certification.Certification.Of(target, new() { IsSearch = true }, new CancellationToken(canceled: true)));
    }

    private static CertificationReport Ask(ModelPoint target, CertificationRequest request) =>
        Lab.Runs.Certification.Certification.Of(target, request, TestContext.Current.CancellationToken);

    private static string Refused(ModelPoint target, CertificationRequest request) =>
        Assert.Throws<BadInputException>(() => Ask(target, request)).Message;

    private static ExperimentSpecification Specification(params string[] words)
    {
        string[] keys = [.. words.Select(word => word.Split('=')[0])];
        SpecificationReading reading = SpecificationReader.Read(
            null, [.. Small.Where(word => !keys.Contains(word.Split('=')[0])), .. words]);
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }

    private static Experiment Prepare() => Experiment.Prepare(Specification(), ExperimentData.Load(Specification()));

    private static ModelPoint Target(params string[] words) => ModelPoint.OfSpecification(Specification(words));

    private RunRecord Run(params string[] words)
    {
        ExperimentSpecification specification = Specification([.. words, "quantities=loss"]);
        using (RunFolder folder = _store.Create("run", specification))
        using (Experiment experiment = Experiment.Prepare(specification, ExperimentData.Load(specification)))
        {
            _ = new ExperimentRun(folder, experiment, TimeProvider.System).Execute(CancellationToken.None);
        }

        return RunRecord.Read(Path.GetDirectoryName(_store.At("run", "spec.yaml"))!);
    }

    private static string Scaled(string number, double factor) =>
        (double.Parse(number, CultureInfo.InvariantCulture) * factor).ToString("R", CultureInfo.InvariantCulture);

    private static void Rewrite(RunRecord run, Func<string[], string[]> change)
    {
        string[] lines = File.ReadAllLines(run.Files.Telemetry);
        Assert.Equal(["step", "loss"], lines[0].Split(',')[..2]);
        string[] changed = [.. lines.Select(line => string.Join(',', change(line.Split(','))))];
        Assert.NotEqual(lines, changed);
        File.WriteAllText(run.Files.Telemetry, string.Join('\n', changed) + "\n");
    }
}
