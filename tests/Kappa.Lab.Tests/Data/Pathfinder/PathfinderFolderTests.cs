using System.Text;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Data.Pathfinder;
using Kappa.Lab.Formats;
using Kappa.Lab.Tests.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data.Pathfinder;

public sealed class PathfinderFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_in_the_published_layout_is_read_back()
    {
        LabelledImages images = PathfinderGenerator.Create(new PathfinderSpecification(), 6, 5);
        PathfinderFiles.Write(_folder.Path, images, new PathfinderSpecification());
        Assert.True(File.Exists(_folder.At("imgs/0/sample_5.png")));
        Assert.StartsWith(
            $"imgs/0 sample_0.png 0 {images.Labels[0]} 1 6 2 2 0.5 1 1\n", File.ReadAllText(_folder.At("metadata/0.npy")),
            StringComparison.Ordinal);
        Assert.Equal(images.Fingerprint, PathfinderFolder.Read(_folder.Path).Fingerprint);
        LabelledImages some = PathfinderFolder.Read(_folder.Path, perClass: 2, seed: 3);
        Assert.Equal([2, 2], ClassSampling.Count(some.Labels, 2));
    }

    [Fact]
    public void Batches_are_read_in_the_order_of_their_numbers()
    {
        Write("imgs/2 a.png 0 1\n\nimgs/2 b.png 1 0 extra columns\r\n", "2");
        Write("imgs/10 c.png 0 1\n", "10");
        foreach ((string name, byte pixel) in new[] { ("2/a", (byte)1), ("2/b", (byte)2), ("10/c", (byte)3) })
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(_folder.At($"imgs/{name}.png"))!);
            File.WriteAllBytes(_folder.At($"imgs/{name}.png"), PictureFiles.Png(new GreyImage(1, 1, [pixel])));
        }

        LabelledImages images = PathfinderFolder.Read(_folder.Path, size: 1);
        Assert.Equal([1, 2, 3], images.AllPixels.ToArray());
        Assert.Equal([1, 0, 1], images.Labels.ToArray());
        Assert.Contains("a.png: must be a picture of 32 x 32 but the size at offset 16 is 1 x 1", Refusal(), StringComparison.Ordinal);
        Assert.Contains(
            "must take at most 100 bytes but take 108",
            Assert.Throws<BadInputException>(() =>
                PathfinderFolder.Read(_folder.Path, size: 6, limits: new ReadLimits { MaximumBytes = 100 })).Message,
            StringComparison.Ordinal);
        File.Delete(_folder.At("imgs/10/c.png"));
        Assert.Contains(
            "c.png: does not exist", Assert.Throws<BadInputException>(() => PathfinderFolder.Read(_folder.Path, size: 1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_picture_is_left_out_before_any_is_chosen_and_counted()
    {
        LabelledImages images = PathfinderGenerator.Create(new PathfinderSpecification(), 8, 5);
        PathfinderFiles.Write(_folder.Path, images, new PathfinderSpecification());
        string[] whole = [.. Enumerable.Range(0, 4).Select(seed => PathfinderFolder.Read(_folder.Path, 3, seed).Fingerprint)];
        Assert.Equal(4, whole.Distinct().Count());
        _ = Directory.CreateDirectory(_folder.At("elsewhere"));
        File.Move(_folder.At("imgs/0/sample_1.png"), _folder.At("elsewhere/1"));
        _ = File.CreateSymbolicLink(_folder.At("imgs/0/sample_1.png"), "../../elsewhere/1");
        Assert.Equal(whole, Enumerable.Range(0, 4).Select(seed => PathfinderFolder.Read(_folder.Path, 3, seed).Fingerprint));
        File.WriteAllBytes(_folder.At("imgs/0/sample_3.png"), []);
        LabelledImages rest = PathfinderFolder.Read(_folder.Path);
        Assert.Equal([.. images.Labels[..3], .. images.Labels[4..]], rest.Labels.ToArray());
        Assert.EndsWith("; not read: 1 empty picture", rest.Description, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 20), seed => PathfinderFolder.Read(_folder.Path, 3, seed));
    }

    [Theory]
    [InlineData("imgs/0 a.png 0\n", "0.npy:1: must have at least 4 columns")]
    [InlineData("imgs/0 a.png 0 1\nimgs/0 b.png 1 2\n", "0.npy:2: must have label 0 or 1 in column 4 but has '2' (offset 17)")]
    [InlineData("imgs/0 a.png 0 1\nimgs/0 b.png 1 1\n", "none of class 0")]
    [InlineData("../secret a.png 0 1\n", "must name a picture below its folder")]
    [InlineData("/etc passwd 0 1\n", "must name a picture below its folder")]
    [InlineData("imgs ../a.png 0 1\n", "must name a picture below its folder")]
    [InlineData("imgs sub/a.png 0 1\nimgs b.png 0 0\n", "sub/a.png: does not exist")]
    public void Lines_that_are_wrong_are_refused_with_their_place(string metadata, string reason)
    {
        Write(metadata, "0");
        Assert.Contains(reason, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_array_of_numpy_and_a_missing_folder_say_what_to_do()
    {
        Assert.Contains("metadata: must be a folder but does not exist", Refusal(), StringComparison.Ordinal);
        _ = Directory.CreateDirectory(_folder.At("metadata"));
        Assert.Contains("must contain files *.npy but contains none", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("metadata/0.npy"), [0x93, (byte)'N', (byte)'U']);
        Assert.Contains("numpy.savetxt", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_mutation_of_the_metadata_makes_the_reader_fail_otherwise()
    {
        byte[] valid = Encoding.UTF8.GetBytes("imgs/0 sample_0.png 0 1 1.0 6 2 2 0.5 1 1\nimgs/0 sample_1.png 1 0 1.0 6 2 2 0.5 1 1\n");
        static void Read(Stream stream) => PathfinderEntry.Parse(InputBytes.Read(stream, "fuzz", 1 << 20), "fuzz");
        Assert.InRange(ReaderFuzz.RunMutations(valid, "pathfinder", 5000, Read), 500, 4500);
        // A line cut off after its label is a line still; one cut off before is refused.
        Assert.InRange(ReaderFuzz.RunTruncations(valid, Read), 40, valid.Length - 30);
    }

    private void Write(string metadata, string batch)
    {
        _ = Directory.CreateDirectory(_folder.At("metadata"));
        File.WriteAllText(_folder.At($"metadata/{batch}.npy"), metadata);
    }

    private string Refusal() => Assert.Throws<BadInputException>(() => PathfinderFolder.Read(_folder.Path)).Message;
}
