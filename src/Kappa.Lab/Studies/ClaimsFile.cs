using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Studies.Residual;

namespace Kappa.Lab.Studies;

/// <summary>claims.json: the verdicts and every number behind them, in a schema with a version.</summary>
internal static class ClaimsFile
{
    /// <summary>Version of the schema; it grows when a key changes its meaning or disappears.</summary>
    public const int SchemaVersion = 1;

    /// <summary>The text of claims.json.</summary>
    /// <param name="study">Name of the reproduction, for example <c>residual</c>.</param>
    /// <param name="mode"><c>quick</c> or <c>full</c>.</param>
    /// <param name="command">The command that makes the file again.</param>
    /// <param name="findings">The findings.</param>
    /// <param name="ladders">Rates of runs that stand for the others; none when null.</param>
    /// <param name="questions">Open questions with their answers; the key is left out when there are none.</param>
    public static string Text(
        string study, string mode, string command, IReadOnlyList<ClaimFinding> findings, IReadOnlyList<RunRates>? ladders = null,
        IReadOnlyList<OpenQuestion>? questions = null)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("study", study);
            json.WriteString("mode", mode);
            json.WriteString("command", command);
            json.WriteStartArray("claims");
            foreach (ClaimFinding finding in findings)
            {
                WriteFinding(json, finding);
            }

            json.WriteEndArray();
            json.WriteStartArray("ladders");
            foreach (RunRates run in ladders ?? [])
            {
                json.WriteStartObject();
                json.WriteString("setting", run.Setting);
                json.WriteString("command", run.Command);
                json.WritePropertyName("ladder");
                json.WriteRawValue(LadderFile.Text(run.Ladder));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteQuestions(json, questions ?? []);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteFinding(Utf8JsonWriter json, ClaimFinding finding)
    {
        json.WriteStartObject();
        json.WriteString("id", finding.Claim.Id);
        json.WriteString("source", finding.Claim.Source);
        json.WriteString("statement", finding.Claim.Statement);
        json.WriteString("refutedIf", finding.Claim.RefutedIf);
        json.WriteString("verdict", JsonNamingPolicy.CamelCase.ConvertName(finding.Verdict.ToString()));
        json.WriteString("reason", finding.Reason);
        WriteMeasurements(json, finding.Measurements);
        json.WriteEndObject();
    }

    private static void WriteQuestions(Utf8JsonWriter json, IReadOnlyList<OpenQuestion> questions)
    {
        if (questions.Count == 0)
        {
            return;
        }

        json.WriteStartArray("openQuestions");
        foreach (OpenQuestion question in questions)
        {
            json.WriteStartObject();
            json.WriteString("id", question.Id);
            json.WriteString("question", question.Question);
            json.WriteString("answer", question.Answer);
            WriteMeasurements(json, question.Measurements);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMeasurements(Utf8JsonWriter json, IReadOnlyList<Measurement> measurements)
    {
        json.WriteStartArray("measurements");
        foreach (Measurement measurement in measurements)
        {
            WriteMeasurement(json, measurement);
        }

        json.WriteEndArray();
    }

    private static void WriteMeasurement(Utf8JsonWriter json, Measurement measurement)
    {
        json.WriteStartObject();
        json.WriteString("setting", measurement.Setting);
        json.WriteString("quantity", measurement.Quantity);
        WriteNumber(json, "median", measurement.Value.Median);
        WriteNumber(json, "low", measurement.Value.Low);
        WriteNumber(json, "high", measurement.Value.High);
        json.WriteNumber("count", measurement.Value.Count);
        json.WriteNumber("lowerBounds", measurement.Value.LowerBounds);
        json.WriteNumber("upperBounds", measurement.Value.UpperBounds);
        if (measurement.IsUndecided)
        {
            json.WriteBoolean("undecided", true);
        }

        if (measurement.Refutes is { } refutes)
        {
            json.WriteBoolean("refutes", refutes);
        }

        if (measurement.Note is { } note)
        {
            json.WriteString("note", note);
        }

        json.WriteEndObject();
    }

    // JSON has no infinity and no NaN; a string keeps the finding instead of losing it.
    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }
}
