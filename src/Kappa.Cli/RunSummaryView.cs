using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;

namespace Kappa.Cli;

/// <summary>A run on the terminal, as a table or as JSON.</summary>
internal static class RunSummaryView
{
    private const int SchemaVersion = 1;
    private const int LongestMessage = 500;

    public static void Print(Terminal terminal, RunAnalysis analysis, bool json)
    {
        if (json)
        {
            terminal.Results.WriteLine(Json(analysis));
            return;
        }

        terminal.Paragraph(0, $"Run {analysis.Run.Name}: {(analysis.Run.IsLost ? Lost(analysis.Run) : Message(analysis.Run))}");
        foreach (string sentence in RunVerdict.Sentences(analysis))
        {
            terminal.Paragraph(0, sentence);
        }

        foreach (string note in new[] { analysis.RoundingRemark, analysis.PrecisionRemark, analysis.Telemetry.Note }.OfType<string>())
        {
            terminal.Paragraph(0, $"Note: {note}");
        }

        PrintLayers(terminal, analysis);
        if (analysis.Ladder is { } ladder)
        {
            Ladder().Rows(LadderTable.Rows(ladder)).Print(terminal);
            foreach (string missing in LadderTable.Missing(ladder))
            {
                terminal.Paragraph(0, missing);
            }
        }

        terminal.Paragraph(0, $"Folder: {analysis.Run.Files.Path}");
    }

    // A line, whatever the file says.
    private static string Message(Kappa.Lab.Store.RunRecord run)
    {
        string message = (run.Status.Message ?? run.State).ReplaceLineEndings(" ");
        return message.Length <= LongestMessage ? message : message[..LongestMessage] + "…";
    }

    private static string Lost(Kappa.Lab.Store.RunRecord run) =>
        $"lost: its process ended at step {run.Status.Step} without a word. {Target.Resume(run)}";

    // Remarks are sentences: they stand below the table, once for all rows that share them.
    private static void PrintLayers(Terminal terminal, RunAnalysis analysis)
    {
        if (analysis.Layers.Count == 0)
        {
            return;
        }

        IReadOnlyList<string>[] rows = [.. RunAnalysisTable.Rows(analysis)];
        int last = RunAnalysisTable.Headers.Count - 1;
        int?[] importance = [null, null, 6, null, 5, null, 3, 4];
        new ResultTable([.. RunAnalysisTable.Headers.Take(last).Select((header, k) => new ResultColumn(header, importance[k]))])
            .Rows(rows.Select(row => row.Take(last).ToArray())).Print(terminal);
        foreach (IGrouping<string, IReadOnlyList<string>> remark in rows.Where(row => row[last].Length > 0).GroupBy(row => row[last]))
        {
            string where = remark.Count() == rows.Length
                ? rows.Length == 1 ? string.Empty
                : "all layers: "
                : string.Join(", ", remark.Select(row => $"layer {row[0]} {row[1]}")) + ": ";
            terminal.Paragraph(0, $"{where}{remark.Key}.", hanging: 2);
        }
    }

    private static ResultTable Ladder()
    {
        int?[] importance = [null, null, null, null, 2, 3, 1];
        return new([.. LadderTable.Headers.Select((header, k) => new ResultColumn(header, importance[k]))]);
    }

    private static string Json(RunAnalysis analysis)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("run", analysis.Run.Name);
            json.WriteString("folder", analysis.Run.Files.Path);
            json.WriteString("state", analysis.Run.State);
            json.WriteString("stopReason", analysis.Run.Status.StopReason);
            json.WriteNumber("step", analysis.Run.Status.Step);
            json.WriteString("resume", analysis.Run.IsLost ? Target.ResumeCommand(analysis.Run) : null);
            json.WriteString("precision", JsonNamingPolicy.CamelCase.ConvertName(analysis.Run.Specification.Descent.Precision.ToString()));
            Number(json, "roundingFloor", analysis.Run.Status.RoundingFloor ?? double.NaN);
            if (analysis.Run.Specification.Form != ModelForm.Residual)
            {
                WriteModel(json, analysis);
            }

            if (analysis.Trials is { } trials)
            {
                json.WritePropertyName("stepSizeTrials");
                json.WriteRawValue(trials.Text());
            }

            WriteRate(json, analysis);
            WriteLayers(json, analysis);
            if (analysis.Ladder is { } ladder)
            {
                json.WritePropertyName("ladder");
                json.WriteRawValue(LadderFile.Text(ladder));
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteModel(Utf8JsonWriter json, RunAnalysis analysis)
    {
        json.WriteString("model", JsonNamingPolicy.CamelCase.ConvertName(analysis.Run.Specification.Model.Kind.ToString()));
        Number(json, "testAccuracy", analysis.Run.Status.TestAccuracy ?? double.NaN);
        Number(json, "testLoss", analysis.Run.Status.TestLoss ?? double.NaN);
    }

    private static void WriteRate(Utf8JsonWriter json, RunAnalysis analysis)
    {
        if (analysis.Rate is not { } rate)
        {
            json.WriteNull("rate");
            return;
        }

        json.WriteStartObject("rate");
        json.WriteString("outcome", JsonNamingPolicy.CamelCase.ConvertName(rate.Outcome.ToString()));
        Number(json, "perStep", rate.Rate);
        Number(json, "low", rate.RateLow);
        Number(json, "high", rate.RateHigh);
        Number(json, "latePerStep", rate.LateRate);
        Number(json, "lateLow", rate.LateRateLow);
        Number(json, "lateHigh", rate.LateRateHigh);
        Number(json, "decades", rate.Decades);
        json.WriteNumber("firstStep", rate.FirstStep);
        json.WriteNumber("lastStep", rate.LastStep);
        json.WriteString("explanation", rate.Explanation);
        json.WriteEndObject();
    }

    private static void WriteLayers(Utf8JsonWriter json, RunAnalysis analysis)
    {
        json.WriteStartArray("layers");
        foreach (LayerSummary layer in analysis.Layers)
        {
            json.WriteStartObject();
            json.WriteNumber("layer", layer.Layer);
            json.WriteString("part", layer.Part);
            json.WriteBoolean("rankLimited", layer.IsRankLimited);
            foreach ((string when, PartState state) in new[] { ("start", layer.Start), ("end", layer.End) })
            {
                json.WriteStartObject(when);
                foreach (Quantity quantity in PartState.Told)
                {
                    Number(json, quantity.Name, state[quantity]);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // JSON has no infinity and no NaN; null says that there is no number.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
