using System.Globalization;
using System.Text;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The runs as CSV: one row a run, with the command that repeats it.</summary>
internal static class ResidualTables
{
    /// <summary>The command that repeats a comparison run.</summary>
    public static string Command(ArmRun run) => ArmSpecification.Command(run.Specification!);

    /// <summary>runs.csv.</summary>
    public static string Runs(IReadOnlyList<ArmRun> runs)
    {
        var text = new StringBuilder(
            "samples,tokens,width,ffnWidth,source,depth,queryKeyScale,seed,arm,rule,stepSizeRule,stepSize,largestKernelEigenvalue,stop,"
                + "steps,initialLoss,finalLoss,stepsTo1e-2,reached1e-2,endOverStallLevel,rateOutcome,rate,rateLow,rateHigh,lateRate,"
                + "decades,startConditionNumber,endConditionNumber,smallestSigmaMinRatio,run,command\n");
        foreach (ArmRun run in runs)
        {
            (double passage, bool isBound) = run.StepsToTarget;
            ArmPath path = run.Path;
            Append(
                text,
                run.Problem.Size.Samples, run.Problem.Size.Tokens, run.Problem.Size.Width, run.Problem.Size.FfnWidth, run.Problem.Source,
                run.Problem.Depth, run.Problem.QueryKeyScale, run.Problem.Seed,
                run.Arm.Name, run.Rule, run.StepSizeRule, run.StepSize, run.LargestEigenvalue, run.Stop, run.Steps - 1, path.Loss[0],
                path.Loss[^1], passage, !isBound,
                run.FinalOverStallLevel, run.Rate.Outcome, run.Rate.Rate, run.Rate.RateLow, run.Rate.RateHigh, run.Rate.LateRate,
                run.Rate.Decades,
                path.ConditionNumber[0], path.ConditionNumber[^1], path.SigmaMinRatio.Min(), run.Name, Quoted(Command(run)));
        }

        return text.ToString();
    }

    /// <summary>rates.csv.</summary>
    public static string Rates(IReadOnlyList<RatePoint> points)
    {
        var text = new StringBuilder(
            "trains,attentionResidual,queryKeyScale,valueScale,temperatureFactor,seed,stepSize,startConditionNumber,endConditionNumber,"
                + "hiddenConditionNumber,startKernelRate,endKernelRate,rateOutcome,lateRate,rate,rateLow,rateHigh,decades\n");
        foreach (RatePoint p in points)
        {
            Append(
                text,
                p.Trains, p.AttentionResidual, p.QueryKeyScale, p.ValueScale, p.TemperatureFactor, p.Seed, p.StepSize,
                p.StartConditionNumber, p.EndConditionNumber,
                p.HiddenConditionNumber, p.StartKernelRate, p.EndKernelRate, p.Rate.Outcome, p.Rate.LateRate, p.Rate.Rate, p.Rate.RateLow,
                p.Rate.RateHigh, p.Rate.Decades);
        }

        return text.ToString();
    }

    /// <summary>prices.csv; empty cells where nothing was certified.</summary>
    public static string Prices(IReadOnlyList<PricePoint> points)
    {
        var text = new StringBuilder(
            "depth,attentionResidual,seed,smallestScale,guaranteedRate,firstCertifiedStep,relativeLossThere,lastStepTried\n");
        foreach (PricePoint p in points)
        {
            Append(
                text,
                p.Depth, p.AttentionResidual, p.Seed, p.Scale is { } scale ? scale : string.Empty,
                p.Scale is null ? string.Empty : p.GuaranteedRate,
                p.FirstStep is { } step ? step : string.Empty, p.FirstStep is null ? string.Empty : p.FirstRelativeLoss, p.LastStep);
        }

        return text.ToString();
    }

    // A command has commas in it.
    private static string Quoted(string field) => $"\"{field}\"";

    private static void Append(StringBuilder text, params object[] fields)
    {
        _ = text.AppendJoin(',', fields.Select(field => Convert.ToString(field, CultureInfo.InvariantCulture))).Append('\n');
    }
}
