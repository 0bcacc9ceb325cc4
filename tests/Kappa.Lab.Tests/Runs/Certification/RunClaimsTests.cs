using System.Text.Json.Nodes;
using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>What claims.json holds of findings made for it: every number, every verdict, and which answer replaces which.</summary>
public sealed class RunClaimsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_claim_holds_the_numbers_of_its_finding()
    {
        JsonNode document = Add(Report(new(), Finding("wide-encoder", CertificationGrade.Certified, step: 7, Kept())));
        Assert.Equal(
            (1, Path.GetFileName(_folder.Path)), (document["schemaVersion"]!.GetValue<int>(), document["run"]!.GetValue<string>()));
        JsonNode claim = Assert.Single(document["claims"]!.AsArray())!;
        Theorem theorem = Theorems.Find("wide-encoder")!;
        Assert.Equal(
            ("wide-encoder: step 0", "certified", 7, "Because.", theorem.Statement),
            (Text("id"), Text("verdict"), claim["step"]!.GetValue<int>(), Text("reason"), Text("statement")));
        Assert.Equal($"{theorem.Label}, {theorem.Page}", Text("source"));
        Assert.Equal(
            "with step size 0.25 the loss is above (1 - 0.125)^k of that at step 7, k steps later, by more than rounding",
            Text("refutedIf"));
        Assert.Equal(
            """
            {"quantity":"residual","symbol":"r","value":3,"relation":"atMost","bound":2,"holds":false}
            {"quantity":"width","symbol":"w","value":3,"relation":"above","bound":"-Infinity","holds":true}
            {"quantity":"guaranteed step size","value":0.25}
            {"quantity":"guaranteed rate","value":0.125}
            {"quantity":"steps observed","value":40}
            {"quantity":"measured rate","value":0.5}
            """.ReplaceLineEndings("\n"),
            string.Join('\n', claim["measurements"]!.AsArray().Select(measurement => measurement!.ToJsonString())));

        string Text(string key) => claim[key]!.GetValue<string>();
    }

    [Fact]
    public void What_is_not_guaranteed_has_no_refuting_number_and_what_is_about_another_model_no_claim()
    {
        TheoremFinding none = Finding(
            "wide-encoder", CertificationGrade.NotCertified, step: 0, null) with
        { Certificate = Certificate("wide-encoder", null) };
        JsonNode claim = Assert.Single(
            Add(Report(new(), none, Finding("values-only", CertificationGrade.NotApplicable, step: 0, null)))["claims"]!.AsArray())!;
        Assert.Null(claim["refutedIf"]);
        Assert.Equal(
            ["residual", "width"], claim["measurements"]!.AsArray().Select(measurement => measurement!["quantity"]!.GetValue<string>()));
    }

    [Fact]
    public void Nothing_to_say_writes_no_file()
    {
        RunClaims.Add(_folder.Path, Report(new(), Finding("values-only", CertificationGrade.NotApplicable, step: 0, null)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_contradiction_says_what_contradicted_it()
    {
        BoundObservation broken = Kept() with { Violation = "The descent rose." }, record = Kept() with { Violation = "The record rose." };
        TheoremFinding finding = Finding("wide-encoder", CertificationGrade.Contradicted, step: 0, broken);
        Assert.Equal("Because. The descent rose.", Reason(finding));
        Assert.Equal("Because. The record rose.", Reason(finding with { Check = Kept(), Record = record }));

        string Reason(TheoremFinding one) => Add(Report(new(), one))["claims"]![0]!["reason"]!.GetValue<string>();
    }

    /// <summary>Every part of a question is a question of its own; the same one has one answer, the last.</summary>
    [Fact]
    public void Answers_to_other_questions_stay_and_the_same_question_has_its_last_answer()
    {
        (CertificationRequest Request, string Id)[] questions =
        [
            (new(), "wide-encoder: step 0"),
            (new() { Step = 7 }, "wide-encoder: step 7"),
            (new() { Step = 7, IsSearch = true }, "wide-encoder: first step 7"),
            (new() { StepSize = 0.1 }, "wide-encoder: step 0, step size 0.1"),
            (new() { UsesRunStepSize = true }, "wide-encoder: step 0, own step size"),
            (new() { StepDivisor = 2 }, "wide-encoder: step 0, divisor 2, floor 0.6"),
            (new() { FloorFraction = 0.25 }, "wide-encoder: step 0, divisor 1, floor 0.25"),
        ];
        Assert.All(
            questions, question => Add(Report(question.Request, Finding("wide-encoder", CertificationGrade.NotCertified, step: 3, null))));
        JsonArray claims = Add(
            Report(questions[1].Request, Finding("wide-encoder", CertificationGrade.Guaranteed, step: 9, null)))["claims"]!.AsArray();
        Assert.Equal(
            questions.Select(question => question.Id).Order(StringComparer.Ordinal),
            claims.Select(claim => claim!["id"]!.GetValue<string>()));
        Assert.Equal(
            "wide-encoder: step 7",
            Assert.Single(claims, claim => claim!["verdict"]!.GetValue<string>() == "guaranteed")!["id"]!.GetValue<string>());
    }

    [Fact]
    public void A_file_too_large_to_be_a_runs_claims_is_refused_and_left()
    {
        string path = new RunFiles(_folder.Path).Claims;
        string content = "{\"schemaVersion\": 1, \"claims\": []}" + new string(' ', 1 << 24);
        File.WriteAllText(path, content);
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            Add(Report(new(), Finding("wide-encoder", CertificationGrade.Certified, step: 0, null))));
        Assert.Contains($"must have at most {1 << 24} bytes but has {content.Length}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content.Length, new FileInfo(path).Length);
    }

    private static BoundObservation Kept() =>
        new(IsRecord: false, Steps: 40, StepSize: 0.25, GuaranteedRate: 0.125, MeasuredRate: 0.5, Ratio: 4, Violation: null);

    private static Certificate Certificate(string theorem, Guarantee? guarantee) => new()
    {
        Theorem = Theorems.Find(theorem)!,
        Outcome = guarantee is null ? CertificateOutcome.NotCertified : CertificateOutcome.Guaranteed,
        Explanation = "Because.",
        Conditions = [
            new("residual", "r", "S.9", 3, ConditionRelation.AtMost, 2),
            new("width", "w", "S.9", 3, ConditionRelation.Above, double.NegativeInfinity)],
        Guarantee = guarantee,
    };

    private static TheoremFinding Finding(string theorem, CertificationGrade grade, long step, BoundObservation? check) => new()
    {
        Certificate = Certificate(theorem, new() { StepSize = 0.25, LargestStepSize = 0.25, Rate = 0.125, PlConstant = 1, Radii = [] }),
        Grade = grade,
        Step = step,
        RelativeLoss = 1,
        Check = check,
    };

    private static CertificationReport Report(CertificationRequest request, params TheoremFinding[] findings) =>
        new() { Target = "run", Request = request, Origin = "", Findings = findings };

    private JsonNode Add(CertificationReport report)
    {
        RunClaims.Add(_folder.Path, report);
        return JsonNode.Parse(File.ReadAllText(new RunFiles(_folder.Path).Claims))!;
    }
}
