using System.Security.Cryptography;
using System.Text;
using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data;

public sealed class TextCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_read_in_the_ordinal_order_of_relative_paths_without_hidden_and_empty_files()
    {
        Make("b.txt", "3");
        Make("a/z.txt", "1");
        Make("a-b.txt", "0");
        Make("a/é.txt", "2");
        Make(".hidden", "no");
        Make(".git/config", "no");
        Make("empty.txt", "");
        Make("Z.txt", "-");
        TextCorpus corpus = TextCorpus.Load(_folder.Path);
        // '-' (2D) precedes '/' (2F), capitals precede small letters.
        Assert.Equal("-0123", Encoding.UTF8.GetString(corpus.Bytes));
        Assert.Equal(5, corpus.Files);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("-0123"u8)), corpus.Hash);
    }

    [Fact]
    public void The_built_in_corpus_is_text_of_several_files()
    {
        TextCorpus corpus = TextCorpus.BuiltIn();
        Assert.True(corpus.Files > 1);
        Assert.True(corpus.Bytes.Length > 1000);
        Assert.DoesNotContain('\0', Encoding.UTF8.GetString(corpus.Bytes));
    }

    [Theory]
    [InlineData(new byte[] { 65, 66, 0, 67 }, "zero byte at offset 2")]
    [InlineData(new byte[] { 65, 0xC3, 0xA9, 0xFF, 67 }, "not at offset 3")]
    [InlineData(new byte[] { 65, 0xC3 }, "not at offset 1")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "not at offset 0")]
    [InlineData(new byte[] { }, "is empty")]
    public void A_file_that_is_no_text_is_refused_with_the_offset(byte[] content, string reason)
    {
        File.WriteAllBytes(_folder.At("a.txt"), content);
        Assert.Contains(
            reason, Assert.Throws<BadInputException>(() => TextCorpus.Load(_folder.At("a.txt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_empty_and_too_large_sources_say_what_to_do()
    {
        Assert.Contains(
            "does not exist", Assert.Throws<BadInputException>(() => TextCorpus.Load(_folder.At("none"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "contains none", Assert.Throws<BadInputException>(() => TextCorpus.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Make("a.txt", "1234");
        Make("b.txt", "1234");
        Assert.Equal(8, TextCorpus.Load(_folder.Path, new ReadLimits { MaximumBytes = 8 }).Bytes.Length);
        Assert.Contains(
            "at most 3 bytes",
            Assert.Throws<BadInputException>(() => TextCorpus.Load(_folder.Path, new ReadLimits { MaximumBytes = 7 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_never_ends_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /dev/zero");
        Assert.Contains(
            "is a device", Assert.Throws<BadInputException>(() => TextCorpus.Load("/dev/zero")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_in_a_circle_is_not_followed()
    {
        Make("a/b.txt", "text");
        _ = Directory.CreateSymbolicLink(_folder.At("a/circle"), _folder.Path);
        Assert.Equal("text", Encoding.UTF8.GetString(TextCorpus.Load(_folder.Path).Bytes));
        Assert.Equal("1 link to a folder", TextCorpus.Load(_folder.Path).LeftOut);
    }

    [Fact]
    public void Links_to_files_are_read_and_what_is_not_read_is_counted()
    {
        Make("store/1", "a");
        _ = File.CreateSymbolicLink(_folder.At("link.txt"), "store/1");
        _ = File.CreateSymbolicLink(_folder.At("gone.txt"), "store/2");
        Make("empty.txt", "");
        Make("empty/too.txt", "");
        TextCorpus corpus = TextCorpus.Load(_folder.Path);
        Assert.Equal(("aa", 2), (Encoding.UTF8.GetString(corpus.Bytes), corpus.Files));
        Assert.Equal("2 empty files, 1 link that leads nowhere", corpus.LeftOut);
        Assert.Contains(
            "; not read: 2 empty files, 1 link that leads nowhere), ",
            new TextTokens().Create(new TokenShape(1, 1, 2), 1, corpus).Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_which_nothing_can_be_read_says_what_is_there()
    {
        _ = File.CreateSymbolicLink(_folder.At("gone.txt"), "store/2");
        Assert.Contains(
            "contains only 1 link that leads nowhere", Assert.Throws<BadInputException>(() => TextCorpus.Load(_folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private void Make(string name, string text)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        File.WriteAllText(_folder.At(name), text);
    }
}
