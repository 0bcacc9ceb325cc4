using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>Compares a guarantee about a model other than R with the descent that it is about.</summary>
internal static class ModelCheck
{
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
    public static (BoundObservation? Check, string? Omission) Of(IModel model, TrainedSet trained, ModelParameters parameters, Guarantee guarantee, long? asked, CancellationToken cancellation)
    {
        long steps = asked ?? AffordableSteps(model, guarantee);
        BoundObservation? check = steps > 0 ? Descend(model, trained, parameters, guarantee, steps, cancellation) : null;
        string? omission = check is not null ? null
            : steps > 0 ? "the loss is at the rounding of the outputs already"
            : asked == 0 ? "not asked for"
            : "the steps would take long; ask for a number of them";
        return (check, omission);
    }

    /// <summary>What rounding may add to ‖e‖: each number of F is the end of chains of sums as long as the matrices are, each of relative error ε.</summary>
    public static double Rounding(IModel model, ModelParameters parameters, Precision precision = Precision.Double)
    {
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(parameters, model.AllSamples, output);
        var own = (Transformer)model;
        double terms = model.Layout.Blocks.Sum(block => (double)Math.Max(block.Rows, block.Columns)) + own.Tokens;
        double factor = own.Shape.Reduction == LossReduction.Mean ? 1 / Math.Sqrt(model.Samples) : 1;
        double unit = Spectra.RoundingFloor.UnitRoundoff(precision);
        return factor * 2 * unit * terms * (Vectors.Norm(output.Span) + Vectors.Norm(own.Targets.Span));
    }

    // Six operations for each pair of a token row and a parameter.
    private static long AffordableSteps(IModel model, Guarantee guarantee)
    {
        double rows = model.Samples * (double)((Transformer)model).Tokens;
        double affordable = AffordableFlops / (6 * rows * model.Layout.Length);
        return affordable < FewestSteps ? 0 : (long)Math.Min(affordable, Math.Clamp(guarantee.StepsTo(1e-3), FewestSteps, MostSteps));
    }

    private static BoundObservation? Descend(IModel model, TrainedSet trained, ModelParameters parameters, Guarantee guarantee, long steps, CancellationToken cancellation)
    {
        var bound = new LossBound(model.Loss(parameters, model.AllSamples), guarantee.Rate, Rounding(model, parameters));
        long last = Math.Min(steps, bound.LastMeaningfulStep);
        if (last < 1)
        {
            return null;
        }

        var observed = new BoundObserver();
        var options = new DescentOptions
        {
            StepSize = StepSizeRule.Fixed(guarantee.StepSize),
            Method = new PlainDescent(RoundsOnce: true),
            Trained = trained,
            MaximumSteps = last,
        };
        var descent = new GradientDescent(model, options);
        DescentOutcome outcome = descent.Run(descent.Start(parameters), step =>
        {
            observed.Add(step.Step, step.Loss, bound);
            foreach (BlockRadius radius in guarantee.Radii)
            {
                observed.AddRadius(step.Step, radius, Math.Sqrt(Vectors.SquaredDistance(step.State.Parameters[radius.Block].Span, parameters[radius.Block].Span)));
            }
        }, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (outcome.Reason != StopReason.StepBudget)
        {
            observed.Violation ??= "the descent ended early: the loss or the gradient is not finite";
        }

        return observed.Conclude(isRecord: false, guarantee);
    }
}
