using Kappa.Lab.Store;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The rates that can be stated about one run, from guaranteed to measured,
/// with what each has seen and rests on (the content of <c>ladder.json</c>).</summary>
/// <remarks>Theory: the measured rate, rungs of the ladder. What is missing has its reason. A value.</remarks>
internal sealed record RateLadder
{
    /// <summary>Version of the file; <see cref="RunFolder.FormatVersion"/>.</summary>
    public int FormatVersion { get; init; } = RunFolder.FormatVersion;

    /// <summary>η of the first step: what a-priori rungs are for unless they say otherwise.</summary>
    public required double StepSize { get; init; }

    /// <summary>Steps whose states were looked at.</summary>
    public required IReadOnlyList<long> Steps { get; init; }

    /// <summary>The rungs, the guaranteed ones first, the measured ones last.</summary>
    public required IReadOnlyList<Rung> Rungs { get; init => field = [.. value.Select(rung => rung.Finite())]; }

    /// <summary>The measured rate over each other rung, and the kernel's over each bound;
    /// rungs without a positive value or for another step size are left out.</summary>
    public required IReadOnlyList<RungRatio> Ratios { get; init; }

    /// <summary>The rung called <paramref name="name"/>, or <see langword="null"/>.</summary>
    /// <param name="name">For example <c>kernel.start</c>.</param>
    public Rung? Find(string name) => Rungs.FirstOrDefault(rung => rung.Name == name);

    /// <summary>
    /// Computes the ladder of a run, for which states are made again by descending once more; <c>null</c> for a run that is no plain
    /// gradient descent on a squared error, where these rates mean nothing.
    /// </summary>
    /// <param name="experiment">The run's experiment; its evaluator is used.</param>
    /// <param name="fit">The fit of the run's loss curve; null when there is none.</param>
    /// <param name="lastStep">Last recorded step.</param>
    /// <param name="limits">What it may cost; the defaults when null.</param>
    /// <param name="cancellation">Ends it between two evaluations.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RateLadder? Of(
        Experiment experiment, RateFit? fit, long lastStep, LadderLimits? limits = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentOutOfRangeException.ThrowIfNegative(lastStep);
        limits ??= LadderLimits.Default;
        if (!experiment.IsGradientDescent || double.IsNaN(experiment.Model.SquaredErrorFactor))
        {
            return null;
        }

        var work = LadderWork.Of(experiment);
        bool isAffordable = lastStep * work.Step <= limits.DescentWork;
        List<LadderState> states = LadderState.At(
            experiment, isAffordable ? LadderState.Schedule(lastStep, limits.States) : [0], cancellation);
        return states.Count == 0 ? NotFinite(fit) : Of(experiment, states, fit, work, limits, cancellation);
    }

    private static RateLadder Of(
        Experiment experiment, List<LadderState> states, RateFit? fit, LadderWork work, LadderLimits limits, CancellationToken cancellation)
    {
        var guaranteed = new GuaranteedRungs(experiment, states, work, limits, cancellation);
        var spectral = new SpectralRungs(experiment, states, work, limits);
        Rung[] rungs = [
            .. guaranteed.AtStart(), guaranteed.FromLaterStep(), .. spectral.Blocks(), .. spectral.Kernel(), .. MeasuredRungs.Of(fit)];
        return new RateLadder
        {
            StepSize = states[0].StepSize,
            Steps = [.. states.Select(state => state.Step)],
            Rungs = rungs,
            Ratios = [.. RatiosOf(rungs)],
        };
    }

    private static RateLadder NotFinite(RateFit? fit) =>
        new() { StepSize = 0, Steps = [], Rungs = [.. MeasuredRungs.Of(fit)], Ratios = [] };

    private static IEnumerable<RungRatio> RatiosOf(Rung[] rungs)
    {
        Rung[] comparable = [.. rungs.Where(rung => rung.IsComparable)];
        return
            from upper in comparable
            where upper.Name is "measured" or "kernel.start"
            from lower in comparable
            where lower.Kind != RungKind.Fitted && lower.Name != upper.Name
                && (upper.Name == "measured" || (lower.Kind == RungKind.APriori && lower.Name != "kernel.start"))
            select new RungRatio(upper.Name, lower.Name, upper.Value!.Value / lower.Value!.Value);
    }
}
