using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kappa.Lab.Store;

/// <summary>Sends what was published to the disk several times a second, in the
/// background and all files together, instead of each file on its own.</summary>
/// <remarks>
/// A killed process loses nothing by waiting: what was written is the system's. A power failure can take what was published since the last
/// time. When the disk refuses, <see cref="Published"/> and <see cref="Complete"/> say so: what was published before may not be on it.
/// </remarks>
internal sealed partial class StoreSync : IDisposable
{
    // The runs go on meanwhile; the shorter, the less is left to wait for at the end.
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(0.25);

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly Func<SafeFileHandle, int> _flush;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _isBehind;
    private int _error;

    /// <summary>Begins.</summary>
    /// <param name="file">Any file on the disk of the store.</param>
    /// <param name="flush">Sends everything on that disk; returns 0 or the number of the system's error. Null for the system's own.</param>
    public StoreSync(string file, Func<SafeFileHandle, int>? flush = null)
    {
        _path = file;
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _flush = flush ?? Flush;
        _timer = new Timer(_ => TrySync(), null, s_period, s_period);
    }

    /// <summary>Says that something was published.</summary>
    /// <exception cref="BadInputException">The disk refused what was published before.</exception>
    public void Published()
    {
        Volatile.Write(ref _isBehind, true);
        RequireAccepted();
    }

    /// <summary>Sends the rest and waits for it.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public void Complete()
    {
        lock (_lock)
            Sync();
        RequireAccepted();
    }

    /// <summary>Ends the background work; what is behind stays with the system.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
            _file.Dispose();
    }

    // One at a time: a disk that takes longer than a period must not collect waiting threads.
    private void TrySync()
    {
        if (!_lock.TryEnter())
            return;
        try
        {
            Sync();
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Sync()
    {
        if (!_file.IsClosed && Interlocked.Exchange(ref _isBehind, false) && _flush(_file) is not 0 and var error)
            Volatile.Write(ref _error, error);
    }

    private void RequireAccepted()
    {
        if (Volatile.Read(ref _error) is not 0 and var error)
        {
            string reason = Marshal.GetPInvokeErrorMessage(error);
            throw new BadInputException(
                _path, $"the disk did not take what was written ({reason}). Check the disk.", new IOException(reason));
        }
    }

    private static int Flush(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            return SyncFileSystem(file) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (!OperatingSystem.IsWindows())
            SyncEverything();
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncEverything();
}
