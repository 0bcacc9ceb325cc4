using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_created_and_then_replaced_without_leaving_anything_else()
    {
        AtomicFile.WriteAllText(_folder.At("a.txt"), "a long first version κ");
        AtomicFile.WriteAllText(_folder.At("a.txt"), "second");
        Assert.Equal("second"u8.ToArray(), File.ReadAllBytes(_folder.At("a.txt")));
        Assert.Equal([_folder.At("a.txt")], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_a_killed_writer_left_is_removed_and_what_a_living_one_has_open_is_not()
    {
        using var ended = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, "-?")
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = ended.StandardOutput.ReadToEnd();
        ended.WaitForExit();
        string left = _folder.At($".a.txt.{ended.Id}.abcdefgh.tmp"),
            renamed = _folder.At($".b.txt.{Environment.ProcessId}.abcdefgh.tmp"), other = _folder.At(".profile");
        foreach (string path in (string[])[left, renamed, other])
            File.WriteAllText(path, "half");
        AtomicFile.Write(_folder.At("a.txt"), _ => AtomicFile.RemoveLeftBehind(_folder.Path));
        Assert.Equal(
            new[] { _folder.At("a.txt"), renamed, other }.Order(StringComparer.Ordinal),
            Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_is_removed_through_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights on Windows.");
        string elsewhere = _folder.At("elsewhere"), link = _folder.At("link");
        _ = Directory.CreateDirectory(elsewhere);
        _ = Directory.CreateSymbolicLink(link, elsewhere);
        File.WriteAllText(Path.Combine(elsewhere, ".mine.tmp"), "kept");
        AtomicFile.RemoveLeftBehind(link);
        Assert.True(File.Exists(Path.Combine(elsewhere, ".mine.tmp")));
    }

    [Fact]
    public void A_full_disk_leaves_the_old_content_and_says_what_to_do()
    {
        AtomicFile.WriteAllText(_folder.At("a.txt"), "old");
        BadInputException failure = Assert.Throws<BadInputException>(() => AtomicFile.Write(_folder.At("a.txt"), stream =>
        {
            stream.Write("half"u8);
            throw FullDisk();
        }));
        Assert.Contains("the disk is full: free space", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(_folder.At("a.txt")));
        Assert.Equal([_folder.At("a.txt")], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_mistake_of_the_writer_passes_through_and_leaves_the_old_content()
    {
        AtomicFile.WriteAllText(_folder.At("a.txt"), "old");
        _ = Assert.Throws<InvalidOperationException>(() =>
            AtomicFile.Write(_folder.At("a.txt"), _ => throw new InvalidOperationException()));
        Assert.Equal("old", File.ReadAllText(_folder.At("a.txt")));
        Assert.Equal([_folder.At("a.txt")], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_missing_folder_and_a_folder_in_place_of_the_file_are_bad_input()
    {
        BadInputException missing = Assert.Throws<BadInputException>(() => AtomicFile.WriteAllText(_folder.At("none/a.txt"), "x"));
        Assert.Contains("folder does not exist", missing.Message, StringComparison.Ordinal);
        _ = Directory.CreateDirectory(_folder.At("taken"));
        BadInputException taken = Assert.Throws<BadInputException>(() => AtomicFile.WriteAllText(_folder.At("taken"), "x"));
        Assert.Contains("it is a folder", taken.Message, StringComparison.Ordinal);
    }

    // The real thing where the system offers a device that is always full, so that the recognised error code is not our own guess.
    private static IOException FullDisk()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/dev/full"))
        {
            return new IOException("full", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        }

        using FileStream device = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        return Assert.Throws<IOException>(() => device.Write("x"u8));
    }
}
