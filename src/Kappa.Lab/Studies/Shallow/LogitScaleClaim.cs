using System.Globalization;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies.Residual;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: τ₀ = d_m^−1/2 is faster than d_m^−1 when the model is wide.</summary>
internal static class LogitScaleClaim
{
    private const double LeastRatio = 3;
    private const int LeastWidth = 128;
    private const string Slow = "p = 1";
    private const string Fast = "p = 0.5";

    public static Claim Claim { get; } = new(
        "logit-scale",
        ShallowMeasurements.Paper,
        "With τ₀ = d_m^−1/2 a wide model converges faster than with τ₀ = d_m^−1.",
        "on samples whose token mean is zero, width 128 or more: for every seed T(1e-2) with d_m^−1 over that with d_m^−1/2 is below 3; "
            + "where seeds lie on both sides nothing is decided (ordinary samples and smaller widths are reported)");

    public static ClaimFinding Judge(IReadOnlyList<ComparedRun> runs)
    {
        Measurement[] measurements =
        [
            .. runs.GroupBy(run =>
                (
                    run.Outcome.Run.Start.Name, run.Outcome.Run.Width, run.Outcome.Run.Centred, run.Outcome.Run.Labels,
                    run.Rule)).SelectMany(group => Measure([.. group])),
        ];
        return ClaimFinding.From(Claim, measurements, (_, refuting, confirming) => Reason(refuting, confirming, measurements));
    }

    /// <summary>The setting of a run, without its step rule.</summary>
    public static string Setting(EncoderRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Start.Name}, width {run.Width}, {(run.Centred ? "centred" : "ordinary")}, "
            + $"{(run.Labels == SampleLabels.Attention ? "attention" : "Gaussian")} labels");

    private static IEnumerable<Measurement> Measure(ComparedRun[] runs)
    {
        EncoderRun run = runs[0].Outcome.Run;
        string setting = $"{Setting(run)}, {(runs[0].Rule == StepRule.Own ? "own step" : "same step")}";
        SeedSummary Steps(string arm) => SeedSummary.Of(runs.Where(other => other.Arm == arm).Select(other => other.Outcome.StepsToTarget));
        foreach (IGrouping<string, ComparedRun> arm in runs.GroupBy(other => other.Arm))
        {
            yield return new Measurement(setting, $"T(1e-2), τ₀ = d_m^−p, {arm.Key} [steps]", Steps(arm.Key), null);
        }

        SeedSummary ratio = ComparedRun.Ratio(runs, Slow, Fast);
        bool isJudged = run.Centred && run.Width >= LeastWidth;
        string? note = ratio.UpperBounds > 0
            ? "runs with d_m^−1/2 do not reach 1e-2 within the budget"
            : ratio.LowerBounds > 0 ? "a lower bound: runs with d_m^−1 do not reach 1e-2 within the budget"
            : null;
        var measured = new Measurement(
            setting, "ratio of T(1e-2), d_m^−1 / d_m^−1/2", ratio, isJudged ? ratio.IsBelow(LeastRatio) : null, note);
        yield return measured with { IsUndecided = isJudged && measured.Refutes is null };
    }

    private static string Reason(IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming, Measurement[] all)
    {
        Measurement[] judged = [.. confirming, .. refuting];
        string centred = judged.Length == 0
            ? "No ratio on centred samples at width 128 or more was decided."
            : $"On centred samples, width 128 and more, d_m^−1 needs {Range(judged)} times the steps of d_m^−1/2.";
        Measurement[] ordinary = [
            .. all.Where(m =>
                m.Quantity.StartsWith("ratio", StringComparison.Ordinal) && m.Setting.Contains("ordinary", StringComparison.Ordinal)
                && !double.IsNaN(m.Value.Median))];
        string other = ordinary.Length == 0
            ? string.Empty
            : $" On ordinary samples, all widths: {Range(ordinary)} times (below 1, d_m^−1 is the faster one; not judged).";
        return refuting.Count == 0 ? centred + other : $"{centred}{other} Refuted in: {RunGroups.Settings(refuting)}.";
    }

    private static string Range(Measurement[] ratios) => string.Create(
        CultureInfo.InvariantCulture,
        $"{NumberText.Of(ratios.Min(m => m.Value.Median), 3)} to "
            + $"{NumberText.Of(ratios.Max(m => m.Value.Median), 3)}"
            + $"{(ratios.Any(m => m.Value.MedianIsLowerBound) ? " or more" : string.Empty)}");
}
