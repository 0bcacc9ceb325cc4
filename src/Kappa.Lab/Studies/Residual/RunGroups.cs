namespace Kappa.Lab.Studies.Residual;

/// <summary>A setting: everything of a run but its arm and its seed.</summary>
/// <param name="Size">Sizes.</param>
/// <param name="Source">Data.</param>
/// <param name="Depth">L.</param>
/// <param name="QueryKeyScale">Gain of W_Q and W_K.</param>
/// <param name="Rule">Step-size rule.</param>
internal sealed record ComparisonSetting(ProblemSize Size, Specifications.DataSource Source, int Depth, double QueryKeyScale, StepRule Rule)
{
    /// <summary>The setting of a run.</summary>
    public static ComparisonSetting Of(ArmRun run) =>
        new(run.Problem.Size, run.Problem.Source, run.Problem.Depth, run.Problem.QueryKeyScale, run.Rule);
}

/// <summary>All runs of one setting: every arm, every seed.</summary>
internal sealed record SettingGroup(ComparisonSetting Key, IReadOnlyList<ArmRun> Runs)
{
    /// <summary>The setting in words, for tables.</summary>
    public string Label => $"{Runs[0].Problem.Setting}, {(Key.Rule == StepRule.Own ? "own step" : "same step")}";

    /// <summary>The runs of one arm, by seed.</summary>
    public IEnumerable<ArmRun> Of(Arm arm) => Runs.Where(run => run.Arm == arm).OrderBy(run => run.Problem.Seed);
}

/// <summary>Ways of grouping runs that several claims share.</summary>
internal static class RunGroups
{
    /// <summary>The arms without the attention connection.</summary>
    public static IReadOnlyList<Arm> Without { get; } = [.. Arm.All.Where(arm => arm.AttentionResidual == 0)];

    /// <summary>The runs of each setting, in the order in which they were planned.</summary>
    /// <param name="runs">All runs.</param>
    /// <param name="scale">Only this query-key scale; null for all.</param>
    public static IEnumerable<SettingGroup> BySetting(IReadOnlyList<ArmRun> runs, double? scale = null) => runs
        .Where(run => scale is null || run.Problem.QueryKeyScale == scale)
        .GroupBy(ComparisonSetting.Of)
        .Select(group => new SettingGroup(group.Key, [.. group]));

    /// <summary>The settings of some measurements, each once, at most three.</summary>
    public static string Settings(IReadOnlyList<Measurement> measurements)
    {
        string[] settings = [.. measurements.Select(m => m.Setting).Distinct()];
        return string.Join("; ", settings.Take(3)) + (settings.Length > 3 ? $"; and {settings.Length - 3} more" : string.Empty);
    }
}
