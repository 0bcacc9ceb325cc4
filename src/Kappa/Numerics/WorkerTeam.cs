using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Work divided into numbered parts; part numbers, never threads, decide what is computed.</summary>
internal interface IDividedWork
{
    /// <summary>Computes part <paramref name="part"/>; parts run concurrently and in any order.</summary>
    /// <param name="part">Number of the part.</param>
    /// <param name="worker">Number of the thread, 0 for the caller: it may choose the memory to work in, never what is computed.</param>
    void Compute(int part, int worker);
}

/// <summary>Threads that stay alive between steps and compute the parts of
/// one piece of work at a time; the calling thread is one of them.</summary>
/// <remarks>
/// A waiting worker spins for some microseconds, for the next piece usually follows at once, then gives its core to others, and then
/// sleeps. Where the team needs all cores, each worker is bound to one. The caller is never bound, for what it starts later would be, too:
/// it says where it runs, and the worker that it finds there moves to the core that is free. No allocation per piece. An exception in a
/// part is thrown by <see cref="Run"/>, with several threads after all parts have ended. One caller at a time. Dispose ends the threads.
/// </remarks>
internal sealed class WorkerTeam : IDisposable
{
    // A pause takes some 40 to 140 cycles: some ten to fifty microseconds of watching, then as long again of giving way.
    private const int Pauses = 1000;
    private const int Yields = 200;
    private const int Unbound = -2;

    private readonly Thread[] _workers;
    private readonly object _gate = new();
    private readonly bool _isBound;
    private Signals _signals;
    private IDividedWork? _work;
    private Exception? _failure;
    private int _parts;
    private int _sleeping;
    private int _callerCore;
    private int _freeCore;
    private volatile bool _ended;

    /// <summary>Starts <paramref name="threads"/> − 1 workers.</summary>
    /// <param name="threads">Number of threads with the caller, at least 1.</param>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _workers = new Thread[threads - 1];
        _isBound = threads > 1 && CorePinning.Allowed.Length == threads;
        _freeCore = _callerCore = _isBound ? CorePinning.Allowed[0] : -1;
        for (int k = 0; k < _workers.Length; k++)
        {
            int worker = k + 1;
            _workers[k] = new Thread(() => WorkUntilEnded(worker)) { IsBackground = true, Name = $"kappa worker {worker}" };
            _workers[k].Start();
        }
    }

    /// <summary>Number of threads with the caller.</summary>
    public int Threads => _workers.Length + 1;

    /// <summary>Computes parts 0 … <paramref name="parts"/> − 1 of <paramref name="work"/> and returns when all have ended.</summary>
    /// <param name="work">What is computed.</param>
    /// <param name="parts">Number of parts.</param>
    public void Run(IDividedWork work, int parts)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_workers.Length == 0 || parts <= 1)
        {
            for (int part = 0; part < parts; part++)
            {
                work.Compute(part, worker: 0);
            }

            return;
        }

        Begin(work, parts);
        ComputeParts(work, worker: 0);
        WaitForWorkers();
        _work = null;
        if (_failure is Exception failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        WakeSleepers();
        foreach (Thread worker in _workers)
        {
            worker.Join();
        }
    }

    private void Begin(IDividedWork work, int parts)
    {
        _work = work;
        _parts = parts;
        _signals.NextPart = 0;
        _signals.BusyWorkers = _workers.Length;
        _callerCore = _isBound ? CorePinning.CurrentCore() : _callerCore;
        _ = Interlocked.Increment(ref _signals.Generation);
        if (Volatile.Read(ref _sleeping) > 0)
        {
            WakeSleepers();
        }
    }

    private void WakeSleepers()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    // With as many parts as threads each takes its own, and none waits for a shared number.
    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "It is rethrown by Run on the calling thread.")]
    private void ComputeParts(IDividedWork work, int worker)
    {
        bool isDealt = _parts <= Threads;
        int part = isDealt ? worker : Interlocked.Increment(ref _signals.NextPart) - 1;
        while (part < _parts)
        {
            try
            {
                work.Compute(part, worker);
            }
            catch (Exception exception)
            {
                _ = Interlocked.CompareExchange(ref _failure, exception, null);
            }

            part = isDealt ? _parts : Interlocked.Increment(ref _signals.NextPart) - 1;
        }
    }

    private void WaitForWorkers()
    {
        for (int wait = 0; Volatile.Read(ref _signals.BusyWorkers) > 0; wait++)
        {
            Pause(wait);
        }
    }

    private void WorkUntilEnded(int worker)
    {
        int core = BindWorker(worker);
        int seen = 0;
        while (true)
        {
            AwaitGenerationAfter(seen);
            if (_ended)
            {
                return;
            }

            seen = Volatile.Read(ref _signals.Generation);
            core = core == _callerCore ? MoveFrom(core) : core;
            ComputeParts(_work!, worker);
            _ = Interlocked.Decrement(ref _signals.BusyWorkers);
        }
    }

    // The core of the worker, −2 when it is not bound: no caller runs there.
    private int BindWorker(int worker)
    {
        if (_isBound && CorePinning.BindCurrentThread(CorePinning.Allowed[worker]))
        {
            return CorePinning.Allowed[worker];
        }

        CorePinning.Release();
        return Unbound;
    }

    // At most one worker of a generation is on the caller's core, so nobody else changes the free one.
    private int MoveFrom(int core)
    {
        int free = _freeCore;
        if (!CorePinning.BindCurrentThread(free))
        {
            return core;
        }

        _freeCore = core;
        return free;
    }

    private void AwaitGenerationAfter(int seen)
    {
        for (int wait = 0; wait < Pauses + Yields; wait++)
        {
            if (Volatile.Read(ref _signals.Generation) != seen || _ended)
            {
                return;
            }

            Pause(wait);
        }

        lock (_gate)
        {
            // Interlocked, so that Begin sees the sleeper or the sleeper sees the new generation.
            _ = Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _signals.Generation) == seen && !_ended)
            {
                _ = Monitor.Wait(_gate);
            }

            _ = Interlocked.Decrement(ref _sleeping);
        }
    }

    private static void Pause(int wait)
    {
        if (wait >= Pauses)
        {
            _ = Thread.Yield();
        }
        else if (X86Base.IsSupported)
        {
            X86Base.Pause();
        }
        else
        {
            Thread.SpinWait(1);
        }
    }

    // Each on cache lines of its own: a thread that watches one is not disturbed by writes to another.
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Signals
    {
        [FieldOffset(128)]
        public int Generation;

        [FieldOffset(256)]
        public int NextPart;

        [FieldOffset(384)]
        public int BusyWorkers;
    }
}
