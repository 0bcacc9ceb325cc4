using System.Globalization;
using System.Text;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>The numbers as CSV.</summary>
internal static class ShallowTables
{
    /// <summary>runs.csv: one row a run of model S.</summary>
    public static string Runs(ShallowResult result)
    {
        var text = new StringBuilder(
            "study,arm,rule,samples,tokens,inputWidth,width,start,logitExponent,normalisation,centred,labels,tokenCorrelation,"
                + "sampleCorrelation,seed,stepSize,largestKernelEigenvalue,diverged,steps,initialLoss,finalLoss,stepsTo1e-2,reached1e-2,"
                + "rateOutcome,queryMovement,keyMovement,valueMovement,readoutMovement,kernelMovement\n");
        Append(text, "widths", result.Paper);
        Append(text, "movement", result.Movement);
        Append(text, "open", result.Open);
        foreach (
            (string study, ComparedRun run) in result.Schemes.Select(run => ("initialisations", run)).Concat(
                result.Logits.Select(run => ("logitScale", run))))
        {
            Append(text, study, run.Arm, run.Rule.ToString(), run.Outcome);
        }

        return text.ToString();
    }

    /// <summary>points.csv: limiting kernel and conditions.</summary>
    public static string Points(IReadOnlyList<EncoderPointResult> points)
    {
        var text = new StringBuilder($"start,logitExponent,width,seed,limitDistance,{string.Join(',', EncoderPointResult.TheoremNames)}\n");
        foreach (EncoderPointResult point in points)
        {
            Row(
                text,
                [
                    point.Run.Start.Name, point.Run.LogitExponent, point.Run.Width, point.Run.Seed, point.LimitDistance,
                    .. point.Shortfalls.Cast<object>()]);
        }

        return text.ToString();
    }

    /// <summary>smallest-widths.csv.</summary>
    public static string Searches(IReadOnlyList<WidthSearchResult> searches)
    {
        var text = new StringBuilder("samples,seed,width,converged\n");
        foreach (WidthSearchResult search in searches)
        {
            Row(text, [search.Samples, search.Seed, search.Width, !search.IsLowerBound]);
        }

        return text.ToString();
    }

    /// <summary>digits.csv.</summary>
    public static string Digits(IReadOnlyList<DigitOutcome> runs)
    {
        var text = new StringBuilder("width,logitExponent,seed,trainingLoss,testLoss,testAccuracy,diverged\n");
        foreach (DigitOutcome run in runs)
        {
            Row(text, [run.Run.Width, run.Run.LogitExponent, run.Run.Seed, run.Loss[^1], run.TestLoss, run.TestAccuracy, run.Diverged]);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string study, IReadOnlyList<EncoderOutcome> runs)
    {
        foreach (EncoderOutcome run in runs)
        {
            Append(text, study, string.Empty, string.Empty, run);
        }
    }

    private static void Append(StringBuilder text, string study, string arm, string rule, EncoderOutcome outcome)
    {
        EncoderRun run = outcome.Run;
        (double passage, bool isBound) = outcome.StepsToTarget;
        Row(
            text,
            [
                study, arm, rule, run.Sizes.Samples, run.Sizes.Tokens, run.Sizes.InputWidth, run.Width, run.Start.Name, run.LogitExponent,
                run.Normalisation.Name.Split(':')[0], run.Centred, run.Labels,
                run.TokenCorrelation, run.SampleCorrelation, run.Seed, outcome.StepSize, outcome.LargestEigenvalue, outcome.Diverged,
                outcome.Loss.Length - 1, outcome.Loss[0], outcome.Loss[^1], passage, !isBound,
                outcome.Rate.Outcome, .. outcome.Movement.Cast<object>(), outcome.KernelMovement,
            ]);
    }

    private static void Row(StringBuilder text, object[] fields) =>
        _ = text.AppendJoin(',', fields.Select(field => Convert.ToString(field, CultureInfo.InvariantCulture))).Append('\n');
}
