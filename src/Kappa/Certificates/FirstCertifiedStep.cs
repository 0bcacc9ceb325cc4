using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>What the search for the first certified step looks at.</summary>
public sealed record FirstStepOptions
{
    /// <summary>Last step of the run.</summary>
    public required long LastStep { get; init; }

    /// <summary>First step to try.</summary>
    public long FirstStep { get; init; }

    /// <summary>Each step of the schedule is this many times the one before, and at least one more; above 1.</summary>
    public double Growth { get; init; } = 1.1;

    /// <summary>The search ends without a finding once ℒ_t is below this fraction of ℒ_0: rounding sets in.</summary>
    public double LeastRelativeLoss { get; init; } = 1e-20;

    /// <summary>What each certificate is asked for.</summary>
    public CertificateOptions Certificate { get; init; } = CertificateOptions.Default;
}

/// <summary>One step that the search evaluated.</summary>
/// <param name="Step">k.</param>
/// <param name="RelativeLoss">ℒ_k/ℒ at the first state of the search.</param>
/// <param name="Certificate">What the theorem said, with its conditions.</param>
public readonly record struct TriedStep(long Step, double RelativeLoss, Certificate Certificate)
{
    /// <summary>What the theorem said.</summary>
    public CertificateOutcome Outcome => Certificate.Outcome;

    /// <summary>Why.</summary>
    public string Explanation => Certificate.Explanation;
}

/// <summary>The first step of a run from which convergence is certain (C.20): a geometric schedule, then bisection between its last failure and first success.</summary>
/// <remarks>Steps between two tried ones may be certified as well, for nothing says that the property is monotone; <see cref="Tried"/> says what was looked at.</remarks>
public sealed record FirstCertifiedStep
{
    /// <summary>The step found, or <c>null</c>.</summary>
    public long? Step { get; private init; }

    /// <summary>ℒ at the step found, relative to ℒ at the first state of the search.</summary>
    public double? RelativeLoss { get; private init; }

    /// <summary>The certificate at the step found; otherwise the last one evaluated.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>θ at the step found.</summary>
    public ResidualTransformerWeights? Weights { get; private init; }

    /// <summary>Every step that was evaluated, in order of evaluation.</summary>
    public required IReadOnlyList<TriedStep> Tried { get; init; }

    /// <summary>How it was searched, in one sentence.</summary>
    public required string Schedule { get; init; }

    /// <summary>Descends from a state and looks for the first step that <paramref name="theorem"/> certifies.</summary>
    /// <param name="theorem">The theorem.</param>
    /// <param name="model">The evaluator of the run.</param>
    /// <param name="objective">Its loss.</param>
    /// <param name="descent">Its options; the number of steps is that of <paramref name="options"/>.</param>
    /// <param name="state">Where to begin; advanced.</param>
    /// <param name="options">What to look at.</param>
    /// <param name="cancellation">Ends the search between two evaluations.</param>
    /// <exception cref="ArgumentException">The growth is not above 1.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static FirstCertifiedStep Search(
        Theorem theorem, ResidualTransformer model, Objective objective, DescentOptions descent, DescentState state, FirstStepOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Growth > 1))
        {
            throw new ArgumentException($"The growth of the schedule must exceed 1 but is {options.Growth}.", nameof(options));
        }

        return new Searcher(theorem, model, objective, descent, options, cancellation).Run(state);
    }

    private sealed class Searcher(
        Theorem theorem, ResidualTransformer model, Objective objective, DescentOptions descent, FirstStepOptions options, CancellationToken cancellation)
    {
        private readonly List<TriedStep> _tried = [];
        private double? _startLoss;

        public FirstCertifiedStep Run(DescentState state)
        {
            DescentState? failed = null;
            long target = Math.Max(options.FirstStep, state.Step);
            while (true)
            {
                bool isThere = AdvanceTo(state, target);
                (Certificate certificate, double loss) = Evaluate(state);
                if (certificate.Outcome == CertificateOutcome.Guaranteed)
                {
                    return failed is null ? Found(state, certificate, loss) : Bisect(failed, state, certificate, loss);
                }

                bool isOver = !isThere || target >= options.LastStep || loss <= options.LeastRelativeLoss || certificate.Outcome == CertificateOutcome.NotApplicable;
                if (isOver)
                {
                    return new FirstCertifiedStep { Certificate = certificate, Tried = _tried, Schedule = Describe() };
                }

                failed = Copy(state);
                target = Math.Min(options.LastStep, Math.Max(target + 1, (long)Math.Ceiling(target * options.Growth)));
            }
        }

        private FirstCertifiedStep Bisect(DescentState failed, DescentState held, Certificate certificate, double loss)
        {
            DescentState best = held;
            while (best.Step - failed.Step > 1)
            {
                DescentState middle = Copy(failed);
                _ = AdvanceTo(middle, failed.Step + ((best.Step - failed.Step) / 2));
                (Certificate there, double lossThere) = Evaluate(middle);
                if (there.Outcome == CertificateOutcome.Guaranteed)
                {
                    (best, certificate, loss) = (middle, there, lossThere);
                }
                else
                {
                    failed = middle;
                }
            }

            return Found(best, certificate, loss);
        }

        private FirstCertifiedStep Found(DescentState state, Certificate certificate, double loss)
        {
            var weights = new ResidualTransformerWeights(model.Shape);
            weights.CopyFrom(state.Weights);
            return new FirstCertifiedStep { Step = state.Step, RelativeLoss = loss, Certificate = certificate, Weights = weights, Tried = _tried, Schedule = Describe() };
        }

        // False when the descent stopped before the target.
        private bool AdvanceTo(DescentState state, long target)
        {
            if (_startLoss is null)
            {
                model.Forward(state.Weights);
                _startLoss = objective.Loss(model.Output);
            }

            DescentOutcome outcome = new GradientDescent(model, objective, descent with { MaximumSteps = target, LossFloor = null, GradientTolerance = null }).Run(state, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            return outcome.Reason == StopReason.StepBudget;
        }

        private (Certificate Certificate, double RelativeLoss) Evaluate(DescentState state)
        {
            cancellation.ThrowIfCancellationRequested();
            using var point = new TrainingPoint(model.Inputs, model.Samples, objective.Targets, state.Weights, descent.Trained);
            Certificate certificate = theorem.Evaluate(point, options.Certificate with { MeasuresShortfall = false });
            double relative = point.Loss / _startLoss!.Value;
            _tried.Add(new TriedStep(state.Step, relative, certificate));
            return (certificate, relative);
        }

        private string Describe() => FormattableString.Invariant(
            $"{_tried.Count} steps were evaluated: from step {options.FirstStep} each {options.Growth:G3} times the one before, then bisection; a step between two that were evaluated may be certified as well.");

        private static DescentState Copy(DescentState state)
        {
            var weights = new ResidualTransformerWeights(state.Weights.Shape);
            weights.CopyFrom(state.Weights);
            return new DescentState(weights, state.InitialWeights, state.Step, state.StepSize, state.PathLength);
        }
    }
}
