using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Certificates;
using Kappa.Lab.Formats;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>What <c>kappa certify --json</c> prints: keys in camel case, a number that is not finite as <c>null</c>.</summary>
internal sealed record CertificationDocument(
    int SchemaVersion, string Target, CertificationGrade Verdict, string Theorem, bool IsNegative, long Step, bool IsSearch, string Origin,
    Precision? RunPrecision, double? RunStepSize, IEnumerable<FindingDocument> Findings)
{
    private const int Version = 1;

    private static readonly CertificationSchema Schema = new(ReadableJson.Of(CertificationSchema.Default));

    /// <summary>The text of a report, without a line end after it.</summary>
    public static string Text(CertificationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return JsonSerializer.Serialize(
            new CertificationDocument(
                Version, report.Target, report.Grade, (report.Cheapest ?? report.Verdict).Certificate.Theorem.Name, report.IsNegative,
                report.Request.Step, report.Request.IsSearch, report.Origin, report.RunPrecision, report.RunStepSize,
                report.Findings.Select(FindingDocument.Of)),
            Schema.CertificationDocument);
    }
}

/// <summary>What one theorem says.</summary>
internal sealed record FindingDocument(
    string Theorem, string Label, CertificationGrade Grade, string Explanation, long Step, double RelativeLoss,
    GuaranteeDocument? Guarantee, double? ResidualFactor, IEnumerable<ConditionDocument> Conditions, IReadOnlyList<Constant> Constants,
    ObservationDocument? Check, string? CheckOmission, ObservationDocument? Record, SearchDocument? Search, LookAhead? LookAhead,
    PriceDocument? Price)
{
    public static FindingDocument Of(TheoremFinding finding) => new(
        finding.Certificate.Theorem.Name, finding.Certificate.Theorem.Label, finding.Grade, finding.Certificate.Explanation, finding.Step,
        finding.RelativeLoss, GuaranteeDocument.Of(finding.Certificate.Guarantee), finding.ResidualFactor,
        finding.Certificate.Conditions.Select(ConditionDocument.Of), finding.Certificate.Constants,
        ObservationDocument.Of(finding.Check), finding.CheckOmission, ObservationDocument.Of(finding.Record),
        finding.Search is { } search ? SearchDocument.Of(search) : null, finding.LookAhead,
        finding.Price is { } price ? PriceDocument.Of(price) : null);
}

/// <summary>A guarantee; the radii by matrix.</summary>
internal sealed record GuaranteeDocument(
    double StepSize, double LargestStepSize, double Rate, double PlConstant, double StepsToOneMillionth, Dictionary<string, double> Radii)
{
    public static GuaranteeDocument? Of(Guarantee? guarantee) => guarantee is null ? null : new(
        guarantee.StepSize, guarantee.LargestStepSize, guarantee.Rate, guarantee.PlConstant, guarantee.StepsTo(1e-6),
        guarantee.Radii.ToDictionary(radius => radius.Block.Name, radius => radius.Radius));
}

/// <summary>A condition.</summary>
internal sealed record ConditionDocument(
    string Name, string Symbol, string Label, double Value, ConditionRelation Relation, double Bound, bool Holds, ConstantGrade Grade,
    double Margin, double Shortfall)
{
    public static ConditionDocument Of(Condition condition) => new(
        condition.Name, condition.Symbol, condition.Label, condition.Value, condition.Relation, condition.Bound, condition.Holds,
        condition.Grade, condition.Margin, condition.Shortfall);
}

/// <summary>A guarantee compared with what happened.</summary>
internal sealed record ObservationDocument(
    long Steps, double StepSize, double GuaranteedRate, double MeasuredRate, double Ratio, bool Holds, string? Violation)
{
    public static ObservationDocument? Of(BoundObservation? seen) => seen is null ? null
        : new(seen.Steps, seen.StepSize, seen.GuaranteedRate, seen.MeasuredRate, seen.Ratio, seen.Holds, seen.Violation);
}

/// <summary>What a search looked at.</summary>
internal sealed record SearchDocument(
    long? Found, string Schedule, IEnumerable<TriedDocument> Tried, IReadOnlyList<ConditionHistory> Conditions)
{
    public static SearchDocument Of(StepSearch search) => new(
        search.Found, search.Schedule,
        search.Tried.Select(tried => new TriedDocument(tried.Step, tried.RelativeLoss, tried.Outcome, tried.Explanation)),
        search.Conditions);
}

/// <summary>A step that was looked at.</summary>
internal sealed record TriedDocument(long Step, double RelativeLoss, CertificateOutcome Outcome, string Explanation);

/// <summary>The price of a certificate (C.11).</summary>
internal sealed record PriceDocument(
    string Recipe, double? Scale, double? NotCertifiedScale, CertificationGrade Grade, string Explanation, int Tries,
    GuaranteeDocument? Guarantee, ObservationDocument? Check)
{
    public static PriceDocument Of(InitialisationPrice price) => new(
        price.Found.Recipe, price.Found.Scale, price.Found.NotCertifiedScale, price.Grade, price.Found.Explanation, price.Found.Tries,
        GuaranteeDocument.Of(price.Found.Certificate.Guarantee), ObservationDocument.Of(price.Check));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [
        typeof(JsonNumberConverter), typeof(CamelCaseEnum<CertificationGrade>), typeof(CamelCaseEnum<Precision>),
        typeof(CamelCaseEnum<ConditionRelation>), typeof(CamelCaseEnum<ConstantGrade>), typeof(CamelCaseEnum<CertificateOutcome>)])]
[JsonSerializable(typeof(CertificationDocument))]
internal sealed partial class CertificationSchema : JsonSerializerContext;
