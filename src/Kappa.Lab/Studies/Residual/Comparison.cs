using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Runs all arms on one case: finds each arm's own best step, then records every arm at its own step and at the step they share.</summary>
internal sealed class Comparison(LearningProblem problem, int steps, bool keepsLayers)
{
    // "Own step" of the claims: the best of these multiples of 1/λ_max(K_0).
    private static readonly double[] Multiples = [0.1, 0.3, 1];

    private readonly TokenData _data = ExperimentData.Load(ArmSpecification.Of(problem, Arm.Residual, StepSizeSpecification.Fixed(0), steps));

    /// <summary>The runs that the store has from an earlier, interrupted reproduction, or else new ones, which it then has.</summary>
    public IReadOnlyList<ArmRun> FindOrRun(JobStore? store, CancellationToken cancellation)
    {
        if (store is null)
        {
            return Run(cancellation);
        }

        string key = JobStore.Key($"comparison {keepsLayers}", ArmSpecification.Of(problem, Arm.Residual, StepSizeSpecification.Fixed(0), steps), _data.Fingerprint);
        if (store.Find(key) is { } record)
        {
            return ComparisonRecord.Read(record, problem, _data, steps);
        }

        IReadOnlyList<ArmRun> runs = Run(cancellation);
        store.Save(key, ComparisonRecord.Write(runs));
        return runs;
    }

    /// <summary>Two runs per arm, own step and shared step.</summary>
    public IReadOnlyList<ArmRun> Run(CancellationToken cancellation)
    {
        (Arm Arm, OwnStep Own)[] own = [.. Arm.All.Select(arm => (arm, FindOwnStep(arm, cancellation)))];

        // If no arm has a stable step of its own, the smallest that was tried on any of them is as close as one can come to a shared one.
        double shared = own.Where(o => !o.Own.IsAdaptive).Select(o => o.Own.StepSize).DefaultIfEmpty(own.Min(o => Multiples[0] / o.Own.LargestEigenvalue)).Min();
        var runs = new List<ArmRun>();
        foreach ((Arm arm, OwnStep step) in own)
        {
            ArmRun run = Record(arm, StepRule.Own, step.Specification, step.LargestEigenvalue, cancellation);
            runs.Add(run);
            runs.Add(!step.IsAdaptive && step.StepSize == shared
                ? run with { Rule = StepRule.Same }
                : Record(arm, StepRule.Same, StepSizeSpecification.Fixed(shared), step.LargestEigenvalue, cancellation));
        }

        return runs;
    }

    private OwnStep FindOwnStep(Arm arm, CancellationToken cancellation)
    {
        double eigenvalue = LargestEigenvalue(arm);
        OwnStep? best = null;
        (double Passage, double Loss) bestScore = default;
        foreach (double multiple in Multiples)
        {
            var candidate = new OwnStep(StepSizeSpecification.Auto(multiple), multiple / eigenvalue, eigenvalue);
            (double Passage, double Loss)? score = Try(arm, candidate.Specification, cancellation);
            if (score is { } made && (best is null || made.CompareTo(bestScore) < 0))
            {
                (best, bestScore) = (candidate, made);
            }
        }

        return best ?? new OwnStep(StepSizeSpecification.Adaptive(1), 1 / eigenvalue, eigenvalue);
    }

    private double LargestEigenvalue(Arm arm)
    {
        using Experiment experiment = Experiment.Prepare(ArmSpecification.Of(problem, arm, StepSizeSpecification.Auto(1), steps), _data);
        _ = experiment.Start();
        return experiment.StartEigenvalue!.Value.Value;
    }

    // First passage of the target and final loss of a stable run; null when the loss leaves the finite numbers or ends above its start.
    private (double Passage, double Loss)? Try(Arm arm, StepSizeSpecification stepSize, CancellationToken cancellation)
    {
        using Experiment experiment = Experiment.Prepare(ArmSpecification.Of(problem, arm, stepSize, steps), _data);
        double target = ArmRun.Target * experiment.InitialLoss;
        double passage = double.PositiveInfinity;
        DescentOutcome outcome = experiment.Descent.Run(
            experiment.Start(),
            step => passage = step.Loss <= target ? Math.Min(passage, step.Step) : passage,
            cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        return outcome.Reason == StopReason.NonFinite || outcome.Loss > experiment.InitialLoss ? null : (passage, outcome.Loss);
    }

    private ArmRun Record(Arm arm, StepRule rule, StepSizeSpecification stepSize, double eigenvalue, CancellationToken cancellation)
    {
        using Experiment experiment = Experiment.Prepare(ArmSpecification.Of(problem, arm, stepSize, steps), _data);
        var recorder = new ArmRecorder(experiment, keepsLayers);
        DescentState state = experiment.Start();
        double first = state.StepSize;
        DescentOutcome outcome = experiment.Descent.Run(state, recorder.Observe, recorder.Record, cancellation);
        cancellation.ThrowIfCancellationRequested();
        ArmPath path = recorder.Path();
        return new ArmRun(
            problem, arm, rule, first, stepSize, eigenvalue, steps, outcome.Reason, StallLevel.Of(_data), LateRate.Of(path.Loss, _data), path);
    }

    private sealed record OwnStep(StepSizeSpecification Specification, double StepSize, double LargestEigenvalue)
    {
        public bool IsAdaptive => Specification.Kind == StepSizeKind.Adaptive;
    }
}
