using System.IO.Compression;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Commands on folders with the names and formats of the published files, sound and damaged.</summary>
public sealed class PublishedDataTests
{
    private const string Run =
        "run model.kind=classifier width=8 heads=2 ffnWidth=8 method=adam stepSize=0.01 batchSize=10 steps=4 samples=20 testSamples=10";

    [Theory]
    [InlineData("mnist", "source=digits patch=14")]
    [InlineData("mnist.gz", "source=digits patch=14")]
    [InlineData("imdb", "source=reviews tokens=40")]
    [InlineData("pathfinder", "source=pathfinder patch=8")]
    public void A_classifier_trains_on_the_published_layout(string kind, string words)
    {
        using var folder = new TemporaryFolder();
        string data = Make(folder, kind), store = Path.Combine(folder.Path, "runs");
        string[] command = [.. Run.Split(' ')[1..], .. words.Split(' ')];
        RunFiles onFiles = CommandLine.Run(store, [.. command, $"data.path={data}"]), onStandIn = CommandLine.Run(store, command);
        Assert.NotEqual(File.ReadAllText(onStandIn.Telemetry), File.ReadAllText(onFiles.Telemetry));
        Assert.Contains(data, File.ReadAllText(onFiles.Specification), StringComparison.Ordinal);
    }

    // The plan reads the files before anything runs, so a mistake costs no time.
    [Theory]
    [InlineData("kernels --quick --imdb", "imdb", "train/pos", "must have at least 256 samples of every class but has 20 of class 0.")]
    [InlineData(
        "kernels --quick --pathfinder", "pathfinder", "imgs", "must have at least 384 samples of every class but has 20 of class 0.")]
    [InlineData(
        "shallow --quick --mnist", "mnist", "train-images-idx3-ubyte",
        "must have at least 100 samples of every class but has 4 of class 0.")]
    [InlineData("shallow --quick --mnist", "mnist.gz", "", "must have at least 100 samples of every class but has 4 of class 0.")]
    public void A_reproduction_says_when_a_sound_folder_holds_too_little(string words, string kind, string existing, string message)
    {
        using var folder = new TemporaryFolder();
        string data = Make(folder, kind);
        Assert.True(Path.Exists(Path.Combine(data, existing)), existing);
        _ = Refused(folder, words, data, message);
    }

    [Theory]
    [InlineData("kernels --quick --imdb", "imdb", "train/neg", "not-utf8", "must be UTF-8 text but its bytes are not at offset 3.")]
    [InlineData("kernels --quick --imdb", "imdb", "test/pos", "empty", "but there are only 400 empty files:")]
    [InlineData("kernels --quick --imdb", "imdb", "test/pos", "gone", "must be a folder but does not exist as one")]
    [InlineData(
        "kernels --quick --pathfinder", "pathfinder", "metadata/0.npy", "label",
        "must have label 0 or 1 in column 4 but has '7' (offset")]
    [InlineData("kernels --quick --pathfinder", "pathfinder", "imgs/1", "gone", "does not exist.")]
    [InlineData("kernels --quick --pathfinder", "pathfinder", "imgs/0", "short", "at offset 33 must end within the file's 40 bytes")]
    [InlineData(
        "shallow --quick --mnist", "mnist", "train-images-idx3-ubyte", "short",
        "must be followed by 31360 bytes from offset 16 on but 24 are there.")]
    [InlineData("shallow --quick --mnist", "mnist", "t10k-labels-idx1-ubyte", "magic", "(byte at offset 3)")]
    [InlineData(
        "shallow --quick --mnist", "mnist", "t10k-labels-idx1-ubyte", "label",
        "labels must be 0 to 9 but label 2 at offset 10 of the uncompressed file is 55.")]
    [InlineData("shallow --quick --mnist", "mnist.gz", "train-images-idx3-ubyte.gz", "bomb", "and 200-fold, but its")]
    [InlineData("shallow --quick --mnist", "mnist.gz", "t10k-images-idx3-ubyte.gz", "gone", "must contain one of t10k-images-idx3-ubyte,")]
    public void A_damaged_folder_is_one_line_with_file_and_offset_and_exit_code_3(
        string words, string kind, string file, string damage, string message)
    {
        using var folder = new TemporaryFolder();
        string data = Make(folder, kind, perClass: kind.StartsWith("mnist", StringComparison.Ordinal) ? 4 : 400);
        Damage(Path.Combine(data, file), damage);
        string line = Refused(folder, words, data, message);
        Assert.Contains(damage == "gone" ? data : Path.GetFileName(file), line, StringComparison.Ordinal);
    }

    private static string Refused(TemporaryFolder folder, string words, string data, string message)
    {
        CommandOutcome outcome = CommandLine.Invoke(
            ["reproduce", .. words.Split(' '), data, "--out", Path.Combine(folder.Path, "out"), "--quiet"]);
        string line = Assert.Single(outcome.MessageLines);
        Assert.Contains(message, line, StringComparison.Ordinal);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        return line;
    }

    private static string Make(TemporaryFolder folder, string kind, int? perClass = null)
    {
        string at = Path.Combine(folder.Path, "data");
        return kind switch
        {
            "imdb" => PublishedFiles.Reviews(at, perClass ?? 20),
            "pathfinder" => PublishedFiles.Pathfinder(at, perClass ?? 20),
            _ => PublishedFiles.Digits(at, perClass ?? 4, compressed: kind.EndsWith("gz", StringComparison.Ordinal)),
        };
    }

    private static void Damage(string path, string damage)
    {
        if (Directory.Exists(path))
        {
            if (damage == "gone")
                Directory.Delete(path, recursive: true);
            else
                Assert.All(Directory.GetFiles(path), file => Damage(file, damage));
            return;
        }

        byte[] content = File.ReadAllBytes(path);
        switch (damage)
        {
            case "gone":
                File.Delete(path);
                return;
            case "not-utf8":
                content = [.. "caf"u8, 0xE9, (byte)' ', (byte)'x'];
                break;
            case "empty":
                content = [];
                break;
            case "short":
                content = content[..40];
                break;
            case "magic":
                content[3] = 3;
                break;
            case "label" when content[0] == 0:
                content[10] = 55;
                break;
            case "label":
                File.WriteAllText(path, File.ReadAllText(path).Replace(" 5 1 1.8", " 5 7 1.8", StringComparison.Ordinal));
                return;
            default:
                using (var bomb = new GZipStream(File.Create(path), CompressionLevel.SmallestSize))
                {
                    bomb.Write(new byte[64 << 20]);
                }

                return;
        }

        File.WriteAllBytes(path, content);
    }
}
