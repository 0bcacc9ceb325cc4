using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Answers to questions that [C] leaves open: measured at 0.3/λ_max(K_0), without a verdict against anyone.</summary>
internal static class OpenAnswers
{
    private const string Steps = "T(1e-2) [steps]";

    public static IReadOnlyList<OpenQuestion> Questions(IReadOnlyList<EncoderOutcome> runs)
    {
        EncoderOutcome[] correlated = [.. runs.Where(run => IsCorrelated(run.Run))],
            independent = [.. runs.Where(run => !IsCorrelated(run.Run))];
        return
        [
            Question("other-starts", "How fast are Xavier, orthogonal and scaled starts?", independent),
            Question(
                "correlated-data", "What does correlation between tokens or between samples cost?",
                [.. independent.Where(run => run.Run.Start.Name == NamedStart.LeCun.Name), .. correlated]),
        ];
    }

    /// <summary>The numbers of every setting.</summary>
    public static IEnumerable<Measurement> Of(IReadOnlyList<EncoderOutcome> runs)
    {
        foreach (IGrouping<string, EncoderOutcome> group in runs.GroupBy(run => Setting(run.Run)))
        {
            yield return new Measurement(group.Key, Steps, SeedSummary.Of(group.Select(run => run.StepsToTarget)), null);
            yield return new Measurement(group.Key, "step size", SeedSummary.Of(group.Select(run => run.StepSize)), null);
            yield return new Measurement(
                group.Key, "relative movement of value", SeedSummary.Of(group.Select(run => MovementClaim.Of(run, "value"))), null);
        }
    }

    private static OpenQuestion Question(string id, string question, IReadOnlyList<EncoderOutcome> runs)
    {
        Measurement[] all = [.. Of(runs)];
        string answer = string.Join(
            ", ",
            all.Where(m => m.Quantity == Steps).Select(m =>
                FormattableString.Invariant(
                    $"{(m.Value.MedianIsLowerBound ? "at least " : string.Empty)}{NumberText.Of(m.Value.Median, 3)} ({m.Setting})")));
        return new OpenQuestion(id, question, $"Median steps to a hundredth of the loss: {answer}.", all);
    }

    private static bool IsCorrelated(EncoderRun run) => run.TokenCorrelation > 0 || run.SampleCorrelation > 0;

    private static string Setting(EncoderRun run) =>
        run.TokenCorrelation > 0 ? FormattableString.Invariant($"tokens r={run.TokenCorrelation}")
        : run.SampleCorrelation > 0 ? FormattableString.Invariant($"samples r={run.SampleCorrelation}")
        : run.Start.Name;
}
