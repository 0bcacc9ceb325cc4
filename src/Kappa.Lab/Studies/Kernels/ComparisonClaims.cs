using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>[B]: the Gaussian kernel does no worse than softmax, and its loss surface is flatter.</summary>
internal static class ComparisonClaims
{
    private const int Classes = 2;

    public static Claim AllTrained { get; } = new(
        "all-trained",
        Papers.Song,
        "With queries, keys and values trained, the Gaussian kernel trains no worse than softmax.",
        "at some token scale and step log(end loss, Gaussian / softmax) is positive for every seed; where the seeds have both signs "
            + "nothing is decided; the settings are named");

    public static Claim Accuracy { get; } = new(
        "accuracy",
        Papers.Song,
        "The Transformer of the experiments ends no worse on the test samples with the Gaussian kernel than with softmax, on Pathfinder "
            + "(Adam) and on text (SGD).",
        "the difference of the test accuracies, Gaussian − softmax, below −√(1/2N_test), one standard error, for every seed; where a "
            + "seed lies within one standard error, or seeds on both sides, or when no kernel learns, nothing is decided");

    public static Claim Flatness { get; } = new(
        "flatter-landscape",
        Papers.Song,
        "After a two-stage training of which only the second stage's kernel differs, the loss surface of the Gaussian kernel is flatter.",
        "the ratio, Gaussian / softmax, of the median over the grid of max(|λ₁|, |λ₂|), the principal curvatures, or of its 95 % "
            + "quantile, above 1; where the seeds lie on both sides of 1 nothing is decided");

    public static ClaimFinding JudgeAllTrained(IReadOnlyList<KernelRun> runs)
    {
        Measurement[] measurements = [
            .. RunGroup.Of(runs, KernelStudy.AllTrained).Where(group => group.IsComplete).SelectMany(AllTrainedOf)];
        return ClaimFinding.From(AllTrained, measurements, (_, refuting, confirming) =>
            $"{Side("Gaussian no worse", confirming)} {Side("Gaussian worse", refuting)} "
                + $"{Side("Undecided", [.. measurements.Where(m => m.Quantity == EndRatio && m.Refutes is null)])}");
    }

    public static ClaimFinding JudgeAccuracy(IReadOnlyList<KernelRun> runs)
    {
        Measurement[] measurements = [
            .. new[] { KernelStudy.Pathfinder, KernelStudy.Text }.SelectMany(study => RunGroup.Of(runs, study))
                .Where(group => group.IsComplete).SelectMany(AccuracyOf)];
        Measurement[] differences = [.. measurements.Where(m => m.Quantity == Difference)];
        string numbers = string.Join(
            "; ", differences.Select(m => $"{m.Setting}: {m.Value}{(m.Refutes is null ? $" ({m.Note})" : string.Empty)}"));
        return ClaimFinding.From(Accuracy, measurements, (_, _, _) => $"Test accuracy, Gaussian − softmax. {numbers}.");
    }

    public static ClaimFinding JudgeFlatness(IReadOnlyList<KernelRun> runs)
    {
        Measurement[] measurements = [.. RunGroup.Of(runs, KernelStudy.Landscape).Where(group => group.IsComplete).SelectMany(FlatnessOf)];
        return ClaimFinding.From(Flatness, measurements, (_, _, _) =>
            measurements.Length == 0
                ? "Nothing was measured."
                : string.Concat(measurements
                    .Where(m => m.Quantity.StartsWith("ratio", StringComparison.Ordinal))
                    .Select(m => $"{m.Quantity}: {m.Value}{(m.Note is null ? string.Empty : $" ({m.Note})")}. "))
                    + $"On {measurements[0].Setting}.");
    }

    private const string EndRatio = "log₁₀(end loss, Gaussian / softmax)";
    private const string Difference = "test accuracy, Gaussian − softmax";

