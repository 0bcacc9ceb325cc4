namespace Kappa.Lab.Studies.Kernels;

/// <summary>A landscape to be made: its training in two stages is no ordinary
/// run. Everything that changes its numbers stands in its settings.</summary>
/// <param name="Study">The study.</param>
/// <param name="Setting">Everything but kernel and seed, for tables.</param>
/// <param name="Arm">The kernel.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Identity">Whatever else changes the numbers.</param>
/// <param name="Work">Makes the run.</param>
internal sealed record LandscapeJob(
    KernelStudy Study, string Setting, string Arm, long Seed, string Identity, Func<KernelJobContext, KernelRun> Work)
{
    /// <summary>The run that the store has from an earlier, interrupted reproduction, or else a new one, which it then has.</summary>
    public KernelRun FindOrRun(JobStore? store, CancellationToken cancellation)
    {
        string key = JobStore.Key(Study.ToString(), $"{Setting}\n{Arm}\n{Seed}\n{Identity}");
        if (store?.Find(key) is { } record)
        {
            return KernelRun.Of(record, Study, Setting, Arm, Seed);
        }

        KernelRun run = Work(new KernelJobContext(store, key, cancellation));
        cancellation.ThrowIfCancellationRequested();
        store?.Save(key, run.ToRecord());
        return run;
    }

    /// <summary>A run of this job.</summary>
    public KernelRun Measured(Dictionary<string, double> numbers, Dictionary<string, double[]> series) =>
        new(Study, Setting, Arm, Seed, numbers, series);
}

/// <summary>What a job may use: the store for the state of a long training, its key, and the wish to stop.</summary>
/// <param name="Store">The store, or null.</param>
/// <param name="Key">The job's key.</param>
/// <param name="Cancellation">Stops inside the run.</param>
internal sealed record KernelJobContext(JobStore? Store, string Key, CancellationToken Cancellation);
