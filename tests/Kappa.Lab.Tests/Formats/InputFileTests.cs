using System.Diagnostics;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>What a user names is opened only when it is a regular file, or a link to one; nothing waits for a pipe.</summary>
public sealed class InputFileTests
{
    [Fact]
    public void A_link_to_a_regular_file_is_a_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("a"), "content");
        _ = File.CreateSymbolicLink(folder.At("b"), "a");
        using FileStream stream = InputFile.Open(folder.At("b"));
        Assert.Equal(7, stream.Length);
    }

    [Fact]
    public void A_dangling_link_and_a_circle_of_links_do_not_exist()
    {
        using var folder = new TemporaryFolder();
        _ = File.CreateSymbolicLink(folder.At("dangling"), "gone");
        _ = File.CreateSymbolicLink(folder.At("one"), "two");
        _ = File.CreateSymbolicLink(folder.At("two"), "one");
        Assert.Contains("does not exist", Refusal(folder.At("dangling")), StringComparison.Ordinal);
        _ = Refusal(folder.At("one"));
    }

    [Theory]
    [InlineData("/dev/zero", "is a device")]
    [InlineData("/dev/null", "is a device")]
    [InlineData("/dev/ptmx", "is a device")]
    [InlineData("/dev", "is a folder")]
    [InlineData("", "is not a possible path")]
    [InlineData("a\0b", "is not a possible path")]
    public void What_is_no_regular_file_is_refused_in_one_line(string path, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names of devices are those of Linux");
        Assert.Contains(reason, Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_longer_than_the_system_allows_is_refused_in_one_line() => _ = Refusal(new string('x', 5000));

    // A reader that opened the pipe would wait for a writer for ever: this test would not end.
    [Fact]
    public void A_named_pipe_is_refused_without_waiting_by_every_reader()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo");
        using var folder = new TemporaryFolder();
        string pipe = folder.At("pipe");
        using (var make = Process.Start("mkfifo", [pipe]))
        {
            make.WaitForExit();
        }

        _ = File.CreateSymbolicLink(folder.At("link"), "pipe");
        Assert.Contains("is a named pipe", Refusal(pipe), StringComparison.Ordinal);
        Assert.Contains("is a named pipe", Refusal(folder.At("link")), StringComparison.Ordinal);
        Assert.Contains("is a named pipe", Assert.Single(SpecificationReader.Read(pipe, []).Problems).Message, StringComparison.Ordinal);
        Assert.Contains("is a named pipe", Assert.Single(SweepReader.Read(pipe, []).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_refused_unless_it_may_be_empty()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("empty"), "");
        Assert.Contains("is empty", Refusal(folder.At("empty")), StringComparison.Ordinal);
        using FileStream stream = InputFile.OpenRegular(folder.At("empty"));
        Assert.Equal(0, stream.Length);
    }

    private static string Refusal(string path)
    {
        string message = Assert.Throws<BadInputException>(() => InputFile.Open(path)).Message;
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }
}
