using System.Text;
using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>What often lies in the place of data is named as what it is, whatever reader meets it.</summary>
public sealed class StandInTests : IDisposable
{
    private const string Lfs = "version https:"
        + "//git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nsize 12345\n";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Contents => new()
    {
        { Lfs, "is a pointer of Git LFS: the content was not fetched" },
        { "/annex/objects/SHA256E-s100--0123.npy\n", "is a pointer of git-annex: the content was not fetched" },
        { "<!DOCTYPE html>\n<html><body>404</body></html>", "is a web page" },
        { "\uFEFF\n  <HTML lang=en>", "is a web page" },
        { "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is a web page" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Contents))]
    public void Every_reader_of_binary_files_names_it(string content, string reason)
    {
        string path = _folder.At("file");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(content));
        Action[] readers =
        [
            () => NpyFile.Read(path),
            () => NpzFile.Read(path),
            () => SafetensorsFile.Read(path),
            () => PngFile.Read(path, ReadLimits.Default),
            () => IdxFile.Read(path, 3, ReadLimits.Default),
            () => ArrayTokens.Read(path, path),
            () => ArrayTokens.ReadArchive(path),
            () => PointFile.Read(path),
        ];
        Assert.All(readers, read => Assert.Contains(reason, Assert.Throws<BadInputException>(read).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_pointer_in_place_of_text_is_named_and_a_page_is_text()
    {
        string path = _folder.At("file");
        File.WriteAllText(path, "<!DOCTYPE html>");
        Assert.Equal(15, TextCorpus.Load(path).Bytes.Length);
        File.WriteAllText(path, Lfs);
        Assert.Contains("Git LFS", Assert.Throws<BadInputException>(() => TextCorpus.Load(path)).Message, StringComparison.Ordinal);
        Assert.Contains("Git LFS", Assert.Single(SpecificationReader.Read(path, []).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_content_that_was_not_fetched_is_named()
    {
        string path = _folder.At("file");
        _ = File.CreateSymbolicLink(path, ".git/annex/objects/SHA256E-s100--0123.npy");
        Assert.Contains(
            "is a link to '.git/annex/objects/SHA256E-s100--0123.npy', which does not exist",
            Assert.Throws<BadInputException>(() => NpyFile.Read(path)).Message, StringComparison.Ordinal);
    }
}
