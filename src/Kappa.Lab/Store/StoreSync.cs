using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kappa.Lab.Store;

/// <summary>Sends what was published to the disk once a second, in the background and all files together, instead of each file on its own.</summary>
/// <remarks>A killed process loses nothing by waiting: what was written is the system's. A power failure can take what was published since the last time.</remarks>
internal sealed partial class StoreSync : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _isBehind;

    /// <summary>Begins.</summary>
    /// <param name="file">Any file on the disk of the store.</param>
    public StoreSync(string file)
    {
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _timer = new Timer(_ => Sync(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Says that something was published.</summary>
    public void Published() => Volatile.Write(ref _isBehind, true);

    /// <summary>Sends the rest.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            Sync();
            _file.Dispose();
        }
    }

    private void Sync()
    {
        // One at a time: a disk that takes longer than a second must not collect waiting threads.
        if (!_lock.TryEnter())
            return;
        try
        {
            if (!_file.IsClosed && Interlocked.Exchange(ref _isBehind, false))
                _ = OperatingSystem.IsLinux() ? SyncFileSystem(_file) : SyncAll();
        }
        finally
        {
            _lock.Exit();
        }
    }

    private static int SyncAll()
    {
        if (!OperatingSystem.IsWindows())
            SyncEverything();
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "syncfs")]
    private static partial int SyncFileSystem(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncEverything();
}
