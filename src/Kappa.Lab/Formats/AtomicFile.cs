using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>Replaces a file as a whole: a reader, or a crash at any moment,
/// finds the old content or the new one and never a part.</summary>
/// <remarks>
/// The bytes go to a temporary file in the same folder, are sent to the disk (<see cref="DiskFlush"/>), the temporary file is renamed over
/// the target, and the name is sent to the disk. When anything fails before the rename, the target keeps its old content and the temporary
/// file is removed; only a killed process leaves one behind, under a name that starts with a dot and ends with <c>.tmp</c>: see
/// <see cref="RemoveLeftBehind"/>. Two writers of one path do not mix: the last rename wins. A file of a folder that is not published yet
/// (<c>.NAME.partial</c>) is written in its place, unflushed: the folder is renamed as a whole.
/// </remarks>
internal static class AtomicFile
{
    private const string TemporaryExtension = ".tmp";

    // A number of a process is used again.
    private static readonly TimeSpan s_longestRename = TimeSpan.FromMinutes(1);

    // A small checkpoint is one write.
    private const int BufferBytes = 1 << 15;

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte-order mark.</summary>
    /// <param name="path">The file to replace or create; its folder exists.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="BadInputException">The disk is full, the folder is missing or not writable, or the path is a folder.</exception>
    public static void WriteAllText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(path, stream => stream.Write(bytes), bufferBytes: 0);
    }

    /// <summary>Writes what <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">The file to replace or create; its folder exists.</param>
    /// <param name="write">Writes the whole content; the stream can seek. What it
    /// throws, other than a failure of the disk, passes through unchanged.</param>
    /// <exception cref="BadInputException">The disk is full, the folder is missing or not writable, or the path is a folder.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, BufferBytes);

    /// <summary>Removes the temporary files that killed writers left in a
    /// folder. One that a living writer has open is left alone.</summary>
    /// <param name="folder">The folder; nothing happens when it does not exist or is a link to another one.</param>
    internal static void RemoveLeftBehind(string folder)
    {
        var place = new DirectoryInfo(folder);
        if (!place.Exists || place.LinkTarget is not null)
            return;
        foreach (string temporary in Directory.EnumerateFiles(folder, $".*{TemporaryExtension}"))
            RemoveUnlessHeld(temporary);
    }

    private static string TemporaryBeside(string target) =>
        Path.Combine(
            Path.GetDirectoryName(target) ?? "",
            string.Create(
                CultureInfo.InvariantCulture,
                $".{Path.GetFileName(target)}.{Environment.ProcessId}.{Path.GetRandomFileName()[..8]}{TemporaryExtension}"));

    /// <summary>Removes a temporary file, if it is there and can be.</summary>
    internal static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report; a temporary file that cannot be removed either is harmless.
        }
    }

    /// <summary>Whether a failed write was refused by the system: a disk, its permissions,
    /// or a limit on the size of files, which comes as a bad argument.</summary>
    internal static bool IsRefusal(Exception failure) => failure is IOException or UnauthorizedAccessException || IsSizeLimit(failure);

    // A text is one write already.
    private static void Write(string path, Action<Stream> write, int bufferBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        if (UnpublishedFolder.Holds(target))
            InPlace(path, target, write, bufferBytes);
        else
            Aside(path, target, write, bufferBytes);
    }

    private static void InPlace(string path, string target, Action<Stream> write, int bufferBytes)
    {
        try
        {
            // Only what is there is emptied: a file emptied on opening, though it be a new
            // one, is sent to the disk when it is closed (ext4), and the run waits for it.
            using FileStream stream = new(
                target, File.Exists(target) ? FileMode.Create : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferBytes);
            write(stream);
            stream.Flush();
        }
        catch (Exception failure)
        {
            Remove(target);
            if (IsRefusal(failure))
                throw Refused(path, target, failure);
            throw;
        }
    }

    private static void Aside(string path, string target, Action<Stream> write, int bufferBytes)
    {
        string folder = Path.GetDirectoryName(target) ?? target;
        string temporary = TemporaryBeside(target);
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferBytes))
            {
                write(stream);
                DiskFlush.File(stream);
            }

            // Closed before: a reader of the target would find it locked otherwise.
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception failure)
        {
            Remove(temporary);
            if (IsRefusal(failure))
                throw Refused(path, target, failure);
            throw;
        }

        try
        {
            DiskFlush.Folder(folder);
        }
        catch (IOException failure)
        {
            throw new BadInputException(
                path,
                $"was written, but the disk did not take its name ({failure.Message.TrimEnd('.')}): a power failure can bring back what "
                    + $"was there before. Check the disk.",
                failure);
        }
    }

    private static BadInputException Refused(string path, string target, Exception failure) => new(
        path,
        $"must be writable, but writing failed ({Reason(failure, target)}). What was there before is unchanged.",
        failure as IOException
            ?? (IsSizeLimit(failure) ? new IOException("the file would exceed the largest size allowed", failure) : failure));

    private static string Reason(Exception failure, string target) => failure switch
    {
        DirectoryNotFoundException => "its folder does not exist: create the folder or choose another one",
        _ when Directory.Exists(target) => "it is a folder: choose the name of a file",
        UnauthorizedAccessException => "permission denied: change the permissions or choose another folder",
        _ when IsSizeLimit(failure) => "the file would exceed the largest size allowed, ulimit -f: raise the limit",
        _ when IsDiskFull(failure) => "the disk is full: free space or choose a folder on another disk",
        _ => $"{failure.Message.TrimEnd('.')}: check the disk or choose another folder",
    };

    // ENOSPC 28 and EDQUOT 122 (the raw errno is the HResult on Linux), EDQUOT 69 on
    // macOS; ERROR_DISK_FULL 112 and ERROR_HANDLE_DISK_FULL 39 as HRESULTs on Windows.
    private static bool IsDiskFull(Exception failure) => failure is IOException
        && (OperatingSystem.IsWindows()
            ? failure.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027)
            : failure.HResult == 28 || failure.HResult == (OperatingSystem.IsMacOS() ? 69 : 122));

    // EFBIG 27, of ulimit -f or of the file system: the base library makes a bad argument of it.
    private static bool IsSizeLimit(Exception failure) =>
        failure is ArgumentOutOfRangeException { ActualValue: null, ParamName: "value" }
        || (failure is IOException && failure.HResult == 27 && !OperatingSystem.IsWindows());

    // Between closing and renaming a living writer holds no lock.
    private static void RemoveUnlessHeld(string temporary)
    {
        try
        {
            if (IsOfALivingProcess(temporary) && DateTime.UtcNow - File.GetLastWriteTimeUtc(temporary) < s_longestRename)
                return;
            using FileStream free = new(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Held, gone, or not ours to remove: every reader ignores it.
        }
    }

    private static bool IsOfALivingProcess(string temporary)
    {
        string[] parts = Path.GetFileName(temporary).Split('.');
        if (parts.Length < 4 || !int.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            return false;
        try
        {
            // A process that has ended and that nobody asked about keeps its number: state Z, after the name in brackets.
            if (OperatingSystem.IsLinux())
                return File.ReadAllText($"/proc/{process}/stat") is var words
                    && words[(words.LastIndexOf(')') + 1)..].TrimStart() is not ['Z', ..];
            using var living = Process.GetProcessById(process);
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
