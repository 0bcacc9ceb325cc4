using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>Certificates of models G and S at any step of a run, from a step on, and from a scaled initialisation.</summary>
public sealed class ModelCertificationTests : IDisposable
{
    private const string Encoder =
        "model.kind=shallowEncoder width=6 tokens=2 samples=2 encoderWidth=256 temperature=0.004 targetScale=5 steps=40";
    private const string Values = "model.kind=kernelAttention width=16 heads=2 tokens=2 trained=[value] steps=40";

    private readonly StoreFixture _store = new();

    public static TheoryData<string> Specifications =>
        [Encoder, Values, $"{Encoder} method=adam stepSize=0.001", $"{Encoder} precision=single"];

    public void Dispose() => _store.Dispose();

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_step_of_a_run_is_certified_at_the_weights_that_the_run_had_there(string words)
    {
        RunRecord run = Run(words);
        TelemetryTable table = TelemetryReader.Read(run.Files.Telemetry);
        using var point = ModelPoint.OfRun(run);
        foreach (long step in (long[])[7, 40])
        {
            CertificationReport report = Ask(point, new() { Step = step, CheckSteps = 0 });
            string from = step == 40 ? "Step 40 is the run's checkpoint" : "Step 7 was computed from the start";
            Assert.Equal($"{from}; its loss has the bits of the record.", report.Origin);
            double relative = table["loss"][(int)step] / table["loss"][0];

            // What a run in single precision recorded is evaluated in double precision.
            bool isSingle = words.EndsWith("single", StringComparison.Ordinal);
            Assert.All(
                report.Findings,
                finding =>
                    Assert.Equal(
                        (step, true),
                        (finding.Step, isSingle ? Math.Abs(finding.RelativeLoss - relative) < 1e-6 : finding.RelativeLoss == relative)));
        }

        // The constants are those of the theorem asked at the weights of the checkpoint.
        using ModelPoint saved = WeightsFile.Read(run.Files.Checkpoint, run.Specification).Require();
        Assert.Equal(ConstantsOf(Ask(saved, new() { CheckSteps = 0 })), ConstantsOf(Ask(point, new() { Step = 40, CheckSteps = 0 })));

        static double[] ConstantsOf(CertificationReport report) =>
            [.. report.Findings.SelectMany(finding => finding.Certificate.Constants.Select(constant => constant.Value))];
    }

    [Fact]
    public void The_step_found_is_certified_the_one_before_is_not_and_the_record_of_the_run_keeps_the_bound()
    {
        RunRecord run = Run(Encoder);
        using var point = ModelPoint.OfRun(run);
        CertificationRequest request = new() { Theorems = [Theorems.Find("wide-encoder")!], UsesRunStepSize = true };
        TheoremFinding found = Ask(point, request with { IsSearch = true, LooksAhead = true }).Verdict;
        Assert.Equal(CertificationGrade.Certified, found.Grade);
        Assert.Equal((found.Step, true, true), (found.Search!.Found, found.Step > 1, found.Record is { Steps: > 3, Holds: true }));
        Assert.Equal(CertificationGrade.NotCertified, Ask(point, request with { Step = found.Step - 1 }).Verdict.Grade);
        Assert.Equal(
            found.Certificate.Guarantee, Ask(point, request with { Step = found.Step }).Verdict.Certificate.Guarantee,
            (one, other) => one!.Rate == other!.Rate);

        // A search from a later step does not look before it, and has observed nothing by then.
        TheoremFinding later = Ask(point, request with { IsSearch = true, LooksAhead = true, Step = found.Step + 3 }).Verdict;
        Assert.Equal((found.Step + 3, 0), (later.Search!.Found!.Value, later.LookAhead!.Value.Steps));

        // The search of one theorem leaves the start of the next where it was.
        Assert.Equal(
            found.Step,
            Ask(point, request with { Theorems = [Theorems.Find("encoder")!, .. request.Theorems], IsSearch = true }).Findings[1]
                .Search!.Found);

        // (C.19): the whole run stays below the geometric series.
        ReadOnlySpan<double> losses = TelemetryReader.Read(run.Files.Telemetry)["loss"];
        LookAhead ahead = found.LookAhead!.Value;
        Assert.Equal(found.Step, ahead.Steps);
        for (int k = 0; k < losses.Length; k++)
        {
            Assert.True(Math.Sqrt(losses[k] / losses[0]) <= ahead.Constant * Math.Pow(ahead.Factor, k) * (1 + 1e-9), $"step {k}");
        }
    }

