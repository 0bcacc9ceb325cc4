using System.Runtime.InteropServices;

namespace Kappa.Cli;

/// <summary>Turns Ctrl-C, a polite request to end and the loss of the terminal into a
/// cancellation, so that state is saved first; a second Ctrl-C ends the process at once.</summary>
/// <remarks>A signal that the process was started to ignore stays ignored:
/// under <c>nohup</c> the work goes on when the terminal is gone.</remarks>
internal sealed class Interruption : IDisposable
{
    private const int LinuxUser1 = 10;

    // Longer than a computation that looks at the token takes to end by itself.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(0.5);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _lock = new();
    private Action? _lastWords;
    private Timer? _end;
    private bool _isOver;

    public Interruption()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),

            // A raw number is the system's own: what Slurm sends ahead of the time limit.
            .. OperatingSystem.IsLinux()
                ? [PosixSignalRegistration.Create((PosixSignal)LinuxUser1, Handle)]
                : Array.Empty<PosixSignalRegistration>(),
        ];
    }

    public CancellationToken Token => _source.Token;

    /// <summary>From now on nothing is lost when the process ends in the middle of its work:
    /// a long computation that does not look at the token is left where it is.</summary>
    /// <param name="lastWords">Says what is saved and how to go on; called at most once, from
    /// another thread, before the process ends with <see cref="ExitCode.Interrupted"/>.</param>
    public void NothingIsLostFromHereOn(Action lastWords)
    {
        lock (_lock)
        {
            _lastWords = lastWords;
            if (_source.IsCancellationRequested)
            {
                EndSoon();
            }
        }
    }

    /// <summary>What follows is short and has to be finished.</summary>
    public void FinishFromHereOn()
    {
        lock (_lock)
        {
            _lastWords = null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _end?.Dispose();
        }

        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // A batch system sends TERM to every process of a job, and its script passes it on;
        // a terminal that closes sends HUP twice: twice is not a wish to lose the state.
        context.Cancel = context.Signal != PosixSignal.SIGINT || !_source.IsCancellationRequested;
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            if (_lastWords is not null)
            {
                EndSoon();
            }
        }

        _source.Cancel();
    }

    private void EndSoon() => _end ??= new Timer(_ => EndNow(), null, s_patience, Timeout.InfiniteTimeSpan);

    private void EndNow()
    {
        Action words;
        lock (_lock)
        {
            if (_isOver || _lastWords is null)
            {
                return;
            }

            (words, _isOver) = (_lastWords, true);
        }

        words();
        Environment.Exit(ExitCode.Interrupted);
    }
}
