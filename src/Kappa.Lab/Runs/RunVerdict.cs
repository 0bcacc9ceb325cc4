using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs;

/// <summary>What happened in a run, in the field's words: how far the loss fell, whether
/// and how it converged, whether tokens became equal, and what to change.</summary>
/// <remarks>Sentences for a reader; programs take the identifiers of the JSON output instead.</remarks>
internal static class RunVerdict
{
    // A mean cosine from here on leaves a sample's tokens one direction: attention has nothing to tell apart.
    private const double EqualTokens = 0.999;
    private const double NearlyEqual = 0.9;

    // Below this the start is ordinary: independent outputs of the targets' size make twice the loss of an output of zero.
    private const double HighStart = 4;

    /// <summary>The sentences, most important first.</summary>
    /// <param name="analysis">The run.</param>
    public static IReadOnlyList<string> Sentences(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        return [
            .. new[]
            {
                Fall(analysis), analysis.StepSizeRemark, Convergence(analysis), Tokens(analysis), Start(analysis), Change(analysis),
            }.OfType<string>()];
    }

    // More steps of such a size are no advice: the loss is that of the start to six digits.
    private static bool HasNotMoved(RunAnalysis analysis) => HasLoss(analysis) && analysis.Telemetry[Quantities.Step][^1] >= 1
        && Math.Abs(analysis.Telemetry[Quantities.Loss][^1] / analysis.Telemetry[Quantities.Loss][0] - 1) < 1e-6;

    private static bool HasLoss(RunAnalysis analysis) => analysis.Telemetry.Rows > 0 && analysis.Telemetry.Has(Quantities.Loss);

    private static string? Fall(RunAnalysis analysis)
    {
        if (!HasLoss(analysis))
        {
            return null;
        }

        double first = analysis.Telemetry[Quantities.Loss][0], last = analysis.Telemetry[Quantities.Loss][^1];
        return $"Loss: ℒ_0 = {NumberText.Of(first)} at the start, ℒ = {NumberText.Of(last)} at the last recorded step, ℒ/ℒ_0 = "
            + $"{NumberText.Of(last / first)}.";
    }

    private static string? Convergence(RunAnalysis analysis)
    {
        if (analysis.Rate is not { } rate)
        {
            return null;
        }

        string window = $"steps {rate.FirstStep} to {rate.LastStep}";
        string words = rate.Outcome switch
        {
            RateOutcome.Linear =>
                $"It converges linearly: in {window} every step removes {NumberText.Percent(rate.Rate)} of the loss, with interval "
                    + $"{Interval(rate.RateLow, rate.RateHigh)}.",
            RateOutcome.Slowing => $"It converges, but not linearly: it slows down. At the end of {window} a step removes {Late(rate)}.",
            RateOutcome.Accelerating =>
                $"It converges, but not at one rate: it becomes faster. At the end of {window} a step removes {Late(rate)}.",
            RateOutcome.Irregular =>
                $"The loss falls, but not along one line: it oscillates or goes in steps. At the end of {window} a step removes "
                    + $"{Late(rate)}.",
            RateOutcome.TooFewDecades => "Whether it converges is open: the loss has fallen too little to tell a rate.",
            RateOutcome.Plateau =>
                $"It does not converge to zero: the loss levels off at "
                    + $"{NumberText.Of(rate.FloorLoss ?? double.NaN)}{Relative(analysis, rate.FloorLoss)}.",
            RateOutcome.NotDecreasing => "It does not converge: the loss does not fall.",
            RateOutcome.Diverged => "It diverges, so it has no rate.",
            _ => "It is too short for a rate.",
        };
        return $"{words} {rate.Explanation}";
    }

    private static string Late(RateFit rate) =>
        $"{NumberText.Percent(rate.LateRate)} of the loss, with interval {Interval(rate.LateRateLow, rate.LateRateHigh)}";

    private static string Interval(double low, double high) => $"{NumberText.Percent(low)} to {NumberText.Percent(high)}";

    private static string Relative(RunAnalysis analysis, double? level) =>
        level is double loss && HasLoss(analysis)
            ? $", ℒ/ℒ_0 = {NumberText.Of(loss / analysis.Telemetry[Quantities.Loss][0])}"
            : string.Empty;

