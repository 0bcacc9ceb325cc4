namespace Kappa.Lab.Cluster;

/// <summary>One array of a submission.</summary>
/// <param name="Job">Its number; null when it was only shown.</param>
/// <param name="Array">The argument of <c>--array</c>.</param>
/// <param name="Offset">Added to an index to give the task.</param>
/// <param name="Tasks">How many.</param>
/// <param name="CommandLine">The call of <c>sbatch</c>.</param>
internal sealed record SlurmArrayJob(string? Job, string Array, int Offset, int Tasks, string CommandLine);

/// <summary>What a submission did.</summary>
/// <param name="Script">The batch script.</param>
/// <param name="Tasks">Into how many the sweep is dealt.</param>
/// <param name="Ended">Of these, tasks whose runs have all ended.</param>
/// <param name="Queued">Tasks that Slurm had already.</param>
/// <param name="MaxArraySize">The cluster's; null when Slurm is not here or did not answer.</param>
/// <param name="Arrays">What was submitted, or would be.</param>
internal sealed record SlurmSubmission(
    string Script, int Tasks, int Ended, int Queued, int? MaxArraySize, IReadOnlyList<SlurmArrayJob> Arrays);
