using System.Globalization;
using System.Text.Json.Nodes;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>Prints what a sweep consists of and what it will take.</summary>
internal static class SweepPlanView
{
    private const int ShownAtEachEnd = 3;

    /// <summary>Prints it.</summary>
    public static int Print(Terminal terminal, SweepPlan plan, int? threads, bool json)
    {
        var forecast = SweepForecast.Of(plan, threads ?? Environment.ProcessorCount);
        if (json)
        {
            terminal.Results.WriteLine(Document(plan, forecast).ToJsonString());
            return ExitCode.Done;
        }

        int count = plan.Runs.Count;
        terminal.Paragraph(0, string.Create(CultureInfo.InvariantCulture, $"sweep {plan.Name}: {count} {(count == 1 ? "run" : "runs")}"));
        for (int index = 0; index < count; index++)
        {
            if (index < ShownAtEachEnd || index >= count - ShownAtEachEnd)
            {
                terminal.Paragraph(
                    2, $"{plan.Runs[index].Name}  {string.Join(" ", plan.Runs[index].Values.Select(pair => $"{pair.Key}={pair.Value}"))}",
                    hanging: 2);
            }
            else if (index == ShownAtEachEnd)
            {
                terminal.Results.WriteLine("  …");
            }
        }

        terminal.Paragraph(0, $"forecast: {forecast.Words()}");
        return ExitCode.Done;
    }

    private static JsonObject Document(SweepPlan plan, SweepForecast forecast) => new()
    {
        ["formatVersion"] = 1,
        ["sweep"] = plan.Name,
        ["forecast"] = new JsonObject
        {
            ["seconds"] = forecast.Seconds,
            ["threads"] = forecast.Threads,
            ["memoryBytes"] = forecast.Bytes,
            ["diskBytes"] = forecast.DiskBytes,
            ["shapes"] = forecast.Shapes,
            ["rehearsed"] = forecast.Rehearsed,
        },
        ["runs"] = new JsonArray([.. plan.Runs.Select(run => new JsonObject
        {
            ["name"] = run.Name,
            ["values"] = new JsonObject(run.Values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        })]),
    };
}
