using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guides to reproductions and real data, on small folders of the layout that the guide describes.</summary>
public sealed partial class RealDataGuideTests
{
    private const string Page = "docs/guide/real-data.md";

    public static TheoryData<string> Runs => [.. Run().Matches(Repository.Read(Page)).Select(match => match.Groups[1].Value)];

    public static TheoryData<string> Reproductions =>
    [
        .. new[]
        {
            Page, "docs/guide/kernels.md", "docs/guide/shallow-encoders.md",
        }.SelectMany(page => Reproduce().Matches(Repository.Read(page)))
            .Select(match => match.Groups[1].Value).Distinct(),
    ];

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_of_the_guide_reads_the_folder_and_takes_its_steps(string command)
    {
        using var folder = new TemporaryFolder();
        string data = Path().Match(command).Groups[1].Value, at = Make(folder, data);
        RunFiles run = CommandLine.Run(
            folder.At("runs"), command.Replace($"data.path={data}", $"data.path={at}", StringComparison.Ordinal).Split(' '));
        Assert.Contains(at, File.ReadAllText(run.Specification), StringComparison.Ordinal);
        Assert.Equal(10, File.ReadLines(run.Telemetry).Count(line => line.Length > 0 && char.IsAsciiDigit(line[0])));
    }

    // A reproduction takes minutes to hours. Every option is understood, and the
    // folders hold too little for its sizes, which it says before anything runs.
    [Theory]
    [MemberData(nameof(Reproductions))]
    public void A_reproduction_of_the_guides_takes_the_options_and_reads_the_folders_that_it_names(string command)
    {
        using var folder = new TemporaryFolder();
        string words = Folder().Replace(command, match => $"{match.Groups["option"].Value} {Make(folder, match.Groups["folder"].Value)}");
        bool isKernels = command.StartsWith("kernels", StringComparison.Ordinal);
        string[] more = words != command
            ? []
            : isKernels ? ["--pathfinder", Make(folder, "pathfinder32/curv_baseline")]
            : ["--mnist", Make(folder, "mnist")];
        CommandOutcome outcome = CommandLine.Invoke(["reproduce", .. words.Split(' '), .. more, "--out", folder.At("out")]);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        Assert.Matches("must have at least [0-9]+ samples of every class but has [0-9]+ of class 0", outcome.MessageLines[^1]);
    }

    [Fact]
    public void The_guides_have_a_run_on_each_kind_of_folder_and_every_form_of_the_reproductions()
    {
        Assert.Equal(
            ["aclImdb", "mnist", "pathfinder32/curv_baseline"],
            Runs.Select(row => Path().Match(row.Data).Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                "kernels", "kernels --imdb aclImdb --pathfinder pathfinder32/curv_baseline", "kernels --quick", "shallow --mnist <folder>",
                "shallow --quick"],
            Reproductions.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    /// <summary>The folders that the tests make have every name that a layout of the page shows.</summary>
    [Theory]
    [InlineData("aclImdb")]
    [InlineData("mnist")]
    [InlineData("pathfinder32/curv_baseline")]
    public void The_layout_of_the_page_is_that_of_the_folder_that_is_read(string kind)
    {
        using var folder = new TemporaryFolder();
        string at = Make(folder, kind);
        string[] layouts = [.. Layout().Matches(Repository.Read(Page)).Select(match => match.Groups[1].Value)];
        Assert.Equal(3, layouts.Length);
        string[] names = [
            .. Name().Matches(layouts[kind switch { "aclImdb" => 0, "mnist" => 1, _ => 2 }]).Select(match => match.Value.TrimEnd('/'))
                .Where(name => !Number().IsMatch(name))];
        Assert.InRange(names.Length, 4, 8);
        string[] made = [
            .. Directory.EnumerateFileSystemEntries(at, "*", SearchOption.AllDirectories).Select(entry =>
                System.IO.Path.GetFileName(entry))];
        Assert.All(names, name => Assert.Contains(name, made));
    }

    private static string Make(TemporaryFolder folder, string kind)
    {
        string at = folder.At(kind.Replace("<folder>", "mnist", StringComparison.Ordinal));
        return kind switch
        {
            "aclImdb" => PublishedFiles.Reviews(at, 25),
            "pathfinder32/curv_baseline" => PublishedFiles.Pathfinder(at, 40),
            _ => PublishedFiles.Digits(at, 6, compressed: false),
        };
    }

    [GeneratedRegex(@"^kappa run ([^\n#…]+)$", RegexOptions.Multiline)]
    private static partial Regex Run();

    [GeneratedRegex(@"(?:^|`)kappa reproduce ((?:kernels|shallow)[^\n`]*)", RegexOptions.Multiline)]
    private static partial Regex Reproduce();

    [GeneratedRegex(@"data\.path=(\S+)")]
    private static partial Regex Path();

    [GeneratedRegex(@"(?<option>--(?:imdb|pathfinder|mnist)) (?<folder>\S+)")]
    private static partial Regex Folder();

    [GeneratedRegex(@"^```\n<folder>/\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Layout();

    [GeneratedRegex(@"(?<=^| )[a-z0-9][\w.-]*(?:/|\.(?:png|npy|txt)|-ubyte)(?= |$)", RegexOptions.Multiline)]
    private static partial Regex Name();

    // 0_3.txt: the number and the rating of a text are its own.
    [GeneratedRegex(@"^\d+_\d+\.txt$")]
    private static partial Regex Number();
}
