using System.Globalization;
using Kappa.Bench;
using Kappa.Numerics;
using Spectre.Console;

namespace Kappa.Cli;

/// <summary>A benchmark result as tables.</summary>
internal static class BenchView
{
    /// <summary>One row in words, for the progress.</summary>
    public static string Line(BenchmarkRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Case(row)}: {row.Side} {NumberText.Of(row.Microseconds.Median)} "
            + $"µs{(row.Ratio is { } ratio ? $" ({ratio.Median:F2} times kappa)" : "")}");

    /// <summary>Machine, measurements, findings, and the required numbers beside the measured ones.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="result">The result.</param>
    /// <param name="withRequirements">Whether it is held against the required numbers:
    /// they are asked of a full measurement, and a quick look is none.</param>
    public static void Print(Terminal terminal, BenchmarkResult result, bool withRequirements)
    {
        BenchmarkMachine machine = result.Machine;
        terminal.Paragraph(0, string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.Cores} cores, {machine.VectorBits}-bit vectors, peak of one core {machine.PeakDouble:F1} "
                + $"GFLOP/s double, {machine.PeakSingle:F1} single; Kappa {machine.Kappa}, {machine.Runtime}, {machine.Date}"));
        terminal.Paragraph(0, $"torch: {machine.Torch}", hanging: 2);
        terminal.Results.WriteLine(machine.CountsInstructions ? "instructions: counted" : "instructions: no counter on this machine");
        Measurements(result).Print(terminal);
        foreach (string finding in result.Findings)
        {
            terminal.Paragraph(0, finding, hanging: 2);
        }

        if (withRequirements)
        {
            Required(result).Print(terminal);
        }
        else
        {
            terminal.Paragraph(
                0,
                "A quick look: few and short rounds, so the numbers wander by some per cent. A measurement, held against what is "
                    + "required: kappa bench.");
        }
    }

    private static ResultTable Measurements(BenchmarkResult result)
    {
        var table = new ResultTable(
            "case", "side", "median µs", new ResultColumn("quartiles", 3), new ResultColumn("GFLOP/s", 2), new ResultColumn("of peak", 4),
            "times kappa", new ResultColumn("bytes", 1));
        foreach (BenchmarkRow row in result.Rows)
        {
            _ = table.Row(
                Case(row), row.Side, Number(row.Microseconds.Median), $"{Number(row.Microseconds.Lower)}–{Number(row.Microseconds.Upper)}",
                row.Gflops is double rate ? rate.ToString("F1", CultureInfo.InvariantCulture) : "",
                row.ShareOfPeak is double share ? share.ToString("P0", CultureInfo.InvariantCulture) : "",
                row.Ratio is { } ratio
                    ? string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:F2} ({ratio.Lower:F2}–{ratio.Upper:F2})")
                    : "",
                row.Bytes is double bytes ? bytes.ToString("F0", CultureInfo.InvariantCulture) : "");
        }

        return table;
    }

    private static ResultTable Required(BenchmarkResult result)
    {
        var table = new ResultTable("required", "bound", "measured", "");
        foreach (SpeedRequirement requirement in SpeedRequirement.Table(result.Rows).Where(requirement => requirement.Measured is not null))
        {
            _ = table.Row(
                requirement.Name,
                string.Create(CultureInfo.InvariantCulture, $"{(requirement.IsUpperBound ? "≤" : "≥")} {requirement.Bound}"),
                Number(requirement.Measured!.Value),
                new ResultCell(
                    requirement.IsReached == true ? "reached" : "not reached", requirement.IsReached == true ? Color.Green : Color.Red));
        }

        return table;
    }

    private static string Case(BenchmarkRow row) =>
        $"{row.Work} {row.Size}{(row.Depth > 0 ? $" depth {row.Depth}" : "")}{(row.Precision == Precision.Single ? " single" : "")}"
            + $"{(row.Threads > 1 ? $" {row.Threads} threads" : "")}";

    private static string Number(double value) => NumberText.Of(value);
}
