using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Certificates;

namespace Kappa.Lab.Runs.Certification;

/// <summary>A certification report as JSON: keys in camel case, a number
/// that is not finite as <c>null</c>. Stateless and thread-safe.</summary>
internal static class CertificationJson
{
    private const int SchemaVersion = 1;

    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="destination">Written as UTF-8 text, without a line end after it.</param>
    public static void Write(CertificationReport report, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var json = new Utf8JsonWriter(
            destination, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", SchemaVersion);
        json.WriteString("target", report.Target);
        json.WriteString("verdict", Camel(report.Grade));
        json.WriteString("theorem", (report.Cheapest ?? report.Verdict).Certificate.Theorem.Name);
        json.WriteBoolean("isNegative", report.IsNegative);
        json.WriteNumber("step", report.Request.Step);
        json.WriteBoolean("isSearch", report.Request.IsSearch);
        json.WriteString("origin", report.Origin);
        json.WriteString("runPrecision", report.RunPrecision is { } precision ? Camel(precision) : null);
        Number(json, "runStepSize", report.RunStepSize);
        json.WriteStartArray("findings");
        foreach (TheoremFinding finding in report.Findings)
        {
            Write(json, finding);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TheoremFinding finding)
    {
        Certificate certificate = finding.Certificate;
        json.WriteStartObject();
        json.WriteString("theorem", certificate.Theorem.Name);
        json.WriteString("label", certificate.Theorem.Label);
        json.WriteString("grade", Camel(finding.Grade));
        json.WriteString("explanation", certificate.Explanation);
        json.WriteNumber("step", finding.Step);
        Number(json, "relativeLoss", finding.RelativeLoss);
        Write(json, certificate.Guarantee);
        Number(json, "residualFactor", finding.ResidualFactor);
        WriteConditions(json, certificate.Conditions);
        WriteConstants(json, certificate.Constants);
        Write(json, "check", finding.Check);
        json.WriteString("checkOmission", finding.CheckOmission);
        Write(json, "record", finding.Record);
        Write(json, finding.Search);
        Write(json, finding.LookAhead);
        Write(json, finding.Price);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Guarantee? guarantee)
    {
        if (guarantee is null)
        {
            json.WriteNull("guarantee");
            return;
        }

        json.WriteStartObject("guarantee");
        Number(json, "stepSize", guarantee.StepSize);
        Number(json, "largestStepSize", guarantee.LargestStepSize);
        Number(json, "rate", guarantee.Rate);
        Number(json, "plConstant", guarantee.PlConstant);
        Number(json, "stepsToOneMillionth", guarantee.StepsTo(1e-6));
        json.WriteStartObject("radii");
        foreach (BlockRadius radius in guarantee.Radii)
        {
            Number(json, radius.Block.Name, radius.Radius);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteConditions(Utf8JsonWriter json, IReadOnlyList<Condition> conditions)
    {
        json.WriteStartArray("conditions");
        foreach (Condition condition in conditions)
        {
            json.WriteStartObject();
            json.WriteString("name", condition.Name);
            json.WriteString("symbol", condition.Symbol);
            json.WriteString("label", condition.Label);
            Number(json, "value", condition.Value);
            json.WriteString("relation", Camel(condition.Relation));
            Number(json, "bound", condition.Bound);
            json.WriteBoolean("holds", condition.Holds);
            json.WriteString("grade", Camel(condition.Grade));
            Number(json, "margin", condition.Margin);
            Number(json, "shortfall", condition.Shortfall);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteConstants(Utf8JsonWriter json, IReadOnlyList<Constant> constants)
    {
        json.WriteStartArray("constants");
        foreach (Constant constant in constants)
        {
            json.WriteStartObject();
            json.WriteString("name", constant.Name);
            json.WriteString("symbol", constant.Symbol);
            json.WriteString("label", constant.Label);
            Number(json, "value", constant.Value);
            json.WriteString("grade", Camel(constant.Grade));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, BoundObservation? observation)
    {
        if (observation is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("steps", observation.Steps);
        Number(json, "stepSize", observation.StepSize);
        Number(json, "guaranteedRate", observation.GuaranteedRate);
        Number(json, "measuredRate", observation.MeasuredRate);
        Number(json, "ratio", observation.Ratio);
        json.WriteBoolean("holds", observation.Holds);
        json.WriteString("violation", observation.Violation);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StepSearch? search)
    {
        if (search is null)
        {
            json.WriteNull("search");
            return;
        }

        json.WriteStartObject("search");
        Number(json, "found", search.Found);
        json.WriteString("schedule", search.Schedule);
        json.WriteStartArray("tried");
        foreach (TriedStep tried in search.Tried)
        {
            json.WriteStartObject();
            json.WriteNumber("step", tried.Step);
            Number(json, "relativeLoss", tried.RelativeLoss);
            json.WriteString("outcome", Camel(tried.Outcome));
            json.WriteString("explanation", tried.Explanation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("conditions");
        foreach (ConditionHistory history in search.Conditions)
        {
            json.WriteStartObject();
            json.WriteString("name", history.Name);
            json.WriteString("symbol", history.Symbol);
            json.WriteNumber("evaluated", history.Evaluated);
            Number(json, "firstHolds", history.FirstHolds);
            Number(json, "firstFails", history.FirstFails);
            Number(json, "lastFails", history.LastFails);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LookAhead? ahead)
    {
        if (ahead is not LookAhead found)
        {
            json.WriteNull("lookAhead");
            return;
        }

        json.WriteStartObject("lookAhead");
        json.WriteNumber("steps", found.Steps);
        Number(json, "constant", found.Constant);
        Number(json, "factor", found.Factor);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, InitialisationPrice? price)
    {
        if (price is null)
        {
            json.WriteNull("price");
            return;
        }

        json.WriteStartObject("price");
        json.WriteString("recipe", price.Found.Recipe);
        Number(json, "scale", price.Found.Scale);
        Number(json, "notCertifiedScale", price.Found.NotCertifiedScale);
        json.WriteString("grade", Camel(price.Grade));
        json.WriteString("explanation", price.Found.Explanation);
        json.WriteNumber("tries", price.Found.Tries);
        Write(json, price.Found.Certificate.Guarantee);
        Write(json, "check", price.Check);
        json.WriteEndObject();
    }

    private static string Camel<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static void Number(Utf8JsonWriter json, string name, double? value) => Formats.JsonNumber.Write(json, name, value);
}
