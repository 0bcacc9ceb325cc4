using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>What may depend on what, and what may not be called where. Every message names the replacement.</summary>
public sealed class ArchitectureTests
{
    /// <summary>A folder may use those before it.</summary>
    private static readonly Dictionary<string, FolderOrder> Orders = new()
    {
        ["Kappa"] = new("Kappa", ["Numerics", "Models", "Spectra", "Descent", "Certificates"]),
        ["Kappa/Certificates"] = new("Kappa.Certificates", ["Enclosures", "Ball", "Path", "KernelAttention", "ShallowEncoder"]),
        ["Kappa.Lab"] = new("Kappa.Lab", Written("docs/decisions/laboratory-order.md")),
    };

    /// <summary>The list of every theorem lies above the folders and names what is in them.</summary>
    private const string TheoremList = "src/Kappa/Certificates/Theorems.cs";

    /// <summary>A project may use these packages; each has a page in docs/decisions.</summary>
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["src/Kappa/Kappa.csproj"] = ["System.Numerics.Tensors"],
        ["src/Kappa.Lab/Kappa.Lab.csproj"] = ["YamlDotNet", "Microsoft.Data.Sqlite", "SQLitePCLRaw.bundle_e_sqlite3"],
        ["src/Kappa.Cli/Kappa.Cli.csproj"] = ["System.CommandLine", "Spectre.Console"],
        ["src/Kappa.Bench/Kappa.Bench.csproj"] = [],
        ["tests/Kappa.Tests/Kappa.Tests.csproj"] = ["Microsoft.NET.Test.Sdk", "xunit.v3", "xunit.runner.visualstudio", "MathNet.Numerics"],
        ["tests/Kappa.Lab.Tests/Kappa.Lab.Tests.csproj"] = ["Microsoft.NET.Test.Sdk", "xunit.v3", "xunit.runner.visualstudio"],
        ["tests/Kappa.Bench.Tests/Kappa.Bench.Tests.csproj"] = ["Microsoft.NET.Test.Sdk", "xunit.v3", "xunit.runner.visualstudio"],
        ["tests/Kappa.Cli.Tests/Kappa.Cli.Tests.csproj"] = ["Microsoft.NET.Test.Sdk", "xunit.v3", "xunit.runner.visualstudio"],
    };

    /// <summary>A project may reference these projects.</summary>
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["src/Kappa/Kappa.csproj"] = [],
        ["src/Kappa.Lab/Kappa.Lab.csproj"] = ["Kappa"],
        ["src/Kappa.Bench/Kappa.Bench.csproj"] = ["Kappa.Lab"],
        ["src/Kappa.Cli/Kappa.Cli.csproj"] = ["Kappa.Lab", "Kappa.Bench"],
    };

    private static readonly Ban[] Bans =
    [
        new(
            @"\bTensorPrimitives\s*\.\s*SoftMax\b", ["src/"],
            "it does not subtract the maximum and gives NaN at logits near 710: use Kappa.Numerics.RowSoftmax"),
        new(
            @"\bnew\s+Random\s*\(\s*\)|\bRandom\s*\.\s*Shared\b", ["src/", "tests/"],
            "unseeded: use Kappa.Numerics.RandomSequence with a seed and a name"),
        new(
            @"\bnew\s+Random\s*\(", ["src/"],
            "its numbers depend on the order of drawing: use Kappa.Numerics.RandomSequence with a seed and a name"),
        new(
            @"\bDateTime(Offset)?\s*\.\s*Now\b", ["src/", "tests/"],
            "local time does not travel: use DateTimeOffset.UtcNow, in the laboratory only"),
        new(
            @"\bDateTime(Offset)?\s*\.\s*UtcNow\b|\bStopwatch\b", ["src/Kappa/"],
            "the mathematics has no clock: measure in Kappa.Lab and pass a value"),
        new(
            @"\bConsole\s*\.\s*[A-Z]", ["src/Kappa/", "src/Kappa.Lab/", "src/Kappa.Bench/"],
            "libraries do not print: return a value and let Kappa.Cli print it"),
        new(
            @"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\b", ["src/", "tests/"],
            "wait for the event itself, with a timeout (ManualResetEventSlim, Process.WaitForExit)"),
        new(
            @"\b(HttpClient|WebClient|TcpClient|UdpClient|Socket|HttpListener|WebRequest)\b", ["src/"],
            "no network: data come from files that the user names"),
        new(
            @"\bEnvironment\s*\.\s*Exit\b", ["src/Kappa/", "src/Kappa.Lab/", "src/Kappa.Bench/"],
            "a library does not end the process: throw, or return an outcome"),
        new(@"\bGuid\s*\.\s*NewGuid\b", ["src/"], "a name must be reproducible: use the hash of the specification"),
        new(
            @"\b5\s*\*\s*(?:\w+\s*\.\s*)*(?:[lL]ayer|[dD]epth|block|l)\b|\b(?:[lL]ayer|[dD]epth|block|l)\s*\*\s*5\b", ["src/", "tests/"],
            "the place of a matrix has a name: use Kappa.Models.BlockIndices"),
        new(@"#\s*region\b", ["src/", "tests/"], "a file that needs regions holds more than one concept: split it"),
        new(@"\bNotImplementedException\b", ["src/"], "finish it or leave it out"),
    ];

    [Fact]
    public void Each_folder_uses_only_folders_before_it()
    {
        foreach ((string project, FolderOrder order) in Orders)
        {
            string top = $"src/{project}/";
            IReadOnlyList<string> offences = order.Offences(
                [
                    .. Repository.Under(top, ".cs").Where(path => path != TheoremList)
                        .Select(path => (path[top.Length..], SourceText.Of(Repository.Read(path)).Code))]);
            Assert.True(
                offences.Count == 0, $"The order in {project} is {order}:\n{string.Join('\n', offences.Select(offence => top + offence))}");
        }
    }

    [Fact]
    public void Each_file_of_Kappa_declares_the_namespace_of_its_folder()
    {
        IEnumerable<string> offences = Repository.Under("src/", ".cs").Where(path => path != "src/Kappa.Cli/Program.cs")
            .Where(path =>
                !SourceText.Of(Repository.Read(path)).Code.Contains(
                    $"namespace {string.Join('.', path.Split('/')[1..^1])};", StringComparison.Ordinal));
        Assert.True(
            !offences.Any(),
            $"A namespace is the folder, file-scoped; rename the namespace or move the file:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Each_project_uses_only_its_listed_packages()
    {
        foreach (string path in Repository.Under("", ".csproj"))
        {
            Assert.True(
                Packages.TryGetValue(path, out string[]? allowed),
                $"{path} is not in the package list of {nameof(ArchitectureTests)}: add it with the packages it may use.");
            IEnumerable<string> others = Included(path, "PackageReference").Except(allowed);
            Assert.True(
                !others.Any(),
                $"{path} must use only [{string.Join(", ", allowed)}] but uses [{string.Join(", ", others)}] too: write half a page in "
                    + $"docs/decisions and add it here, or do without.");
        }
    }

    [Fact]
    public void Each_project_references_only_the_projects_below_it()
    {
        foreach ((string path, string[] allowed) in Projects)
        {
            IEnumerable<string> others = Included(path, "ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'))).Except(allowed);
            Assert.True(
                !others.Any(),
                $"{path} must reference only [{string.Join(", ", allowed)}] but references [{string.Join(", ", others)}] too: move the "
                    + $"code down.");
        }
    }

    [Fact]
    public void Each_package_has_its_decision()
    {
        string decisions = string.Join('\n', Repository.Under("docs/decisions/", ".md").Select(Repository.Read));
        IEnumerable<string> silent = Repository.Under("", ".csproj").SelectMany(path => Included(path, "PackageReference")).Distinct()
            .Where(package => !decisions.Contains(package, StringComparison.Ordinal));
        Assert.True(
            !silent.Any(),
            $"Write half a page in docs/decisions (why, what else, cost, when to look again) about: {string.Join(", ", silent)}.");
    }

    [Fact]
    public void Forbidden_calls_do_not_occur()
    {
        List<string> offences = [];
        foreach (string path in Repository.Under("", ".cs").Where(path => path != "tests/Kappa.Cli.Tests/Project/ReasonTests.cs"))
        {
            string code = SourceText.Of(Repository.Read(path)).Code;
            offences.AddRange(Bans.Where(ban => ban.Folders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
                .SelectMany(ban => Repository.Places(path, code, ban.Pattern).Select(place => $"{place}: {ban.Instead}")));
        }

        Assert.True(offences.Count == 0, string.Join('\n', offences));
    }

    private static string[] Written(string page) =>
        Repository.Read(page).Split('\n').First(line => line.Contains(" ← ", StringComparison.Ordinal)).Split(" ← ");

    private static IEnumerable<string> Included(string project, string item) =>
        XDocument.Parse(Repository.Read(project)).Descendants(item).Select(element => element.Attribute("Include")?.Value).OfType<string>();

    private sealed record Ban(string Expression, string[] Folders, string Instead)
    {
        public Regex Pattern { get; } = new(Expression);
    }
}
