using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Certification;

/// <summary>A guarantee compared with what happened: ℒ_{t+k} ≤ (1 − rate)^k ℒ_t at every observed step.</summary>
/// <param name="IsRecord">Whether the run's own record was compared; otherwise
/// steps were made for the purpose, and the radii compared as well.</param>
/// <param name="Steps">Steps observed.</param>
/// <param name="StepSize">η of the observed steps.</param>
/// <param name="GuaranteedRate">Share of the loss that a step removes at least.</param>
/// <param name="MeasuredRate">Share that a step removed, in the geometric mean of all.</param>
/// <param name="Ratio">log(1 − measured)/log(1 − guaranteed): at least 1
/// when the guarantee is kept, and how many times as fast it went.</param>
/// <param name="Violation">What was not kept, with numbers; <c>null</c> when everything was.</param>
internal sealed record BoundObservation(
    bool IsRecord, long Steps, double StepSize, double GuaranteedRate, double MeasuredRate, double Ratio, string? Violation)
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

    /// <summary>Descends with the certified step size.</summary>
    /// <param name="model">The model, in double precision.</param>
    /// <param name="trained">Its trained matrices.</param>
    /// <param name="parameters">θ_t.</param>
    /// <param name="guarantee">What was certified there.</param>
    /// <param name="asked">Most steps; <c>null</c> for as many as a few seconds allow.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was seen, or why nothing was.</returns>
    public static (BoundObservation? Check, string? Omission) Of(
        IModel model, TrainedSet trained, ModelParameters parameters, Guarantee guarantee, long? asked, CancellationToken cancellation)
    {
        long steps = asked ?? AffordableSteps(model, guarantee);
        BoundObservation? check = steps > 0 ? Descend(model, trained, parameters, guarantee, steps, cancellation) : null;
        string? omission = check is not null ? null
            : steps > 0 ? "the loss is at the rounding of the outputs already"
            : asked == 0 ? "not asked for"
            : "the steps would take long; ask for a number of them";
        return (check, omission);
    }

    /// <summary>Steps after which the bound has fallen by three decades,
    /// as far as a few seconds allow; 0 when they allow too few.</summary>
    public static long AffordableSteps(IModel model, Guarantee guarantee)
    {
        double affordable = AffordableFlops / GradientFlops(model);
        double wanted = Math.Clamp(guarantee.StepsTo(1e-3), FewestSteps, MostSteps);
        return affordable < FewestSteps ? 0 : (long)Math.Min(affordable, wanted);
    }

    /// <summary>Descends from a point with the certified step size.</summary>
    /// <returns>What was seen; fewer steps when rounding sets in, <c>null</c> when the loss is at the rounding floor already.</returns>
    public static BoundObservation? Descend(
        IModel model, TrainedSet trained, ModelParameters parameters, Guarantee guarantee, long steps, CancellationToken cancellation)
    {
        var bound = new LossBound(model.ExactLoss(parameters), guarantee.Rate, Rounding(model, parameters, Precision.Double));
        long last = Math.Min(steps, bound.LastMeaningfulStep);
        if (last < 1)
        {
            return null;
        }

        var observed = new BoundObserver();
        var options = new DescentOptions
        {
            StepSize = StepSizeRule.Fixed(guarantee.StepSize),
            Method = new PlainDescent(RoundsOnce: model is not ResidualTransformer),
            Trained = trained,
            MaximumSteps = last,
        };
        var descent = new GradientDescent(model, options);
        DescentOutcome outcome = descent.Run(descent.Start(parameters), step =>
        {
            observed.Add(step.Step, step.Loss, bound);
            foreach (BlockRadius radius in guarantee.Radii)
            {
                observed.AddRadius(
                    step.Step, radius,
                    Math.Sqrt(Vectors.SquaredDistance(step.Parameters[radius.Block].Span, parameters[radius.Block].Span)));
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
    public static BoundObservation? Read(
        double loss, double rounding, Guarantee guarantee, TelemetryTable telemetry, long step, Precision precision)
    {
        ReadOnlySpan<double> steps = telemetry[Quantities.Step], losses = telemetry[Quantities.Loss],
            stepSizes = telemetry[Quantities.StepSize];
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

    /// <summary>What rounding may add to ‖e‖: each number of F is the end of chains
    /// of sums as long as the matrices are and n, each of relative error ε.</summary>
    public static double Rounding(IModel model, ModelParameters parameters, Precision precision)
    {
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(parameters, model.AllSamples, output);
        (Matrix targets, double terms) = model switch
        {
            ResidualTransformer { Shape: var shape } residual =>
                (residual.Targets, shape.Depth * ((4.0 * shape.Width) + residual.Tokens + shape.FfnWidth)),
            _ =>
                (
                    ((Transformer)model).Targets,
                    model.Layout.Blocks.Sum(block => (double)Math.Max(block.Rows, block.Columns)) + ((Transformer)model).Tokens),
        };
        double size = Math.Sqrt(Vectors.SquaredNorm(output.Span)) + Math.Sqrt(Vectors.SquaredNorm(targets.Span));
        return Math.Sqrt(model.SquaredErrorFactor) * 2 * RoundingFloor.UnitRoundoff(precision) * terms * size;
    }

    // A multiply-add is two flops, and the gradient costs twice the forward pass.
    private static double GradientFlops(IModel model)
    {
        if (model is not ResidualTransformer { Shape: var shape } residual)
        {
            return 6.0 * model.Samples * ((Transformer)model).Tokens * model.Layout.Length;
        }

        double perRow = (4.0 * shape.Width * shape.Width) + (4.0 * residual.Tokens * shape.Width) + (2.0 * shape.Width * shape.FfnWidth);
        return 6.0 * residual.Rows * perRow * shape.Depth;
    }
}
