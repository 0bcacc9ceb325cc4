using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>A state of a run: made again by the same descent, so with the same bits.</summary>
/// <param name="Step">k.</param>
/// <param name="Parameters">θ_k, a copy.</param>
/// <param name="StepSize">η of the next step; under an adaptive rule the one tried first.</param>
/// <param name="Loss">ℒ(θ_k).</param>
internal sealed record LadderState(long Step, ModelParameters Parameters, double StepSize, double Loss)
{
    /// <summary>The steps looked at: denser at the start, where the kernel moves
    /// most, and evenly enough later to see what decides the late rate.</summary>
    /// <param name="last">Last step of the run.</param>
    /// <param name="count">At least 2.</param>
    public static long[] Schedule(long last, int count) =>
        [
            .. Enumerable.Range(0, count).Select(k => (long)Math.Round(last * ((double)k * k / ((double)(count - 1) * (count - 1)))))
                .Distinct()];

    /// <summary>Descends once more and keeps the states at the given steps.</summary>
    /// <param name="experiment">The run's experiment.</param>
    /// <param name="steps">Increasing, from 0.</param>
    /// <param name="cancellation">Ends the descent.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static List<LadderState> At(Experiment experiment, IReadOnlyList<long> steps, CancellationToken cancellation)
    {
        DescentState state = experiment.Start();
        var kept = new List<LadderState>();
        _ = experiment.DescentTo(steps[^1]).Run(
            state,
            step =>
            {
                if (kept.Count < steps.Count && step.Step == steps[kept.Count])
                {
                    kept.Add(new LadderState(step.Step, step.Parameters.Clone(), step.State.StepSize, step.Loss));
                }
            },
            cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        return kept;
    }

    /// <summary>Whether the step size changes along the run.</summary>
    public static bool IsAdaptive(Experiment experiment) => experiment.IsAdaptive;

    /// <summary>As a state to descend from.</summary>
    public DescentState ToDescentState(ModelParameters initial) => new(Parameters.Clone(), initial, Step, StepSize, 0);
}
