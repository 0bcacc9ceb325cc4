using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kappa.Lab.Formats;

/// <summary>Sends a file, or the names in a folder, to the disk and says so when the disk refuses.</summary>
/// <remarks>
/// The call of the system is made here and its result looked at: <c>Flush(true)</c> of the base library returns in silence where
/// <c>fsync</c> failed. A file system that has no such call for this kind of file (EINVAL, ENOTSUP, ENOSYS) gives no promise that could be
/// broken, and is passed over; of a folder also one that cannot be opened for it (EACCES, EBADF, EISDIR, EPERM). Any other error is one. On
/// macOS <c>fsync</c> leaves the data in the drive: the base library's full flush comes first there. Windows flushes files and has no call
/// for a folder.
/// </remarks>
internal static partial class DiskFlush
{
    private const int Interrupted = 4; // EINTR, the same everywhere

    // EINVAL, ENOTSUP or EOPNOTSUPP, ENOSYS: Linux, then macOS.
    private static readonly int[] s_unsupported = OperatingSystem.IsMacOS() ? [22, 45, 102, 78] : [22, 95, 38];

    // EPERM, EBADF, EACCES, EISDIR are the same on both.
    private static readonly int[] s_unopened = [1, 9, 13, 21, .. s_unsupported];

    /// <summary>Returns when the disk has what was written to the file.</summary>
    /// <exception cref="IOException">The disk refused; <see cref="Exception.HResult"/> is the number of the system's error.</exception>
    public static void File(FileStream stream)
    {
        bool isUnix = !OperatingSystem.IsWindows();
        stream.Flush(flushToDisk: !isUnix || OperatingSystem.IsMacOS());
        if (isUnix)
            ThrowIfRefused(Sync(stream.SafeFileHandle), s_unsupported);
    }

    /// <summary>Returns when the disk has the names in the folder: what was made in it, renamed or removed.</summary>
    /// <exception cref="IOException">The disk refused; <see cref="Exception.HResult"/> is the number of the system's error.</exception>
    public static void Folder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        using SafeFileHandle folder = OpenFolder(path);
        ThrowIfRefused(folder.IsInvalid ? Marshal.GetLastPInvokeError() : Sync(folder), s_unopened);
    }

    /// <summary>Makes a folder, and those above it, so that they are on the disk.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission is denied.</exception>
    public static void MakeFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        string? above = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (above is not null)
            MakeFolder(above);
        _ = Directory.CreateDirectory(path);
        if (above is not null)
            Folder(above);
    }

    private static int Sync(SafeFileHandle handle)
    {
        int error;
        do
            error = SyncFile(handle) == 0 ? 0 : Marshal.GetLastPInvokeError();
        while (error == Interrupted);
        return error;
    }

    private static SafeFileHandle OpenFolder(string path)
    {
        SafeFileHandle folder;
        do
            folder = Open(path, OperatingSystem.IsMacOS() ? CloseOnExecuteOfMac : CloseOnExecute);
        while (folder.IsInvalid && Marshal.GetLastPInvokeError() == Interrupted);
        return folder;
    }

    private static void ThrowIfRefused(int error, int[] passedOver)
    {
        if (error != 0 && !passedOver.Contains(error))
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    // O_RDONLY is 0.
    private const int CloseOnExecute = 0x80000;
    private const int CloseOnExecuteOfMac = 0x1000000;

    // Without O_CREAT there is no third argument, so the variable list of arguments of open is none.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(SafeFileHandle file);
}
