using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The measured rungs: the slope of log ℒ on its window, and that of the window's last third.</summary>
internal static class MeasuredRungs
{
    public static IEnumerable<Rung> Of(RateFit? fit)
    {
        var measured = new Rung { Name = "measured", Title = "measured", Kind = RungKind.Fitted, Grade = RungGrade.Measured };
        var late = new Rung { Name = "measured.late", Title = "measured, late", Kind = RungKind.Fitted, Grade = RungGrade.Measured };
        if (fit is null || double.IsNaN(fit.Slope))
        {
            string why = fit is null ? "Fewer than two losses are recorded; run longer." : $"No rate can be fitted: {fit.Explanation}";
            return [measured with { WhyMissing = why }, late with { WhyMissing = why }];
        }

        string window = FormattableString.Invariant(
            $"steps {fit.FirstStep} to {fit.LastStep}, {fit.Decades:F2} decades, {OutcomeWords.Of(fit.Outcome.ToString())}");
        return [
            measured with { Value = fit.Rate, Low = fit.RateLow, High = fit.RateHigh, Note = window },
            late with { Value = fit.LateRate, Note = "last third of the window" }];
    }
}
