using System.Globalization;
using Kappa.Lab.Benchmarks;
using Kappa.Numerics;
using Spectre.Console;

namespace Kappa.Cli;

/// <summary>A benchmark result as tables.</summary>
internal static class BenchView
{
    private const int Columns = 150;

    /// <summary>One row in words, for the progress.</summary>
    public static string Line(BenchmarkRow row) => string.Create(
        CultureInfo.InvariantCulture, $"{Case(row)}: {row.Side} {row.Microseconds.Median:G4} µs{(row.Ratio is { } ratio ? $" ({ratio.Median:F2} times kappa)" : "")}");

    /// <summary>Machine, measurements, findings, and the required numbers beside the measured ones.</summary>
    public static void Print(Terminal terminal, BenchmarkResult result)
    {
        BenchmarkMachine machine = result.Machine;
        terminal.Results.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.Cores} cores, {machine.VectorBits}-bit vectors, peak of one core {machine.PeakDouble:F1} GFLOP/s double, {machine.PeakSingle:F1} single; Kappa {machine.Kappa}, {machine.Runtime}, {machine.Date}"));
        terminal.Results.WriteLine($"torch: {machine.Torch}");
        terminal.Results.WriteLine(machine.CountsInstructions ? "instructions: counted" : "instructions: no counter on this machine");
        terminal.Render(Measurements(result), Columns);
        foreach (string finding in result.Findings)
        {
            terminal.Results.WriteLine(finding);
        }

        terminal.Render(Required(result), Columns);
    }

    private static Table Measurements(BenchmarkResult result)
    {
        var table = new Table { Border = TableBorder.Rounded };
        _ = table.AddColumns("case", "side", "median µs", "quartiles", "GFLOP/s", "of peak", "times kappa", "bytes");
        foreach (BenchmarkRow row in result.Rows)
        {
            _ = table.AddRow(
                new Text(Case(row)), new Text(row.Side), new Text(Number(row.Microseconds.Median)), new Text($"{Number(row.Microseconds.Lower)}–{Number(row.Microseconds.Upper)}"),
                new Text(row.Gflops is double rate ? rate.ToString("F1", CultureInfo.InvariantCulture) : ""), new Text(row.ShareOfPeak is double share ? share.ToString("P0", CultureInfo.InvariantCulture) : ""),
                new Text(row.Ratio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:F2} ({ratio.Lower:F2}–{ratio.Upper:F2})") : ""),
                new Text(row.Bytes is double bytes ? bytes.ToString("F0", CultureInfo.InvariantCulture) : ""));
        }

        return table;
    }

    private static Table Required(BenchmarkResult result)
    {
        var table = new Table { Border = TableBorder.Rounded };
        _ = table.AddColumns("required", "bound", "measured", "");
        foreach (Requirement requirement in Requirement.Table(result.Rows).Where(requirement => requirement.Measured is not null))
        {
            _ = table.AddRow(
                new Text(requirement.Name), new Text(string.Create(CultureInfo.InvariantCulture, $"{(requirement.IsUpperBound ? "≤" : "≥")} {requirement.Bound}")),
                new Text(Number(requirement.Measured!.Value)), new Text(requirement.IsReached == true ? "reached" : "not reached", new Style(requirement.IsReached == true ? Color.Green : Color.Red)));
        }

        return table;
    }

    private static string Case(BenchmarkRow row) =>
        $"{row.Work} {row.Size}{(row.Depth > 0 ? $" depth {row.Depth}" : "")}{(row.Precision == Precision.Single ? " single" : "")}{(row.Threads > 1 ? $" {row.Threads} threads" : "")}";

    private static string Number(double value) => value.ToString(Math.Abs(value) < 10_000 ? "G4" : "F0", CultureInfo.InvariantCulture);
}
