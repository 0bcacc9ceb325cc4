using System.CommandLine;
using System.Text.Json;
using Kappa.Lab.Selftest;
using Spectre.Console;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa selftest</c>: reference values, gradient checks, closed
/// forms, thread independence and certified runs, on the user's machine.</summary>
internal static class SelftestCommand
{
    // A day of them.
    private const int MostCertifiedRuns = 100_000_000;

    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        Option<int?> runs = OptionRange.Integer(
            "--certified-runs",
            $"Random certified runs to follow for each theorem (default: {SelftestSuite.DefaultCertifiedRuns}); 100000 take some minutes.");
        var command = new Command(
            "selftest", "Check the numerics on this machine against reference values, differences and closed forms.") { runs, json };
        command.SetAction(parsed => Run(terminal, parsed.GetValue(runs), parsed.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, int? certifiedRuns, bool json)
    {
        OptionRange.Require("--certified-runs", certifiedRuns, 0, MostCertifiedRuns);
        SelftestCheck[] checks = [.. SelftestSuite.Run(certifiedRuns ?? SelftestSuite.DefaultCertifiedRuns)];
        int failed = checks.Count(check => !check.Passed);
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                passed = checks.Length - failed,
                failed,
                checks = checks.Select(check =>
                    new
                    {
                        group = check.Group,
                        name = check.Name,
                        error = Finite(check.Error),
                        tolerance = check.Tolerance,
                        measure = check.Measure,
                        passed = check.Passed,
                    }),
            }));
        }
        else
        {
            AsTable(checks).Print(terminal);
            terminal.Paragraph(0, $"{checks.Length - failed} checks passed, {failed} failed.");
        }

        return failed == 0 ? ExitCode.Done : ExitCode.NegativeVerdict;
    }

    private static ResultTable AsTable(SelftestCheck[] checks)
    {
        var table = new ResultTable(new ResultColumn("group", 2), "check", "error", "allowed", new ResultColumn("measure", 1), "result");
        foreach (SelftestCheck check in checks)
        {
            _ = table.Row(
                check.Group, check.Name, Shown(check.Error), Shown(check.Tolerance), check.Measure,
                new ResultCell(check.Passed ? "passed" : "FAILED", check.Passed ? Color.Green : Color.Red));
        }

        return table;
    }

    private static string Shown(double value) => PlainText.Rough(value);

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
