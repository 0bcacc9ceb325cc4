using Kappa.Lab.Specifications;
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

        IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> Steps(string arm) =>
            runs.Where(run => run.Arm == arm).Select(run => (run.Outcome.Run.Seed, run.Outcome.StepsToTarget));
    }
}

/// <summary>Arms on the same data and draw: each at its own best of 0.1, 0.3
/// and 1 times 1/λ_max(K_0), and all at the smallest of these steps.</summary>
/// <param name="Arms">Name and run of each arm; their steps are chosen here.</param>
internal sealed record EncoderComparison(IReadOnlyList<(string Name, EncoderRun Run)> Arms)
{
    private static readonly StepSizeSpecification s_own = StepSizeSpecification.Best(0.1, 0.3, 1);

    /// <summary>The runs of the first stage: each arm at its own step.</summary>
    public IEnumerable<EncoderRun> Own() => Arms.Select(arm => arm.Run with { Step = s_own });

    /// <summary>The runs of the second stage: each arm at the step that all share, but for those whose own it is.</summary>
    /// <param name="outcomeOf">Finds a run of the first stage.</param>
    public IEnumerable<EncoderRun> AtSharedStep(Func<EncoderRun, EncoderOutcome> outcomeOf) =>
        Pairs(outcomeOf).Where(pair => pair.Own.StepSize != pair.Same.Step.Value).Select(pair => pair.Same);

    /// <summary>The runs that are compared.</summary>
    /// <param name="outcomeOf">Finds a run of both stages.</param>
    public IEnumerable<ComparedRun> Compared(Func<EncoderRun, EncoderOutcome> outcomeOf) =>
        Arms.Zip(Pairs(outcomeOf), (arm, pair) => (ComparedRun[])
        [
            new(arm.Name, StepRule.Own, pair.Own),
            new(
                arm.Name, StepRule.Same,
                pair.Own.StepSize == pair.Same.Step.Value ? pair.Own with { Run = pair.Same } : outcomeOf(pair.Same)),
        ]).SelectMany(runs => runs);

    private IEnumerable<(EncoderOutcome Own, EncoderRun Same)> Pairs(Func<EncoderRun, EncoderOutcome> outcomeOf)
    {
        EncoderOutcome[] own = [.. Own().Select(outcomeOf)];
        double shared = own.Where(outcome => outcome.StepSize > 0).Select(outcome => outcome.StepSize).DefaultIfEmpty(0).Min();
        return own.Zip(Arms, (outcome, arm) => (outcome, arm.Run with { Step = StepSizeSpecification.Fixed(shared) }));
    }
}
