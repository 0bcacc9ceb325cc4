using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kappa.Lab.Formats;

/// <summary>What lies at a path, links followed; found out without opening it, for opening a named pipe waits for a writer that may never come.</summary>
internal enum FileKind
{
    /// <summary>There is nothing, it may not be looked at, or this system cannot say.</summary>
    Unknown,

    /// <summary>An ordinary file, or a link to one.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device.</summary>
    Device,
}

/// <summary>Asks the system for the kind of a file.</summary>
internal static partial class FileKinds
{
    // Of struct statx in linux/stat.h, which is the same on every processor: stx_mode and its bits for the kind.
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;
    private const uint TypeWanted = 1;
    private const int CurrentFolder = -100;
    private const int KindBits = 0xF000;

    /// <summary>The kind of what <paramref name="path"/> leads to.</summary>
    internal static FileKind Of(string path)
    {
        if (Directory.Exists(path))
        {
            return FileKind.Folder;
        }

        if (!OperatingSystem.IsLinux() || path.Contains('\0', StringComparison.Ordinal))
        {
            return FileKind.Unknown;
        }

        Span<byte> status = stackalloc byte[StatxBytes];
        try
        {
            return Statx(CurrentFolder, path, 0, TypeWanted, status) == 0 ? FromMode(BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..])) : FileKind.Unknown;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018.
            return FileKind.Unknown;
        }
    }

    private static FileKind FromMode(int mode) => (mode & KindBits) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Folder,
        0x1000 => FileKind.Pipe,
        0xC000 => FileKind.Socket,
        0x2000 or 0x6000 => FileKind.Device,
        _ => FileKind.Unknown,
    };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);
}