    private static string? Tokens(RunAnalysis analysis)
    {
        LayerSummary[] outputs = [
            .. analysis.Layers.Where(layer => layer.Name.IsOutput && double.IsFinite(layer.End[Quantities.TokenCosine]))];
        if (outputs.Length == 0 || analysis.Run.Specification.Data.Tokens == 1)
        {
            return null;
        }

        if (Collapsed(analysis) is not { } first)
        {
            LayerSummary nearest = outputs.MaxBy(layer => layer.End[Quantities.TokenCosine])!;
            string words = nearest.End[Quantities.TokenCosine] < NearlyEqual ? "stay different in every layer" : "are nearly equal";
            return $"The tokens of a sample {words}: their mean cosine is at most "
                + $"{NumberText.Of(nearest.End[Quantities.TokenCosine], 3)}, in layer {nearest.Layer}.";
        }

        long step = EqualFrom(analysis, first.Layer);
        string since = step == (long)analysis.Telemetry[Quantities.Step][0] ? "from the start" : $"since step {step}";
        return $"The tokens of a sample have become equal from layer {first.Layer} on, {since}: their mean cosine is "
            + $"{NumberText.Of(first.End[Quantities.TokenCosine], 6)}, so that deeper layers cannot tell them apart.";
    }

    private static LayerSummary? Collapsed(RunAnalysis analysis) =>
        analysis.Run.Specification.Data.Tokens == 1
            ? null
            : analysis.Layers.Where(layer => layer.Name.IsOutput).FirstOrDefault(layer => layer.End[Quantities.TokenCosine] >= EqualTokens);

    // The first recorded step from which on they stay equal.
    private static long EqualFrom(RunAnalysis analysis, int layer)
    {
        ReadOnlySpan<double> cosines = analysis.Telemetry[Quantities.TokenCosine, PartName.Of(layer, LayerPart.AttentionOutput).Text],
            steps = analysis.Telemetry[Quantities.Step];
        int row = cosines.Length - 1;
        while (row > 0 && cosines[row - 1] >= EqualTokens)
        {
            row--;
        }

        return (long)steps[row];
    }

    // ½ Σ targetScale² is the loss of an output of zero; where the targets' scale is not set it is taken to be one.
    private static string? Start(RunAnalysis analysis)
    {
        ExperimentSpecification run = analysis.Run.Specification;
        bool isDeepResidual = run is { Form: ModelForm.Residual, Model.Depth: > 1 } && run.Initialisation.BranchScale == BranchScale.None
            && (run.Model.AttentionResidual != 0 || run.Model.FfnResidual != 0);
        if (!isDeepResidual || !HasLoss(analysis) || run.Data is not { Samples: int samples, Tokens: int tokens })
        {
            return null;
        }

        double scale = run.Data.TargetScale ?? (run.Data.Source == DataSource.Gaussian ? 1 / Math.Sqrt(run.Model.Width) : 1);
        double zero = 0.5 * samples * tokens * run.Model.OutputWidth * scale * scale, first = analysis.Telemetry[Quantities.Loss][0];
        return !(first > HighStart * zero) || !double.IsFinite(first) ? null
            : $"Why it starts at ℒ_0 = {NumberText.Of(first)}: every one of the {run.Model.Depth} blocks adds its branches to the "
                + $"residual stream, so that the output is far larger than targets of scale {NumberText.Of(scale, 3)}, "
            + $"for which an output of zero has a loss near {NumberText.Of(zero, 3)}. branchScale=inverseSqrtDepth scales the branches "
            + $"by 1/√L and starts lower.";
    }

    private static string? Change(RunAnalysis analysis)
    {
        ExperimentSpecification run = analysis.Run.Specification;
        if (analysis.Run.Status.StopReason == nameof(StopReason.NonFinite))
        {
            return analysis.Run.Status.Step == 0 ? null : "What to change: take a smaller step size, such as stepSize=auto(0.25).";
        }

        if (Collapsed(analysis) is not null && run is { Form: ModelForm.Residual, Model.AttentionResidual: 0 })
        {
            return "What to change: attentionResidual=1 keeps the tokens apart.";
        }

        return analysis.Rate?.Outcome switch
        {
            RateOutcome.TooFewDecades or RateOutcome.TooShort or RateOutcome.NotDecreasing when HasNotMoved(analysis) =>
                "What to change: a larger step size, such as stepSize=auto(0.5): the loss has not moved.",
            RateOutcome.TooFewDecades or RateOutcome.Slowing when analysis.Run.Status.StopReason == nameof(StopReason.StepBudget) =>
                $"What to change: more steps, such as steps={4L * run.Descent.Steps}.",
            RateOutcome.TooShort when run.Telemetry.Every > 1 => "What to change: record every step with every=1.",
            RateOutcome.TooShort when analysis.Run.Status.StopReason == nameof(StopReason.StepBudget) =>
                $"What to change: more steps, such as steps={Math.Max(100, 4L * run.Descent.Steps)}.",
            RateOutcome.NotDecreasing => "What to change: a smaller step size, such as stepSize=auto(0.25).",
            _ => null,
        };
    }
}
