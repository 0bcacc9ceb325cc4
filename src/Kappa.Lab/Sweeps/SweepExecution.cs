using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Sweeps;

/// <summary>One thread's way through the runs of a sweep: claim, execute, publish.
/// The evaluator of a run is the next one's, when both have the same shape.</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="environment">This process.</param>
/// <param name="tell">Told of what happens.</param>
/// <param name="disk">Told of what is published.</param>
internal sealed class SweepExecution(SweepFolder sweep, RunEnvironment environment, Action<SweepEvent> tell, StoreSync disk) : IDisposable
{
    private readonly RunStore _store = new(sweep.Store);
    private ResidualTransformer? _evaluator;

    /// <summary>Executes run <paramref name="index"/> unless it is finished or another
    /// process has it. A damaged folder is put aside and the run begun anew.</summary>
    /// <returns>Whether it was executed.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public bool TryExecute(int index, CancellationToken cancellation)
    {
        SweepRun run = sweep.Plan.Runs[index];
        try
        {
            return Attempt(index, cancellation);
        }
        catch (BadInputException damage) when (!IsOfTheDisk(damage))
        {
            if (RunQuarantine.TryMove(sweep.Store, run.Name, run.Specification) is { } folder)
            {
                tell(new SweepRunQuarantined(run.Name, damage.Message, folder));
                return Attempt(index, cancellation);
            }
        }

        try
        {
            // Whoever put it aside or made it whole need not have executed it.
            return Attempt(index, cancellation);
        }
        catch (BadInputException damage) when (!IsOfTheDisk(damage) && RunLock.IsHeldOrGone(sweep.Files(index)))
        {
            // Another process has it.
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _evaluator?.Dispose();

    private static bool IsOfTheDisk(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or BadInputException { IsOfTheDisk: true };

    private bool Attempt(int index, CancellationToken cancellation)
    {
        using (RunFolder? folder = sweep.TryClaim(index, environment))
        {
            if (folder is null)
                return false;
            if (TryWork(folder, cancellation))
                return true;
        }

        // Anew, in a folder that holds nothing that could be damaged.
        using RunFolder? empty = sweep.TryClaim(index, environment);
        return empty is not null && TryWork(empty, cancellation);
    }

    // False when the folder was put aside: still under the lock, so that nobody can have made it whole since.
    private bool TryWork(RunFolder folder, CancellationToken cancellation)
    {
        string name = folder.Name;
        tell(new SweepRunGoesOn(name, folder.Status.Step, folder.Specification.Descent.Steps, folder.Status.Loss));
        try
        {
            if (Outcome(folder, cancellation) is { } failed)
                folder.WriteStatus(failed);
        }
        catch (BadInputException damage) when (!IsOfTheDisk(damage) && IsDamage(folder, damage))
        {
            tell(new SweepRunQuarantined(name, damage.Message, RunQuarantine.Move(sweep.Store, folder.Files)));
            return false;
        }

        disk.Published();
        tell(new SweepRunEnded(name, folder.Status));
        return true;
    }

    // Null when the run wrote its own end.
    private RunStatus? Outcome(RunFolder folder, CancellationToken cancellation)
    {
        try
        {
            using var run = PreparedRun.Of(folder.Specification, 1, OtherRuns.For(folder.Files, _store), _evaluator);
            if (run.KeepModel() is { } evaluator)
                Keep(evaluator);
            RequireFrozen(folder, run);
            _ = run.Execute(folder, new Progress(folder.Name, tell), cancellation);
            return null;
        }
        catch (OutOfMemoryException)
        {
            // What the evaluator of the run before holds is the first thing to give back.
            _evaluator?.Dispose();
            _evaluator = null;
            return new RunStatus
            {
                State = RunState.Failed,
                Step = folder.Status.Step,
                Message =
                    "needed more memory than there was. Run fewer at a time (--threads 1) or make it smaller, then: kappa sweep retry.",
            };
        }
        catch (Exception failure) when (!IsOfTheDisk(failure) && !IsDamage(folder, failure))
        {
            // An outcome of this run; the sweep goes on.
            return new RunStatus { State = RunState.Failed, Step = folder.Status.Step, Message = failure.Message.ReplaceLineEndings(" ") };
        }
    }

    // What was written by an earlier process and cannot be taken up. Anything
    // about the specification or its data is not the folder's fault.
    private static bool IsDamage(RunFolder folder, Exception failure) =>
        failure is BadInputException { Location: var place } && !folder.HasBegun && !folder.IsUnpublished
            && place.StartsWith(folder.Files.Path, StringComparison.Ordinal);

    // A run's name has the fingerprint of its data in it: other data are another run.
    private static void RequireFrozen(RunFolder folder, PreparedRun run)
    {
        if (run.ExternalData is { } data && RunName.Of(folder.Specification, data) != folder.Name)
            throw new BadInputException(
                folder.Name,
                "the data have changed since the sweep was frozen. "
                    + "Restore them and retry, or start the sweep anew from its specification.");
    }

    private void Keep(ResidualTransformer evaluator)
    {
        if (!ReferenceEquals(evaluator, _evaluator))
            _evaluator?.Dispose();
        _evaluator = evaluator;
    }

    private sealed class Progress(string name, Action<SweepEvent> tell) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => tell(new SweepRunGoesOn(name, value.Step, value.Steps, value.Loss));
    }
}
