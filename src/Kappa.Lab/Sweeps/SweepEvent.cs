using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>Something that a watcher of a sweep wants to know.</summary>
/// <param name="Run">Name of the run.</param>
internal abstract record SweepEvent(string Run);

/// <summary>A run was claimed, or goes on.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Step">The step reached.</param>
/// <param name="Steps">The step budget.</param>
/// <param name="Loss">ℒ at that step; null before the first second is over.</param>
internal sealed record SweepRunGoesOn(string Run, long Step, long Steps, double? Loss) : SweepEvent(Run);

/// <summary>A run ended here, or was interrupted.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Status">Its last status.</param>
internal sealed record SweepRunEnded(string Run, RunStatus Status) : SweepEvent(Run);

/// <summary>A run's folder was damaged and put aside; the run is computed again.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Reason">One line.</param>
/// <param name="Folder">Where the damaged folder lies now.</param>
internal sealed record SweepRunQuarantined(string Run, string Reason, string Folder) : SweepEvent(Run);
