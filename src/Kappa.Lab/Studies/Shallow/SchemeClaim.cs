using System.Globalization;
using Kappa.Lab.Studies.Residual;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: LeCun and He initialisation converge faster than NTK.</summary>
internal static class SchemeClaim
{
    private const double LeastRatio = 1.5;

    public static Claim Claim { get; } = new(
        "lecun-he-faster",
        ShallowMeasurements.Paper,
        "LeCun and He initialisation converge faster than NTK initialisation.",
        "for every seed T(1e-2) of NTK over that of LeCun, or of He, is below 1.5 at the step that all share or at each one's own best "
            + "multiple of 1/λ_max(K_0); where seeds lie on both sides nothing is decided");

    public static ClaimFinding Judge(IReadOnlyList<ComparedRun> runs) => ClaimFinding.From(
        Claim,
        [
            .. runs.GroupBy(run => (run.Outcome.Run.Width, run.Rule)).SelectMany(group =>
                Measure(group.Key.Width, group.Key.Rule, [.. group]))],
        Reason);

    private static IEnumerable<Measurement> Measure(int width, StepRule rule, ComparedRun[] runs)
    {
        string setting = FormattableString.Invariant(
            $"{runs[0].Outcome.Run.Sizes}, width {width}, {(rule == StepRule.Own ? "own step" : "same step")}");
        SeedSummary Steps(NamedStart start) =>
            SeedSummary.Of(runs.Where(run => run.Arm == start.Name).Select(run => run.Outcome.StepsToTarget));
        foreach (NamedStart start in new[] { NamedStart.LeCun, NamedStart.He, NamedStart.Ntk })
        {
            yield return new Measurement(setting, $"T(1e-2), {start.Name} [steps]", Steps(start), null);
            yield return new Measurement(
                setting, $"step size, {start.Name}",
                SeedSummary.Of(runs.Where(run => run.Arm == start.Name).Select(run => run.Outcome.StepSize)), null);
        }

        foreach (NamedStart start in new[] { NamedStart.LeCun, NamedStart.He })
        {
            SeedSummary ratio = ComparedRun.Ratio(runs, NamedStart.Ntk.Name, start.Name);
            yield return Measurement.Judged(setting, $"ratio of T(1e-2), NTK / {start.Name}", ratio, ratio.IsBelow(LeastRatio));
        }
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        string Of(string rule)
        {
            Measurement[] all = [.. confirming.Concat(refuting).Where(m => m.Setting.EndsWith(rule, StringComparison.Ordinal))];
            return all.Length == 0
                ? $"undecided at the {rule}"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{NumberText.Of(all.Min(m => m.Value.Median), 3)} to "
                        + $"{NumberText.Of(all.Max(m => m.Value.Median), 3)}"
                        + $"{(all.Any(m => m.Value.MedianIsLowerBound) ? " or more" : string.Empty)} at the {rule}");
        }

        return $"NTK needs this many times the steps of LeCun and He: {Of("same step")}, "
            + $"{Of("own step")}.{(verdict == Verdict.Partly ? $" Refuted in: {RunGroups.Settings(refuting)}." : string.Empty)}";
    }
}
