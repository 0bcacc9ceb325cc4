using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <content>How the step size is found.</content>
public sealed partial class Experiment
{
    /// <summary>Decides <c>stepSize: best(…)</c>, unless it is decided: tries what has not been tried. Nothing under other rules.</summary>
    /// <param name="known">What was tried before; null for nothing.</param>
    /// <param name="tell">Told after every trial of all that were made.</param>
    /// <param name="watch">Shown every step of a trial.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">The factors give no finite positive step size.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was tried has been told.</exception>
    internal void Decide(
        StepTrials? known = null, Action<StepTrials>? tell = null, Action<DescentStep>? watch = null,
        CancellationToken cancellation = default)
    {
        ValueList<double> factors = Specification.Descent.StepSize.Factors;
        if (factors.Count == 0 || _stepSize is not null)
            return;
        StepTrials trials = known ?? new StepTrials { LargestEigenvalue = EigenvalueAtStart(), Trials = [] };
        double smallest = factors.Min() / trials.LargestEigenvalue;

        // What overflows at the start is an outcome of the run: its first loss is not finite, at any step size.
        if (!double.IsFinite(InitialLoss) || (Model is ResidualTransformer && !double.IsFinite(trials.LargestEigenvalue)))
        {
            _stepSize = double.IsFinite(smallest) ? smallest : 0;
            return;
        }

        foreach (double factor in factors)
            _ = StepSizes.Automatic(factor, trials.LargestEigenvalue);
        Trials = new StepSizeSearch(this, tell, watch).Complete(trials, cancellation);
        StepSizeSpecification rule = Trials.Rule(factors);
        _stepSize = rule.Value / trials.LargestEigenvalue;
        if (rule.Kind == StepSizeKind.Adaptive)
        {
            Options = Options with { StepSize = StepSizeRule.Monotone(StepSizeRule.Fixed(0)) };
            _descent = new GradientDescent(Model, Options);
        }
    }

    /// <summary>Throws when no step size can be found; <c>best(…)</c> is not decided here, for that takes as long as runs do.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    internal void RequireStepSize()
    {
        if (Specification.Descent.StepSize is not { Kind: StepSizeKind.Best } rule)
            _ = StepSize;
        else if (EigenvalueAtStart() is var eigenvalue && double.IsFinite(eigenvalue) && double.IsFinite(InitialLoss))
            _ = StepSizes.Automatic(rule.Factors.Min(), eigenvalue);
    }

    private double EigenvalueAtStart()
    {
        if (Model is not ResidualTransformer)
            return Model.SquaredErrorFactor * CurvatureAtStart.Of(Model, Initial, Trained);
        var descent = new GradientDescent(Model, Options with { StepSize = StepSizeRule.Automatic(1) });
        _ = descent.Start(Initial, Specification.Seed);
        StartEigenvalue = descent.StartEigenvalue;
        return StartEigenvalue!.Value.Value;
    }

    // Recorded runs of model R have the bits of a power iteration in the parameters, the others those of their Jacobian.
    private double FindStepSize()
    {
        StepSizeSpecification rule = Specification.Descent.StepSize;
        if (rule.Kind == StepSizeKind.Best)
        {
            Decide();
            return _stepSize!.Value;
        }

        if (Model is not ResidualTransformer)
        {
            return rule.Kind switch
            {
                StepSizeKind.Fixed => rule.Value,
                StepSizeKind.SameAs => _others.StepSizeOf(rule.Run!),
                _ => StepSizes.Automatic(rule.Value, Model.SquaredErrorFactor * CurvatureAtStart.Of(Model, Initial, Trained)),
            };
        }

        var descent = new GradientDescent(Model, Options with { StepSize = rule.ToRule(_others.StepSizeOf) });
        double stepSize = descent.Start(Initial, Specification.Seed).StepSize;
        StartEigenvalue = descent.StartEigenvalue;

        // What overflows at the start is an outcome of the run: its first loss is not finite.
        if (StartEigenvalue is { } eigenvalue && double.IsFinite(eigenvalue.Value) && double.IsFinite(InitialLoss))
        {
            _ = StepSizes.Automatic(rule.Value, eigenvalue.Value);
        }

        return stepSize;
    }
}