    [Fact]
    public void A_search_without_success_says_how_far_the_last_step_is_from_it()
    {
        using var point = ModelPoint.OfSpecification(Specification(Encoder.Replace("steps=40", "steps=3", StringComparison.Ordinal)));
        CertificationReport report = Ask(point, new() { Theorems = [Theorems.Find("wide-encoder")!], IsSearch = true });
        Assert.Equal((CertificationGrade.NotCertified, null, 3L), (report.Grade, report.Verdict.Search!.Found, report.Verdict.Step));
        Assert.InRange(report.Verdict.Certificate.Shortfall, 1.01, 100);
        Assert.Equal("√(2ℓ_0)", report.Verdict.Search.Conditions.Single(history => history is { FirstHolds: null, LastFails: 3 }).Symbol);
    }

    [Fact]
    public void A_step_beyond_the_loss_at_which_the_run_would_stop_is_reached_and_the_loss_of_a_batch_is_compared_with_nothing()
    {
        using var stopped = ModelPoint.OfSpecification(Specification($"{Encoder} lossFloor=0.9"));
        Assert.Equal(5, Ask(stopped, new() { Step = 5, CheckSteps = 0 }).Verdict.Step);
        using var batches = ModelPoint.OfRun(Run($"{Encoder} method=adam stepSize=0.001 batchSize=1"));
        Assert.Equal("Step 7 was computed from the start.", Ask(batches, new() { Step = 7, CheckSteps = 0 }).Origin);
    }

    [Fact]
    public void A_proposition_that_finds_the_factor_for_the_residual_says_it_and_no_other_does()
    {
        using var point = ModelPoint.OfSpecification(Specification(Encoder));
        CertificationReport report = Ask(point, new() { CheckSteps = 0 });
        Assert.True(report.HasLaterSteps);
        Assert.All(
            report.Findings,
            finding =>
                Assert.Equal(
                    finding.Certificate.Theorem.Name is "encoder" or "encoder-sharper" ? finding.Certificate.Shortfall : null,
                    finding.ResidualFactor));
        using ModelPoint saved = WeightsFile.Read(Run(Encoder).Files.Checkpoint, Specification(Encoder)).Require();
        Assert.False(Ask(saved, new() { CheckSteps = 0 }).HasLaterSteps);
    }