    private static IEnumerable<Measurement> AllTrainedOf(RunGroup group)
    {
        foreach (KernelArm arm in KernelArm.All)
        {
            yield return new Measurement(group.Setting, $"end loss / ℒ_0, {arm.Name}", group.Summary(arm, Measured.EndFraction), null);
            yield return new Measurement(
                group.Setting, $"T(1e-2), {arm.Name} [steps]",
                SeedSummary.Of(
                    group.Of(arm).Select(run =>
                        double.IsNaN(run[Measured.Passage]) ? (run[Measured.Budget] + 1, true) : (run[Measured.Passage], false))),
                null);
        }

        SeedSummary ratio = group.Paired((gaussian, softmax) =>
            Math.Log10(gaussian.Series[Measured.Loss][^1] / softmax.Series[Measured.Loss][^1]));
        bool? refutes = ratio.Low > 0 ? true : ratio.High <= 0 ? false : null;
        string? note = refutes is not null
            ? null
            : double.IsNaN(ratio.Median) ? "a seed has no finite ratio"
            : "the seeds do not agree on which ends lower";
        yield return Measurement.Judged(group.Setting, EndRatio, ratio, refutes, note);
    }

    private static IEnumerable<Measurement> AccuracyOf(RunGroup group)
    {
        foreach (KernelArm arm in KernelArm.All)
        {
            yield return new Measurement(
                group.Setting, $"test accuracy, {arm.Name}", group.Summary(arm, Measured.TestAccuracy), null,
                FormattableString.Invariant($"mean {group.Of(arm).Average(run => run[Measured.TestAccuracy]):F3}"));
            yield return new Measurement(group.Setting, $"test loss, {arm.Name}", group.Summary(arm, Measured.TestLoss), null);
        }

        double error = Math.Sqrt(0.5 / group.Runs[0][Measured.TestSamples]);
        SeedSummary difference = group.Paired((gaussian, softmax) => gaussian[Measured.TestAccuracy] - softmax[Measured.TestAccuracy]);
        bool learns = KernelArm.All.Any(arm =>
            group.Summary(arm, Measured.TestAccuracy).Median > (1.0 / Classes)
            + (2 * Math.Sqrt(0.25 / group.Runs[0][Measured.TestSamples])));
        bool? refutes = !learns ? null : difference.High < -error ? true : difference.Low > error ? false : null;
        string note = !learns
            ? "no kernel learned: both within two standard errors of guessing"
            : FormattableString.Invariant($"one standard error is {NumberText.Of(error, 2)}");
        yield return Measurement.Judged(group.Setting, Difference, difference, refutes, note);
    }

    private static IEnumerable<Measurement> FlatnessOf(RunGroup group)
    {
        foreach (KernelArm arm in KernelArm.All)
        {
            yield return new Measurement(
                group.Setting, $"local minima on the grid, {arm.Name}", group.Summary(arm, Measured.LocalMinima), null);
            yield return new Measurement(
                group.Setting, $"share of the grid that is not convex, {arm.Name}", group.Summary(arm, Measured.NonConvex), null);
            yield return new Measurement(
                group.Setting, $"roughness of the cuts (median), {arm.Name}", group.Summary(arm, Measured.Roughness), null);
            yield return new Measurement(
                group.Setting, $"max(|λ₁|, |λ₂|), median over the grid, {arm.Name}", group.Summary(arm, Measured.Curvature), null);
        }

        yield return Ratio(group, "ratio of median curvatures, Gaussian / softmax", Measured.Curvature);
        yield return Ratio(group, "ratio of 95 % quantiles of the curvature, Gaussian / softmax", Measured.HighCurvature);
    }

    private static Measurement Ratio(RunGroup group, string name, string quantity)
    {
        SeedSummary ratio = group.Paired((gaussian, softmax) => gaussian[quantity] / softmax[quantity]);
        bool? refutes = ratio.Low > 1 ? true : ratio.High < 1 ? false : null;
        return Measurement.Judged(
            group.Setting, name, ratio, refutes, refutes is null ? "the seeds do not agree on which is flatter" : null);
    }

    private static string Side(string words, IReadOnlyList<Measurement> measurements) =>
        measurements.Count == 0
            ? $"{words}: nowhere."
            : $"{words} in: {string.Join("; ", measurements.Select(Power))}.";

    /// <summary>Setting, power of ten with its interval, and note of a measurement.</summary>
    private static string Power(Measurement m) =>
        $"{m.Setting} (10^{NumberText.Of(m.Value.Median, 2)} [{NumberText.Of(m.Value.Low, 2)}, {NumberText.Of(m.Value.High, 2)}]"
            + $"{(m.Note is null ? string.Empty : $", {m.Note}")})";
}
