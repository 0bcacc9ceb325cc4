using System.Text.RegularExpressions;
using Kappa.Bench;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>No number of the README's speed table is typed: each comes from a committed row.</summary>
public sealed partial class SpeedTableTests
{
    [Fact]
    public void The_speed_table_of_the_README_is_the_one_generated_from_the_rows_it_links_to()
    {
        string page = Repository.Read("README.md");
        string folder = Rows().Match(page).Groups["folder"].Value;
        Assert.True(
            folder.Length > 0,
            "The README must link to the rows of its speed table; write it with: kappa bench --from benchmarks/results/MACHINE --readme "
                + "README.md");
        BenchmarkResult result = BenchmarkFiles.Read(Path.Combine(Repository.Root, folder));
        Assert.True(
            SpeedTable.Replace(page, result) == page,
            $"The README's speed table must be the generated one; write it with: kappa bench --from {folder} --readme README.md");
    }

    [Fact]
    public void The_count_of_instructions_that_a_step_is_held_to_is_recorded() =>
        Assert.True(
            long.Parse(
                Repository.Read("benchmarks/results/tiny-step-instructions.txt"), System.Globalization.CultureInfo.InvariantCulture) > 0);

    [GeneratedRegex(@"\[rows\]\((?<folder>benchmarks/results/[\w-]+)/rows\.csv\)")]
    private static partial Regex Rows();
}
