namespace Kappa.Lab.Studies.Kernels;

/// <summary>The runs of one setting, by kernel.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Runs">Its runs.</param>
internal sealed record RunGroup(string Setting, IReadOnlyList<KernelRun> Runs)
{
    /// <summary>The settings of a study, in the order of the plan.</summary>
    public static IReadOnlyList<RunGroup> Of(IReadOnlyList<KernelRun> runs, KernelStudy study) =>
        [.. runs.Where(run => run.Study == study).GroupBy(run => run.Setting).Select(group => new RunGroup(group.Key, [.. group]))];

    /// <summary>The runs of one kernel, by seed.</summary>
    public KernelRun[] Of(KernelArm arm) => [.. Runs.Where(run => run.Arm == arm.Name).OrderBy(run => run.Seed)];

    /// <summary>A quantity over the seeds of a kernel.</summary>
    public SeedSummary Summary(KernelArm arm, string quantity) => SeedSummary.Of(Of(arm).Select(run => run[quantity]));

    /// <summary>A function of the two runs of each seed, Gaussian first.</summary>
    public SeedSummary Paired(Func<KernelRun, KernelRun, double> of) =>
        SeedSummary.Of(Of(KernelArm.Gaussian).Zip(Of(KernelArm.Softmax)).Select(pair => of(pair.First, pair.Second)));

    /// <summary>Whether both kernels have runs.</summary>
    public bool IsComplete => KernelArm.All.All(arm => Of(arm).Length > 0);
}
