using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>Asks theorems about a target and compares what they guarantee with what happens.</summary>
internal static class Certification
{
    // Evaluations of a theorem for the shortfall cost more than they tell beyond this many numbers.
    private const double MostParametersForShortfall = 2e5;

    /// <summary>Answers a request.</summary>
    /// <param name="target">What is certified.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">The target has no such step, or no step size of its own.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CertificationReport Of(CertificationTarget target, CertificationRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(request);
        RequireAnswerable(target, request);
        ReachedStep reached = target.At(request.Step, cancellation);
        CertificateOptions options = request.OptionsFor(request.UsesRunStepSize ? OwnStepSize(target, reached.State) : request.StepSize);
        using var point = PointAt(target, reached.State.Parameters);
        var asked = new Asked(target, request, options, reached, LossAt(target, reached.State.InitialParameters), cancellation);
        return new CertificationReport
        {
            Target = target.Title,
            Request = request,
            Origin = reached.Origin.Explain(LossOfRun(target, reached, point)),
            RunPrecision = target.HasPath ? target.Precision : null,
            HasLaterSteps = target.HasPath && !target.IsAdaptive,
            RunStepSize = target.HasPath && !target.IsAdaptive ? reached.State.StepSize : null,
            Findings = [.. request.Theorems.Select(theorem => request.IsSearch ? Search(asked, theorem) : Single(asked, theorem, point))],
        };
    }

    private static void RequireAnswerable(CertificationTarget target, CertificationRequest request)
    {
        if (request.Theorems.Count == 0)
        {
            throw new ArgumentException("At least one theorem must be asked.", nameof(request));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(request.Step, nameof(request));
        if (!target.HasPath && (request.IsSearch || request.UsesRunStepSize))
        {
            throw new BadInputException(target.Name, request.IsSearch
                ? "is a point without a run, so it has no later step to look for. Name a specification or a run, or leave --from-step out."
                : "is a point without a run, so it has no step size of its own. Name a specification or a run, or give --step-size a number.");
        }

        if (request.UsesRunStepSize && target.IsAdaptive)
        {
            throw new BadInputException(target.Name, "has an adaptive step size, and a guarantee is for one that stays. Give --step-size a number, or leave it out.");
        }

        if ((request.LooksAhead && !request.IsSearch) || (request.FindsScale && request.IsSearch))
        {
            throw new ArgumentException("Looking ahead needs a search, and the scale of an initialisation is found at one step.", nameof(request));
        }
    }

    // η = 0 is what auto() gives where the kernel vanishes.
    private static double OwnStepSize(CertificationTarget target, DescentState state) =>
        state.StepSize > 0 ? state.StepSize : throw new BadInputException(target.Name, "has the step size 0, since its kernel vanishes at the start. Give --step-size a number.");

    private static TheoremFinding Single(Asked asked, Theorem theorem, TrainingPoint point) =>
        Conclude(asked, theorem.Evaluate(point, asked.Options), point, asked.Reached.State.Step, isShortfallMeasured: theorem.Name != "ball" && asked.Options.MeasuresShortfall) with { Price = asked.Request.FindsScale ? PriceOf(asked, theorem, point) : null };

    private static TheoremFinding Search(Asked asked, Theorem theorem)
    {
        CertificationTarget target = asked.Target;
        var options = new FirstStepOptions { FirstStep = asked.Request.Step, LastStep = target.LastStep, Certificate = asked.Options };
        DescentState state = asked.Reached.State.Clone();
        FirstCertifiedStep first = FirstCertifiedStep.Search(theorem, target.Model, target.Descent!, state, options, asked.Cancellation);
        using var point = PointAt(target, first.Weights ?? state.Parameters);
        var search = new StepSearch(first.Step, first.Tried, first.Schedule, ConditionHistory.Of(first.Tried));
        TheoremFinding finding = Conclude(asked, first.Certificate, point, first.Step ?? first.Tried[^1].Step) with { Search = search };
        return asked.Request.LooksAhead && first.Step is long found ? finding with { LookAhead = Ahead(asked, found, first.Certificate.Guarantee!) } : finding;
    }

    private static TheoremFinding Conclude(Asked asked, Certificate certificate, TrainingPoint point, long step, bool isShortfallMeasured = false)
    {
        BoundObservation? check = null, record = null;
        string? omission = null;
        if (certificate.Guarantee is Guarantee guarantee)
        {
            record = asked.Target.Telemetry is { } telemetry ? BoundCheck.Read(point.Loss, BoundCheck.Rounding(point, asked.Target.Precision), guarantee, telemetry, step, asked.Target.Precision) : null;
            (check, omission) = Check(asked, point, guarantee);
        }

        // A path theorem has searched the residual along its own march already.
        bool isShort = certificate.Outcome == CertificateOutcome.NotCertified && point.Weights.Layout.Length <= MostParametersForShortfall;
        return new TheoremFinding
        {
            Certificate = certificate,
            Grade = TheoremFinding.GradeOf(certificate, check, record),
            Step = step,
            RelativeLoss = point.Loss / asked.InitialLoss,
            Check = check,
            CheckOmission = omission,
            Record = record,
            ResidualFactor = !isShort ? null : isShortfallMeasured ? certificate.Shortfall : ResidualShortfall.Of(certificate.Theorem, point, asked.Options, asked.Cancellation) ?? double.PositiveInfinity,
        };
    }

    private static (BoundObservation? Check, string? Omission) Check(Asked asked, TrainingPoint point, Guarantee guarantee)
    {
        long steps = asked.Request.CheckSteps ?? BoundCheck.AffordableSteps(point, guarantee);
        BoundObservation? check = steps > 0 ? BoundCheck.Descend(point, guarantee, steps, asked.Cancellation) : null;
        string? omission = check is not null ? null
            : steps > 0 ? "the loss is at the rounding of the outputs already"
            : asked.Request.CheckSteps == 0 ? "not asked for"
            : "the steps would take long; ask for a number of them";
        return (check, omission);
    }

    // (C.11) and the descent from the scaled point
    private static InitialisationPrice PriceOf(Asked asked, Theorem theorem, TrainingPoint point)
    {
        var found = CertifiableInitialisation.Find(theorem, point, asked.Options);
        asked.Cancellation.ThrowIfCancellationRequested();
        if (found.Scale is not double scale)
        {
            return new InitialisationPrice(found, TheoremFinding.GradeOf(found.Certificate), null);
        }

        using TrainingPoint scaled = CertifiableInitialisation.At(point, scale);
        BoundObservation? check = Check(asked, scaled, found.Certificate.Guarantee!).Check;
        return new InitialisationPrice(found, TheoremFinding.GradeOf(found.Certificate, check), check);
    }

    // (C.19) needs the loss of every step in between: they are made once more.
    private static LookAhead? Ahead(Asked asked, long found, Guarantee guarantee)
    {
        CertificationTarget target = asked.Target;
        var losses = new List<double>();
        DescentState state = asked.Reached.State.Clone();
        _ = new GradientDescent(target.Model, target.Descent! with { MaximumSteps = found }).Run(state, step => losses.Add(step.Loss), cancellation: asked.Cancellation);
        asked.Cancellation.ThrowIfCancellationRequested();
        return losses.TrueForAll(loss => loss > 0) ? LookAhead.Of([.. losses], guarantee) : null;
    }

    // The record of a run in single precision has the bits of a pass in single precision.
    private static double LossOfRun(CertificationTarget target, ReachedStep reached, TrainingPoint point) =>
        target.Precision == Precision.Double ? point.Loss : target.Model.Loss(reached.State.Parameters, target.Model.AllSamples);

    private static TrainingPoint PointAt(CertificationTarget target, ModelParameters parameters)
    {
        ResidualTransformer model = target.Model;
        return new(model.Inputs, model.Samples, model.Targets, ResidualTransformerWeights.Of(model.Shape, parameters), target.Trained);
    }

    private static double LossAt(CertificationTarget target, ModelParameters parameters)
    {
        target.Model.Forward(parameters);
        return target.Model.ForwardLoss;
    }

    private sealed record Asked(CertificationTarget Target, CertificationRequest Request, CertificateOptions Options, ReachedStep Reached, double InitialLoss, CancellationToken Cancellation);
}
