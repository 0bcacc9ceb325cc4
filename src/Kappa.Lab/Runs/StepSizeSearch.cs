using Kappa.Descent;

namespace Kappa.Lab.Runs;

/// <summary>Tries the factors of <c>stepSize: best(…)</c>: one descent for each,
/// from the same start, with losses only, the largest factor first.</summary>
/// <remarks>
/// Once a stable one has come to a hundredth of the first loss, one that has not by the same step can no longer win and is stopped there.
/// What wins does not depend on the order: see <see cref="StepTrials.Best"/>. Plain descent over all samples, so that a state is parameters
/// and η alone.
/// </remarks>
/// <param name="experiment">The experiment; its model is used, so it must not run meanwhile.</param>
/// <param name="tell">Told after every trial of all that were made, or null.</param>
/// <param name="watch">Shown every step, or null.</param>
internal sealed class StepSizeSearch(Experiment experiment, Action<StepTrials>? tell, Action<DescentStep>? watch)
{
    /// <summary>Makes the trials that are missing.</summary>
    /// <param name="trials">Those that were made.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public StepTrials Complete(StepTrials trials, CancellationToken cancellation)
    {
        foreach (double factor in experiment.Specification.Descent.StepSize.Factors.OrderDescending())
        {
            if (trials.Trials.All(trial => trial.Factor != factor))
            {
                StepTrial made = Try(factor, factor / trials.LargestEigenvalue, trials.FirstPassage, cancellation);
                trials = trials with { Trials = [.. trials.Trials, made] };
                tell?.Invoke(trials);
            }
        }

        return trials;
    }

    private StepTrial Try(double factor, double stepSize, long? passageToBeat, CancellationToken cancellation)
    {
        long budget = experiment.Options.MaximumSteps, limit = Math.Min(budget, passageToBeat ?? budget);
        double target = FirstPassage.Hundredth * experiment.InitialLoss;
        long? passage = null;
        var state = new DescentState(experiment.Initial.Clone(), experiment.Initial.Clone(), 0, stepSize, pathLength: 0);
        DescentOutcome outcome = Descend(limit);
        bool isOvertaken = limit < budget && outcome.Reason == StopReason.StepBudget && passage is null;
        if (limit < budget && outcome.Reason == StopReason.StepBudget && !isOvertaken)
            outcome = Descend(budget);
        double end = outcome.Reason == StopReason.NonFinite ? double.NaN : outcome.Loss / experiment.InitialLoss;
        return new StepTrial(factor, stepSize, passage, end, outcome.Step, isOvertaken ? StepTrial.Overtaken : outcome.Reason.ToString());

        DescentOutcome Descend(long steps)
        {
            DescentOutcome reached = new GradientDescent(
                experiment.Model, experiment.Options with { MaximumSteps = steps }).Run(state, Observe, null, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return reached;
        }

        void Observe(DescentStep step)
        {
            passage ??= step.Loss <= target ? step.Step : null;
            watch?.Invoke(step);
        }
    }
}
