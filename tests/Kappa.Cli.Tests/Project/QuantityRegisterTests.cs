using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The register of quantities is complete: every row has every cell that a reader needs.</summary>
public sealed class QuantityRegisterTests
{
    private const string Page = "docs/quantities.md";

    private static readonly string[] Header = ["column", "symbol", "label", "unit", "estimator", "cost", "error column"];

    /// <summary>Rows of the tables headed "column", as cells.</summary>
    internal static string[][] Rows { get; } = [.. Repository.Read(Page).Split("\n## ").Where(part => part.Contains("| column |", StringComparison.Ordinal))
        .SelectMany(part => part.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Cells))];

    [Fact]
    public void Every_row_of_the_register_has_every_cell()
    {
        Assert.NotEmpty(Rows);
        Assert.All(Rows, row =>
        {
            Assert.True(row.Length == Header.Length, $"{Page}: a row must have {Header.Length} cells but {row[0]} has {row.Length}.");
            Assert.All(Enumerable.Range(0, Header.Length).Where(k => Header[k] is not "label"), k => Assert.True(row[k].Length > 0, $"{Page}: {row[0]} has no {Header[k]}."));
        });
    }

    [Fact]
    public void Every_name_is_registered_once()
    {
        Assert.Equal(Rows.Length, Rows.Select(row => row[0]).Distinct().Count());
    }

    /// <summary>Cells of a table row; a bar within a formula is written ‖ and never |.</summary>
    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim().Trim('`'))];
}
