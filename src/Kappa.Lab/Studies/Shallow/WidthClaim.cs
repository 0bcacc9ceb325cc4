using Kappa.Lab.Studies.Residual;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: linear convergence by width; the smallest fails.</summary>
internal static class WidthClaim
{
    private const double LeastShare = 0.5;

    public static Claim Claim { get; } = new(
        "linear-by-width",
        ShallowMeasurements.Paper,
        "In the stable normalisation, step 1, 400 epochs, convergence is linear at every width except the smallest.",
        "at a width above the smallest none of the runs passes the linearity test, or at the smallest all do; where some pass nothing is "
            + "decided (test and numbers ours)");

    public static ClaimFinding Judge(IReadOnlyList<EncoderOutcome> runs)
    {
        EncoderOutcome[] stable = [.. runs.Where(run => run.Run.Normalisation == Normalisation.Stable)];
        return ClaimFinding.From(Claim, [.. Measure(stable)], (_, refuting, _) => Reason(stable, refuting));
    }

    private static IEnumerable<Measurement> Measure(EncoderOutcome[] runs)
    {
        foreach (IGrouping<int, EncoderOutcome> width in runs.GroupBy(run => run.Run.Width).OrderBy(group => group.Key))
        {
            string setting = FormattableString.Invariant($"{width.First().Run.Sizes}, width {width.Key}");
            var share = SeedSummary.Share(width.Select(run => run.Rate.Outcome == RateOutcome.Linear));
            bool isSmallest = width.Key == runs.Min(run => run.Run.Width);
            yield return Measurement.Judged(
                setting, $"share of runs that are linear ({Shapes(width)})", share,
                isSmallest ? !share.IsBelow(LeastShare) : share.IsBelow(LeastShare));
            yield return new Measurement(
                setting, "loss at the end / at the start", SeedSummary.Of(width.Select(run => run.FinalFraction)), null);
            yield return new Measurement(
                setting, "relative movement of the kernel", SeedSummary.Of(width.Select(run => run.KernelMovement)), null);
            for (int k = 0; k < EncoderOutcome.Matrices.Count; k++)
            {
                int matrix = k;
                yield return new Measurement(
                    setting, $"relative movement of {EncoderOutcome.Matrices[k]}",
                    SeedSummary.Of(width.Select(run => run.Movement[matrix])), null);
            }
        }
    }

    private static string Shapes(IEnumerable<EncoderOutcome> runs) =>
        string.Join(
            ", ",
            runs.GroupBy(run => run.Rate.Outcome).OrderBy(group => group.Key)
                .Select(group => $"{group.Count()} {Runs.OutcomeWords.Of(group.Key.ToString())}"));

    private static string Reason(EncoderOutcome[] runs, IReadOnlyList<Measurement> refuting)
    {
        string ends = string.Join(", ", runs.GroupBy(run => run.Run.Width).OrderBy(group => group.Key).Select(group =>
            FormattableString.Invariant(
                $"{NumberText.Of(SeedSummary.Of(group.Select(run => run.FinalFraction)).Median, 2)} at {group.Key}")));
        string numbers = $"Median loss at the end over that at the start: {ends}.";
        return refuting.Count == 0 ? numbers : $"{numbers} Refuted in: {RunGroups.Settings(refuting)}.";
    }
}
