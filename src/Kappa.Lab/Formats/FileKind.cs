using System.Runtime.InteropServices;

namespace Kappa.Lab.Formats;

/// <summary>What lies at a path; found out without opening it, for opening a named pipe waits for a writer that may never come.</summary>
internal enum FileKind
{
    /// <summary>There is nothing, or it may not be looked at.</summary>
    Unknown,

    /// <summary>An ordinary file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link; only where links are not followed.</summary>
    Link,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    UnixSocket,

    /// <summary>A device.</summary>
    Device,
}

/// <summary>Kind, size and time of what lies at a path, asked of the system without opening it.</summary>
/// <param name="Kind">Its kind. Where the system is not Linux, pipes and devices look like empty files.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="Modified">When it was last written, in a count that grows with time: on Linux nanoseconds since 1970.</param>
internal readonly partial record struct FileFacts(FileKind Kind, long Length, long Modified)
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeSizeAndTime = 0x1 | 0x40 | 0x200;
    private const int KindBits = 0xF000;

    /// <summary>Asks the system.</summary>
    /// <param name="path">Any path.</param>
    /// <param name="followsLinks">Whether a link stands for what it leads to.</param>
    public static FileFacts Of(string path, bool followsLinks = true)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
            return default;
        try
        {
            return !OperatingSystem.IsLinux() ? Portable(path, followsLinks)
                : Status(CurrentFolder, path, followsLinks ? 0 : NoFollow, TypeSizeAndTime, out Answer answer) != 0 ? default
                : new(FromMode(answer.Mode), (long)answer.Size, (answer.Seconds * 1_000_000_000) + answer.Nanoseconds);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018.
            return Portable(path, followsLinks);
        }
    }

    private static FileKind FromMode(int mode) => (mode & KindBits) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Folder,
        0xA000 => FileKind.Link,
        0x1000 => FileKind.Pipe,
        0xC000 => FileKind.UnixSocket,
        0x2000 or 0x6000 => FileKind.Device,
        _ => FileKind.Unknown,
    };

    private static FileFacts Portable(string path, bool followsLinks)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is not null && !followsLinks ? new(FileKind.Link, 0, 0)
            : Directory.Exists(path) ? new(FileKind.Folder, 0, file.LastWriteTimeUtc.Ticks)
            : file.Exists ? new(FileKind.Regular, file.Length, file.LastWriteTimeUtc.Ticks)
            : default;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int folder, string path, int flags, uint mask, out Answer answer);

    // Of struct statx in linux/stat.h, which is the same on every processor.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Answer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long Seconds;

        [FieldOffset(120)]
        public uint Nanoseconds;
    }
}
