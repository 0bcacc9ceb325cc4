using Kappa.Lab.Store;
using Kappa.Lab.Studies.Residual;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>A run of a comparison.</summary>
/// <param name="Arm">What is compared: an initialisation, or τ₀.</param>
/// <param name="Rule">Own step or the step that all arms share.</param>
/// <param name="Outcome">The run.</param>
internal sealed record ComparedRun(string Arm, StepRule Rule, EncoderOutcome Outcome)
{
    /// <summary>T(1e-2) of one arm over that of another, seed by seed.</summary>
    public static SeedSummary Ratio(IReadOnlyList<ComparedRun> runs, string numerator, string denominator)
    {
        return PairedRatio.Over(Steps(numerator), Steps(denominator));

        IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> Steps(string arm) => runs.Where(run => run.Arm == arm).Select(run => (run.Outcome.Run.Seed, run.Outcome.StepsToTarget));
    }
}

/// <summary>Arms on the same data and draw: each at its own best of 0.1, 0.3 and 1 times 1/λ_max(K_0), and all at the smallest of these steps.</summary>
/// <param name="Arms">Name and run of each arm; their steps are chosen here.</param>
internal sealed record EncoderComparison(IReadOnlyList<(string Name, EncoderRun Run)> Arms)
{
    private static readonly double[] Multiples = [0.1, 0.3, 1];

    public string Identity => string.Join(" | ", Arms.Select(arm => $"{arm.Name}: {arm.Run.Identity}"));

    public Checkpoint Run(CancellationToken cancellation)
    {
        EncoderOutcome[] own = [.. Arms.Select(arm => Best(arm.Run, cancellation))];
        double shared = own.Where(outcome => outcome.StepSize > 0).Select(outcome => outcome.StepSize).DefaultIfEmpty(0).Min();
        Checkpoint record = JobStore.NewRecord();
        record.AddNumber("shared", shared);
        for (int k = 0; k < own.Length; k++)
        {
            record.AddNumber($"{k}.own.multiple", own[k].Run.Step.Value);
            own[k].Write(record, $"{k}.own.");
            EncoderOutcome same = own[k].StepSize == shared ? own[k] : EncoderOutcome.Of(Arms[k].Run with { Step = new EncoderStep(shared, false) }, cancellation);
            same.Write(record, $"{k}.same.");
        }

        return record;
    }

    public IReadOnlyList<ComparedRun> Read(Checkpoint record)
    {
        var runs = new List<ComparedRun>();
        for (int k = 0; k < Arms.Count; k++)
        {
            (string name, EncoderRun run) = Arms[k];
            runs.Add(new ComparedRun(name, StepRule.Own, EncoderOutcome.Read(record, $"{k}.own.", run with { Step = new EncoderStep(record.GetNumber($"{k}.own.multiple"), true) })));
            runs.Add(new ComparedRun(name, StepRule.Same, EncoderOutcome.Read(record, $"{k}.same.", run with { Step = new EncoderStep(record.GetNumber("shared"), false) })));
        }

        return runs;
    }

    private static EncoderOutcome Best(EncoderRun run, CancellationToken cancellation) => BestRun.Of(
        Multiples.Select(multiple => EncoderOutcome.Of(run with { Step = new EncoderStep(multiple, true) }, cancellation)),
        outcome => outcome.StepsToTarget is (double step, false) ? step : null,
        outcome => outcome.FinalFraction);
}
