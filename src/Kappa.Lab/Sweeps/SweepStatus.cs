using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>How far a sweep is, from its files alone.</summary>
/// <param name="Total">Runs.</param>
/// <param name="Done">Ended for a reason of their own, those that diverged included.</param>
/// <param name="Diverged">Of those done, the runs whose loss or gradient was not finite.</param>
/// <param name="Running">A living process has them.</param>
/// <param name="Lost">A process had them and is dead; resuming continues them.</param>
/// <param name="Failed">Ended by an error.</param>
/// <param name="Damaged">Their folder cannot be read.</param>
internal sealed record SweepStatus(int Total, int Done, int Diverged, int Running, int Lost, int Failed, int Damaged)
{
    /// <summary>Not begun, or interrupted.</summary>
    public int Waiting => Total - Done - Running - Lost - Failed - Damaged;

    /// <summary>Reads the status of every run.</summary>
    /// <param name="sweep">The sweep.</param>
    public static SweepStatus Of(SweepFolder sweep)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        var status = new SweepStatus(sweep.Plan.Runs.Count, 0, 0, 0, 0, 0, 0);
        for (int index = 0; index < sweep.Plan.Runs.Count; index++)
            status = status.With(sweep.Files(index));
        return status;
    }

    private SweepStatus With(RunFiles files)
    {
        if (!System.IO.Path.Exists(files.Status))
            return this;
        try
        {
            RunStatus run = RunDocuments.ReadStatus(files);
            return run.State switch
            {
                RunState.Done => this with { Done = Done + 1, Diverged = Diverged + (run.StopReason == "NonFinite" ? 1 : 0) },
                RunState.Failed => this with { Failed = Failed + 1 },
                RunState.Running when RunLock.IsFree(files) => this with { Lost = Lost + 1 },
                RunState.Running => this with { Running = Running + 1 },
                _ => this,
            };
        }
        catch (BadInputException)
        {
            return this with { Damaged = Damaged + 1 };
        }
    }
}
