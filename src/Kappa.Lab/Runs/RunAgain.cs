using Kappa.Descent;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>Computes a finished run again from its specification alone.</summary>
internal static class RunAgain
{
    /// <summary>Computes a run again into another folder of runs, under the same name.</summary>
    /// <param name="run">The run; done.</param>
    /// <param name="store">The other folder of runs.</param>
    /// <param name="threads">Threads of one step; no bit depends on them.</param>
    /// <param name="environment">This process.</param>
    /// <param name="progress">Told of every second's progress, or null.</param>
    /// <param name="cancellation">Saves the state and stops.</param>
    /// <returns>The files, and how the descent ended: cancelled when it was.</returns>
    /// <exception cref="BadInputException">The run is not done, its data cannot be read, or the other folder has it already.</exception>
    public static (RunFiles Files, DescentOutcome Outcome) Into(
        RunRecord run, string store, int threads, RunEnvironment environment, IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Status.State != RunState.Done)
            throw new BadInputException(
                run.Files.Path, $"must be done to be computed again but is {run.State}. Finish it: kappa run --resume {run.Name}");

        // What is taken from another run is looked up beside the original.
        var beside = new RunStore(Path.GetDirectoryName(run.Files.Path)!);
        using PreparedRun prepared = PreparedRun.Of(run.Specification, threads, OtherRuns.For(run.Files, beside));
        using RunFolder folder = RunFolder.Create(store, run.Name, prepared.Specification, environment, TimeProvider.System);
        return (folder.Files, prepared.Execute(folder, progress, cancellation));
    }
}
