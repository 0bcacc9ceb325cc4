using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs.Certification;

/// <summary>Asks theorems about a point of any model, or a later step of its
/// descent, and compares what they guarantee with what happens.</summary>
internal static class Certification
{
    // Evaluations of a theorem for the shortfall cost more than they tell beyond this many numbers.
    private const double MostParametersForShortfall = 2e5;

    /// <summary>Answers a request.</summary>
    /// <param name="point">What is certified: the start of a specification or a run, or a point from a file.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">There is no such step, no step size of its own, or no scale to find.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CertificationReport Of(ModelPoint point, CertificationRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(request);
        CertificationRequest own = request.Theorems.Count > 0 ? request : request with { Theorems = AllAbout(point.Model) };
        RequireAnswerable(point, own);
        var path = new RunPath(point);
        (DescentState state, StepOrigin origin) = path.At(own.Step, cancellation);
        double loss = point.Model.Loss(state.Parameters, point.Model.AllSamples);
        origin.Require(point.Name, loss, path.Telemetry is { Rows: > 0 } recorded ? recorded[Quantities.Loss][0] : loss);
        CertificateOptions options = own.OptionsFor(own.UsesRunStepSize ? OwnStepSize(point, state) : own.StepSize);
        bool hasOneStepSize = point.Experiment is { IsGradientDescent: true } && !IsAdaptive(point);

