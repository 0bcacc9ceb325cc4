using System.Text.RegularExpressions;
using Kappa.Descent;
using Kappa.Models;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The register of quantities is complete: every row has every cell
/// that a reader needs, and every column that is written has its row.</summary>
public sealed partial class QuantityRegisterTests
{
    private const string Page = "docs/quantities.md";

    private static readonly string[] Header = ["column", "symbol", "label", "unit", "estimator", "cost", "error column"];

    /// <summary>Rows of the tables headed "column", as cells.</summary>
    internal static string[][] Rows { get; } = [
        .. Repository.Read(Page).Split("\n## ").Where(part => part.Contains("| column |", StringComparison.Ordinal))
        .SelectMany(part => part.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Cells))];

    [Fact]
    public void Every_row_of_the_register_has_every_cell()
    {
        Assert.NotEmpty(Rows);
        Assert.All(Rows, row =>
        {
            Assert.True(row.Length == Header.Length, $"{Page}: a row must have {Header.Length} cells but {row[0]} has {row.Length}.");
            Assert.All(
                Enumerable.Range(0, Header.Length).Where(k => Header[k] is not "label"),
                k => Assert.True(row[k].Length > 0, $"{Page}: {row[0]} has no {Header[k]}."));
        });
    }

    [Fact]
    public void Every_name_is_registered_once()
    {
        Assert.Equal(Rows.Length, Rows.Select(row => row[0]).Distinct().Count());
    }

    [Fact]
    public void The_register_is_the_text_of_the_list_of_quantities()
    {
        string[] expected = [
            .. Quantities.All.Select(quantity =>
                $"| {string.Join(" | ", quantity.Register.Select(cell => cell.Length == 0 ? " " : cell))} |".Replace(
                    "|   |", "| |", StringComparison.Ordinal))];
        string[] written = [
            .. Repository.Read(Page).Split('\n')
                .Where(line => expected.Any(row => row.Split('|')[1] == line.Split('|').ElementAtOrDefault(1)))];
        Assert.Equal(expected, written);
    }

    /// <summary>A probe of a model that has everything: two blocks, a readout, all kinds of parameters trained.</summary>
    [Fact]
    public void The_probe_writes_exactly_the_registered_quantities()
    {
        ResidualTransformerShape shape = new() { Depth = 2, Width = 4, FfnWidth = 5, ReadoutWidth = 3 };
        using var model = ResidualTransformer.WithoutTargets(shape, Matrix.Allocate(6, 4), samples: 2);
        string[] written = [
            .. new TelemetryProbe(model, TrainedSet.All, movement: true).Columns.Select(Pattern).Distinct().Order(StringComparer.Ordinal)];
        string[] others = [Quantities.TestLoss.Name, Quantities.TestAccuracy.Name];
        string[] listed = [.. Quantities.All.Select(quantity => quantity.Pattern).Except(others).Order(StringComparer.Ordinal)];
        Assert.Equal(listed, written);
    }

    private static string Pattern(string column) =>
        Kind().Replace(Part().Replace(Layer().Replace(column, "l<l>."), ".<part>."), "$1.<kind>");

    [GeneratedRegex(@"^l\d+\.")]
    private static partial Regex Layer();

    [GeneratedRegex(@"\.(branch|output)\.")]
    private static partial Regex Part();

    [GeneratedRegex(@"^(gradientNorm|movement)\.(query|key|value|ffnIn|ffnOut|readout)$")]
    private static partial Regex Kind();

    /// <summary>Cells of a table row; a bar within a formula is written ‖ and never |.</summary>
    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim().Trim('`'))];
}
