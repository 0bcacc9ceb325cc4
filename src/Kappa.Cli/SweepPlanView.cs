using System.Globalization;
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
            QueryView.Json(terminal, Document(plan, forecast), PrintedLine.Default.SweepPlanDocument);
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

    private static SweepPlanDocument Document(SweepPlan plan, SweepForecast forecast) => new(
        PrintedJson.Version, plan.Name,
        new ForecastDocument(
            forecast.Seconds, forecast.Threads, forecast.Bytes, forecast.DiskBytes, forecast.Shapes, forecast.Rehearsed),
        plan.Runs.Select(run => new PlannedDocument(run.Name, run.Values)));
}