    [Fact]
    public void The_smallest_certified_scale_of_the_encoder_is_seen_to_hold_and_multiplies_the_features()
    {
        using var point = ModelPoint.OfSpecification(
            Specification("model.kind=shallowEncoder width=6 tokens=3 samples=4 encoderWidth=64 steps=60"));
        CertificationReport report = Ask(point, new() { FindsScale = true });
        Assert.Equal((CertificationGrade.Certified, "wide-encoder"), (report.Grade, report.Cheapest!.Certificate.Theorem.Name));
        CertifiableInitialisation found = report.Cheapest.Price!.Found;
        Assert.InRange(found.Scale!.Value / found.NotCertifiedScale!.Value, 1, 1 + found.Search.Tolerance);
        Assert.True(report.Cheapest.Price.Check is { Holds: true, Ratio: >= 1 });
        Assert.All(
            report.Findings.Where(finding => finding != report.Cheapest),
            finding => Assert.Equal(CertificationGrade.NotApplicable, finding.Price!.Grade));

        // ReLU is homogeneous: α of c·W_V is cα, and with w_O = 0 the loss is that of the targets.
        var at = new TransformerPoint((Transformer)point.Model, point.Parameters, point.Trained);
        TransformerPoint scaled = CertifiableInitialisation.At(at, found.Scale.Value);
        Assert.Equal(Alpha(report.Cheapest.Certificate) * found.Scale.Value, Alpha(found.Certificate), 1e-10 * Alpha(found.Certificate));
        Assert.Equal(0.5 * Kappa.Numerics.Vectors.SquaredNorm(scaled.Model.Targets.Span) / LossFactor(scaled.Model), scaled.Loss, 1e-14);
        Assert.All(
            (string[])["query", "key"],
            name => Assert.Equal(point.Parameters[name].Span.ToArray(), scaled.Parameters[name].Span.ToArray()));

        static double Alpha(Certificate certificate) => certificate.Constants.Single(constant => constant.Symbol == "α").Value;
        static double LossFactor(Transformer model) => model.Shape.Reduction == LossReduction.Mean ? model.Samples : 1;
    }

    [Fact]
    public void Values_alone_rest_on_no_estimate_and_are_certified_once_they_were_seen_to_keep_the_bound()
    {
        using var point = ModelPoint.OfSpecification(Specification(Values));
        CertificationRequest request = new() { Theorems = [Theorems.Find("values-only")!] };
        TheoremFinding seen = Ask(point, request).Verdict;
        Assert.Equal(CertificationGrade.Certified, seen.Grade);
        Assert.True(seen.Check!.Holds);
        Assert.Contains(seen.Certificate.Constants, constant => constant.Grade == ConstantGrade.Estimated);
        Assert.Equal(CertificationGrade.Guaranteed, Ask(point, request with { CheckSteps = 0 }).Grade);
    }

    [Fact]
    public void What_has_no_meaning_is_refused_in_one_line()
    {
        using var values = ModelPoint.OfSpecification(Specification(Values));
        Assert.EndsWith(
            "which no scale of W_V or W_O brings about or ends. Leave --find-scale out.", Refused(values, new() { FindsScale = true }),
            StringComparison.Ordinal);
        Assert.EndsWith("but is 41.", Refused(values, new() { Step = 41 }), StringComparison.Ordinal);
        using ModelPoint saved = WeightsFile.Read(Run(Values).Files.Checkpoint, Specification(Values)).Require();
        Assert.Contains(
            "is a point without a run, so it has no later step to look for.", Refused(saved, new() { IsSearch = true }),
            StringComparison.Ordinal);
        Assert.Contains("must be from 0 to 0", Refused(saved, new() { Step = 1 }), StringComparison.Ordinal);
        using var diverging = ModelPoint.OfSpecification(Specification($"{Encoder} stepSize=1e200"));
        Assert.Contains("does not reach step 30: It diverged: ", Refused(diverging, new() { Step = 30 }), StringComparison.Ordinal);
    }

    private static CertificationReport Ask(ModelPoint point, CertificationRequest request) =>
        Lab.Runs.Certification.Certification.Of(point, request, TestContext.Current.CancellationToken);

    private static string Refused(ModelPoint point, CertificationRequest request) =>
        Assert.Throws<BadInputException>(() => Ask(point, request)).Message;

    private static ExperimentSpecification Specification(string words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, words.Split(' '));
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }

    private RunRecord Run(string words)
    {
        ExperimentSpecification specification = Specification(words);
        using (RunFolder folder = _store.Create("run", specification))
        using (var experiment = Experiment.Prepare(specification))
        {
            _ = new ExperimentRun(folder, experiment, TimeProvider.System, null).Execute(TestContext.Current.CancellationToken);
        }

        return RunRecord.Read(_store.At("run", string.Empty));
    }
}
