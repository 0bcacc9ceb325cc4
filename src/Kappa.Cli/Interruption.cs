using System.Runtime.InteropServices;

namespace Kappa.Cli;

/// <summary>Turns Ctrl-C and a polite request to end into a cancellation, so that state is saved first; a second Ctrl-C ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private const int LinuxUser1 = 10;

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),

            // A raw number is the system's own: what Slurm sends ahead of the time limit.
            .. OperatingSystem.IsLinux() ? [PosixSignalRegistration.Create((PosixSignal)LinuxUser1, Handle)] : Array.Empty<PosixSignalRegistration>(),
        ];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // A batch system sends TERM to every process of a job, and its script passes it on: twice is not a wish to lose the state.
        context.Cancel = context.Signal != PosixSignal.SIGINT || !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
