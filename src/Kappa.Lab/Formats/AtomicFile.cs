using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>Replaces a file as a whole: a reader, or a crash at any moment, finds the old content or the new one and never a part.</summary>
/// <remarks>
/// The bytes go to a temporary file in the same folder, are flushed to the disk, and the temporary file is renamed over the target. When
/// anything fails, the target keeps its old content and the temporary file is removed; only a killed process leaves one behind, under
/// a name that starts with a dot and ends with <c>.tmp</c>. Two writers of one path do not mix: the last rename wins. A file of a folder that is
/// not published yet (<c>.NAME.partial</c>) is written in its place, unflushed: the folder is renamed as a whole.
/// </remarks>
public static class AtomicFile
{
    private const string TemporaryExtension = ".tmp";

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
    /// <param name="write">Writes the whole content; the stream can seek. What it throws, other than a failure of the disk, passes through unchanged.</param>
    /// <exception cref="BadInputException">The disk is full, the folder is missing or not writable, or the path is a folder.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, BufferBytes);

    // A text is one write already.
    private static void Write(string path, Action<Stream> write, int bufferBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        bool isUnpublished = UnpublishedFolder.Holds(target);
        string temporary = isUnpublished ? target : Path.Combine(
            Path.GetDirectoryName(target) ?? target,
            $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}{TemporaryExtension}");
        try
        {
            // Only what is there is emptied: a file emptied on opening, though it be a new one, is sent to the disk when it is closed (ext4), and the run waits for it.
            using (FileStream stream = new(temporary, isUnpublished && File.Exists(target) ? FileMode.Create : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferBytes))
            {
                write(stream);
                stream.Flush(flushToDisk: !isUnpublished);
            }

            if (!isUnpublished)
                File.Move(temporary, target, overwrite: true);
        }
        catch (Exception failure)
        {
            Remove(temporary);
            if (failure is IOException or UnauthorizedAccessException)
            {
                throw new BadInputException(path, $"must be writable, but writing failed ({Reason(failure, target)}). What was there before is unchanged.", failure);
            }

            throw;
        }
    }

    private static string Reason(Exception failure, string target) => failure switch
    {
        DirectoryNotFoundException => "its folder does not exist: create the folder or choose another one",
        _ when Directory.Exists(target) => "it is a folder: choose the name of a file",
        UnauthorizedAccessException => "permission denied: change the permissions or choose another folder",
        _ when IsDiskFull(failure) => "the disk is full: free space or choose a folder on another disk",
        _ => $"{failure.Message.TrimEnd('.')}: check the disk or choose another folder",
    };

    // ENOSPC 28 and EDQUOT 122 (the raw errno is the HResult on Linux), EDQUOT 69 on macOS; ERROR_DISK_FULL 112 and ERROR_HANDLE_DISK_FULL 39 as HRESULTs on Windows.
    private static bool IsDiskFull(Exception failure) => failure is IOException
        && (OperatingSystem.IsWindows()
            ? failure.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027)
            : failure.HResult == 28 || failure.HResult == (OperatingSystem.IsMacOS() ? 69 : 122));

    private static void Remove(string temporary)
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
}
