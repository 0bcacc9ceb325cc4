using Xunit;

namespace Kappa.Cli.Tests.Project;

public sealed class FolderOrderTests
{
    private static readonly FolderOrder s_order = new("Kappa.Lab", ["Formats", "Data", "Runs"]);

    [Theory]
    [InlineData(
        "Formats/A.cs", "\nusing Kappa.Lab.Data.Digits;\nnamespace Kappa.Lab.Formats;",
        "Formats/A.cs:2: Formats must not use Data, which comes after it, but has 'using Kappa.Lab.Data.Digits;'")]
    [InlineData("Data/A.cs", "using static Kappa.Lab.Runs.Run;", "move what is used down to Data or below, or this code up to Runs.")]
    [InlineData("Data/A.cs", "using R = Kappa.Lab.Runs.Run;", "Data/A.cs:1: Data must not use Runs")]
    [InlineData(
        "Data/A.cs", "\n\n_ = new Runs.Ladder.Rung();",
        "Data/A.cs:3: Data must not use Runs, which comes after it, but has 'Runs.Ladder.Rung'")]
    [InlineData("Data/A.cs", "_ = new Kappa.Lab.Runs.Run();", "Data must not use Runs")]
    [InlineData("Data/A.cs", "_ = new Lab . Runs . Run();", "Data must not use Runs")]
    [InlineData("A.cs", "using Kappa.Lab.Formats;", "A.cs:1: what lies above all folders must not use Formats")]
    [InlineData(
        "Other/A.cs", "namespace Kappa.Lab.Other;", "Other/A.cs:1: the folder Other has no place in the order Formats ← Data ← Runs")]
    public void An_arrow_against_the_order_is_named_with_its_line_and_what_to_do(string path, string code, string message) =>
        Assert.Contains(message, Assert.Single(Offences(path, code)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Runs/A.cs", "using Kappa.Lab.Formats;\nusing Kappa.Lab.Data.Digits;\n_ = new Data.Digit();")]
    [InlineData("Formats/A.cs", "using System.Data.Common;\nint Seed => Data.Seed + run.Data.Digit.Seed;")]
    [InlineData("Formats/A.cs", "int Count => Runs.Count;")]
    [InlineData("Data/Digits/A.cs", "using Kappa.Lab.Data;\nusing Kappa.Runs;")]
    public void Arrows_along_the_order_and_properties_called_like_folders_are_allowed(string path, string code) =>
        Assert.Empty(Offences(path, code));

    private static IReadOnlyList<string> Offences(string path, string code) => s_order.Offences(
    [
        (path, code), ("Runs/Run.cs", "public sealed class Run;"), ("Runs/Ladder/Rung.cs", "internal readonly record struct Rung(int A);"),
        ("Data/Digit.cs", "enum Digit { Zero }"),
    ]);
}