        // Theorems are about exact arithmetic, whatever the precision of the run.
        var asked = new Asked(point, point.Exact, path, own, options, state, point.Exact.ExactLoss(state.InitialParameters), cancellation);
        return new CertificationReport
        {
            Target = point.Experiment is null ? $"point {point.Name}" : point.Name,
            Request = own,
            Origin = origin.Explain(loss),
            RunPrecision = point.Experiment?.Specification.Descent.Precision,
            HasLaterSteps = point.Experiment is not null && !IsAdaptive(point),
            RunStepSize = hasOneStepSize ? state.StepSize : null,
            Findings = [.. own.Theorems.Select(theorem => own.IsSearch ? Search(asked, theorem) : Single(asked, theorem))],
        };
    }

    // Of a model that no theorem is about the nearest says why.
    private static IReadOnlyList<Theorem> AllAbout(IModel model) =>
        Theorems.About(model) is { Count: > 0 } own ? own : [Theorems.OfResidualTransformer[0]];

    private static bool IsAdaptive(ModelPoint point) => point.Experiment?.Specification.Descent.StepSize.Kind == StepSizeKind.Adaptive;

    private static void RequireAnswerable(ModelPoint point, CertificationRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.Step, nameof(request));
        if ((request.LooksAhead && !request.IsSearch) || (request.FindsScale && request.IsSearch))
        {
            throw new ArgumentException(
                "Looking ahead needs a search, and the scale of an initialisation is found at one step.", nameof(request));
        }

        string? refusal = request.IsSearch && point.Experiment is null
                ? "is a point without a run, so it has no later step to look for. Name a specification or a run, or leave --from-step out."
            : request.UsesRunStepSize && point.Experiment is null
                ? "is a point without a run, so it has no step size of its own. Name a specification or a run, or give --step-size a "
                    + "number."
            : request.UsesRunStepSize && IsAdaptive(point)
                ? "has an adaptive step size, and a guarantee is for one that stays. Give --step-size a number, or leave it out."
            : request.UsesRunStepSize && point.Experiment is { IsGradientDescent: false }
                ? "does not descend by its whole gradient with one step size, which a guarantee is for. Give --step-size a number."
            : request.FindsScale && point.Model is Transformer { Shape.IsKernelAttention: true }
                ? "is of kernel attention, where (G.4) needs the features S_h X to be independent, which no scale of W_V or W_O brings "
                    + "about or ends. Leave --find-scale out."
            : null;
        if (refusal is not null)
        {
            throw new BadInputException(point.Subject, refusal);
        }
    }

    // η = 0 is what auto() gives where the kernel vanishes.
    private static double OwnStepSize(ModelPoint point, DescentState state) =>
        state.StepSize > 0
            ? state.StepSize
            : throw new BadInputException(
                point.Subject, "has the step size 0, since its kernel vanishes at the start. Give --step-size a number.");

    private static TheoremFinding Single(Asked asked, Theorem theorem)
    {
        asked.Cancellation.ThrowIfCancellationRequested();
        TheoremFinding finding = Conclude(
            asked, asked.Ask(theorem, asked.State), asked.State,
            isShortfallMeasured: theorem.Name != "ball" && asked.Options.MeasuresShortfall);
        return asked.Request.FindsScale ? finding with { Price = PriceOf(asked, theorem) } : finding;
    }

    // (C.20)
    private static TheoremFinding Search(Asked asked, Theorem theorem)
    {
        Experiment experiment = asked.Point.Experiment!;
        var options = new FirstStepOptions { FirstStep = asked.Request.Step, LastStep = asked.Path.LastStep, Certificate = asked.Options };
        DescentState last = asked.State.Clone();
        var first = FirstCertifiedStep.Search(
            theorem, asked.Point.Model, experiment.Options, last, options, asked.Model, asked.Cancellation);

        // A search asks for verdicts alone; how far the last state is from one is measured once, for model R with its residual.
        bool isMeasured = first.State is not null || asked.Model is ResidualTransformer;
        TheoremFinding finding = Conclude(asked, isMeasured ? first.Certificate : asked.Ask(theorem, last), first.State ?? last) with
        {
            Search = new StepSearch(first.Step, first.Tried, first.Schedule, ConditionHistory.Of(first.Tried)),
        };
        return asked.Request.LooksAhead && first.Step is long found
            ? finding with { LookAhead = Ahead(asked, found, first.Certificate.Guarantee!) }
            : finding;
    }

    private static TheoremFinding Conclude(Asked asked, Certificate certificate, DescentState state, bool isShortfallMeasured = false)
    {
        BoundObservation? check = null, record = null;
        string? omission = null;
        double loss = asked.Model.ExactLoss(state.Parameters);
        if (certificate.Guarantee is { } guarantee)
        {
            (check, omission) = asked.Check(asked.Model, state.Parameters, guarantee);
            record = asked.Path.Telemetry is { } telemetry
                && asked.Point.Experiment is { IsGradientDescent: true, Specification.Descent.Precision: var precision }
                ? BoundCheck.Read(
                    loss, BoundCheck.Rounding(asked.Model, state.Parameters, precision), guarantee, telemetry, state.Step, precision)
                : null;
        }

        return new TheoremFinding
        {
            Certificate = certificate,
            Grade = TheoremFinding.GradeOf(certificate, check, record),
            Step = state.Step,
            RelativeLoss = loss / asked.InitialLoss,
            Check = check,
            CheckOmission = omission,
            Record = record,
            ResidualFactor = certificate.Outcome == CertificateOutcome.NotCertified
                ? ResidualFactor(asked, certificate, state, isShortfallMeasured)
                : null,
        };
    }

    // A path theorem has searched the residual along its own march already; of the others
    // a theorem that finds the factor says another than that of its worst condition.
    private static double? ResidualFactor(Asked asked, Certificate certificate, DescentState state, bool isShortfallMeasured)
    {
        if (asked.Model is not ResidualTransformer model)
        {
            double worst = certificate.Conditions.Select(condition => condition.Shortfall).DefaultIfEmpty(1).Max();
            return certificate.Shortfall > 1 && certificate.Shortfall != worst ? certificate.Shortfall : null;
        }

        if (isShortfallMeasured || model.Layout.Length > MostParametersForShortfall)
        {
            return model.Layout.Length > MostParametersForShortfall ? null : certificate.Shortfall;
        }

        using var point = ResidualTransformerPoint.Of(model, state.Parameters, asked.Point.Trained);
        return ResidualShortfall.Of(certificate.Theorem, point, asked.Options, asked.Cancellation) ?? double.PositiveInfinity;
    }

    // (C.11) and the descent from the scaled point
    private static InitialisationPrice PriceOf(Asked asked, Theorem theorem)
    {
        CertifiableInitialisation found;
        BoundObservation? check = null;
        if (asked.Model is ResidualTransformer residual && theorem.IsAbout(residual))
        {
            using var point = ResidualTransformerPoint.Of(residual, asked.State.Parameters, asked.Point.Trained);
            found = CertifiableInitialisation.Find(theorem, point, asked.Options);
            if (found is { Scale: double scale, Certificate.Guarantee: { } guarantee })
            {
                // Its activation has another bend, so it is another model.
                using ResidualTransformerPoint scaled = CertifiableInitialisation.At(point, scale);
                check = asked.Check(scaled.Model, scaled.Weights, guarantee).Check;
            }
        }
        else if (asked.Model is Transformer transformer && theorem is ShallowEncoderTheorem about && theorem.IsAbout(transformer))
        {
            var point = new TransformerPoint(transformer, asked.State.Parameters, asked.Point.Trained);
            found = CertifiableInitialisation.Find(about, point, asked.Options);
            if (found is { Scale: double scale, Certificate.Guarantee: { } guarantee })
            {
                check = asked.Check(transformer, CertifiableInitialisation.At(point, scale).Parameters, guarantee).Check;
            }
        }
        else
        {
            Certificate none = asked.Ask(theorem, asked.State);
            found = new()
            {
                Theorem = theorem,
                Recipe = string.Empty,
                Certificate = none,
                Tries = 0,
                Search = new ScaleSearch(),
                Explanation = none.Explanation,
            };
        }

        asked.Cancellation.ThrowIfCancellationRequested();
        return new InitialisationPrice(found, TheoremFinding.GradeOf(found.Certificate, check), check);
    }

    // (C.19) needs ℒ over all samples at every step in between: they are made once more.
    private static LookAhead? Ahead(Asked asked, long found, Guarantee guarantee)
    {
        var losses = new List<double>();
        DescentState state = asked.State.Clone();
        if (state.Step < found)
        {
            _ = asked.Point.Experiment!.DescentTo(found).Run(
                state,
                step =>
                {
                    if (step.Step < found)
                    {
                        losses.Add(asked.Model.ExactLoss(step.Parameters));
                    }
                },
                cancellation: asked.Cancellation);
            asked.Cancellation.ThrowIfCancellationRequested();
        }

        losses.Add(asked.Model.ExactLoss(state.Parameters));
        return losses.TrueForAll(loss => loss > 0) ? LookAhead.Of([.. losses], guarantee) : null;
    }

    private sealed record Asked(
        ModelPoint Point, IModel Model, RunPath Path, CertificationRequest Request, CertificateOptions Options, DescentState State,
        double InitialLoss, CancellationToken Cancellation)
    {
        public Certificate Ask(Theorem theorem, DescentState state) => theorem.Evaluate(Model, state.Parameters, Point.Trained, Options);

        public (BoundObservation? Check, string? Omission) Check(IModel model, ModelParameters parameters, Guarantee guarantee) =>
            BoundCheck.Of(model, Point.Trained, parameters, guarantee, Request.CheckSteps, Cancellation);
    }
}
