using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Certification;

/// <summary>A guarantee compared with what happened: ℒ_{t+k} ≤ (1 − rate)^k ℒ_t at every observed step.</summary>
/// <param name="IsRecord">Whether the run's own record was compared; otherwise steps were made for the purpose, and the radii compared as well.</param>
/// <param name="Steps">Steps observed.</param>
/// <param name="StepSize">η of the observed steps.</param>
/// <param name="GuaranteedRate">Share of the loss that a step removes at least.</param>
/// <param name="MeasuredRate">Share that a step removed, in the geometric mean of all.</param>
/// <param name="Ratio">log(1 − measured)/log(1 − guaranteed): at least 1 when the guarantee is kept, and how many times as fast it went.</param>
/// <param name="Violation">What was not kept, with numbers; <c>null</c> when everything was.</param>
internal sealed record BoundObservation(bool IsRecord, long Steps, double StepSize, double GuaranteedRate, double MeasuredRate, double Ratio, string? Violation)
{
    /// <summary>Whether the guarantee was kept at every step.</summary>
    public bool Holds => Violation is null;

    /// <summary>ℒ at every observed step, from the certified one on.</summary>
    internal IReadOnlyList<double> Losses { get; init; } = [];

    /// <summary>The precision of the observed steps. Only steps in double precision can contradict a theorem.</summary>
    public Precision Precision { get; init; }
}

/// <summary>Compares a guarantee with the descent that it is about.</summary>
internal static class BoundCheck
{
    // Flops for an automatic number of steps, some seconds of one core, and the fewest steps that are worth the name.
    private const double AffordableFlops = 1e10;
    private const long FewestSteps = 50;
    private const long MostSteps = 2000;

    /// <summary>Steps after which the bound has fallen by three decades, as far as a few seconds allow; 0 when they allow too few.</summary>
    public static long AffordableSteps(TrainingPoint point, Guarantee guarantee)
    {
        ResidualTransformerShape shape = point.Shape;
        double perRow = (4.0 * shape.Width * shape.Width) + (4.0 * point.Model.Tokens * shape.Width) + (2.0 * shape.Width * shape.FfnWidth);

        // A multiply-add is two flops, and the gradient costs twice the forward pass.
        double affordable = AffordableFlops / (6.0 * point.Rows * perRow * shape.Depth);
        double wanted = Math.Clamp(guarantee.StepsTo(1e-3), FewestSteps, MostSteps);
        return affordable < FewestSteps ? 0 : (long)Math.Min(affordable, wanted);
    }

    /// <summary>Descends from the point with the certified step size.</summary>
    /// <param name="point">θ_t.</param>
    /// <param name="guarantee">What was certified there.</param>
    /// <param name="steps">Most steps; fewer when rounding sets in.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was seen; <c>null</c> when the loss is at the rounding floor already.</returns>
    public static BoundObservation? Descend(TrainingPoint point, Guarantee guarantee, long steps, CancellationToken cancellation)
    {
        double rounding = Rounding(point, point.Model.Precision);
        var bound = new LossBound(point.Loss, guarantee.Rate, rounding);
        long last = Math.Min(steps, bound.LastMeaningfulStep);
        if (last < 1)
        {
            return null;
        }

        var observed = new BoundObserver();
        var options = new DescentOptions { StepSize = StepSizeRule.Fixed(guarantee.StepSize), Trained = point.Trained, MaximumSteps = last };
        var descent = new GradientDescent(point.Model, options);
        DescentOutcome outcome = descent.Run(descent.Start(point.Weights), step =>
        {
            observed.Add(step.Step, step.Loss, bound);
            foreach (BlockRadius radius in guarantee.Radii)
            {
                observed.AddRadius(step.Step, radius, Math.Sqrt(Vectors.SquaredDistance(step.Parameters[radius.Block].Span, point.Weights[radius.Block].Span)));
            }
        }, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (outcome.Reason != StopReason.StepBudget)
        {
            observed.Violation ??= $"the descent ended early: {outcome.Explanation}";
        }

        return observed.Conclude(isRecord: false, guarantee);
    }

    /// <summary>Compares the record of a run that goes on with the certified step size.</summary>
    /// <param name="loss">ℒ_t.</param>
    /// <param name="rounding">What rounding may add to ‖e‖.</param>
    /// <param name="guarantee">What was certified at step t, for the run's own step size.</param>
    /// <param name="telemetry">The record.</param>
    /// <param name="step">t.</param>
    /// <param name="precision">That of the run.</param>
    /// <returns>What was seen; <c>null</c> when the record has nothing after t, or has another step size.</returns>
    public static BoundObservation? Read(double loss, double rounding, Guarantee guarantee, TelemetryTable telemetry, long step, Precision precision)
    {
        ReadOnlySpan<double> steps = telemetry[Quantities.Step], losses = telemetry[Quantities.Loss], stepSizes = telemetry[Quantities.StepSize];
        var bound = new LossBound(loss, guarantee.Rate, rounding);
        var observed = new BoundObserver();
        for (int row = 0; row < steps.Length; row++)
        {
            long after = (long)steps[row] - step;
            if (after < 0 || after > bound.LastMeaningfulStep)
            {
                continue;
            }

            if (stepSizes[row] != guarantee.StepSize)
            {
                return null;
            }

            observed.Add(after, losses[row], bound);
        }

        return observed.Steps < 1 ? null : observed.Conclude(isRecord: true, guarantee) with { Precision = precision };
    }

    /// <summary>What rounding may add to ‖e‖: each number of F is the end of chains of sums of d, n or m terms in every block, each of relative error ε.</summary>
    public static double Rounding(TrainingPoint point, Precision precision)
    {
        ResidualTransformerShape shape = point.Shape;
        int terms = shape.Depth * ((4 * shape.Width) + point.Model.Tokens + shape.FfnWidth);
        point.Model.Forward(point.Weights);
        double size = Math.Sqrt(Vectors.SquaredNorm(point.Model.ForwardOutput.Span)) + Math.Sqrt(Vectors.SquaredNorm(point.Model.Targets.Span));
        return 2 * RoundingFloor.UnitRoundoff(precision) * terms * size;
    }
}
