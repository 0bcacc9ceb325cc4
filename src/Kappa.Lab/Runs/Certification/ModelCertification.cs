using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;

namespace Kappa.Lab.Runs.Certification;

/// <summary>Asks theorems about a point of a model other than R, or a later step of its descent, and compares what they guarantee with what happens.</summary>
internal static class ModelCertification
{
    /// <summary>Answers a request.</summary>
    /// <param name="point">The point.</param>
    /// <param name="request">What is asked; the theorems about model R, which are its default, stand for all about the point's own model.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">There is no such step, no step size, no scale to find, or no theorem about the model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CertificationReport Of(TrainablePoint point, CertificationRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(request);
        CertificationRequest own = ReferenceEquals(request.Theorems, Theorems.OfResidualTransformer)
            ? request with { Theorems = ModelTheorems.At(point.Model, point.Parameters, point.Trained).All }
            : request;
        RequireAnswerable(point, own);
        var path = new ModelPath(point);
        CertificateOptions options = own.OptionsFor(own.UsesRunStepSize ? OwnStepSize(point) : own.StepSize);
        (DescentState state, StepOrigin origin) = path.At(own.Step, cancellation);

        // Theorems are about exact arithmetic, whatever the precision of the run.
        IModel model = point.InDoublePrecision(out IDisposable? owner);
        using IDisposable? twin = owner;
        var asked = new Asked(point, model, path, own, options, state, model.Loss(point.Parameters, model.AllSamples), cancellation);
        return new CertificationReport
        {
            Target = point.Name,
            Request = own,
            Origin = origin.Explain(point.Model.Loss(state.Parameters, point.Model.AllSamples)),
            RunPrecision = point.Experiment?.Specification.Descent.Precision,
            HasLaterSteps = path.HasSteps,
            Findings = [.. own.Theorems.Select(theorem => own.IsSearch ? Search(asked, theorem) : Single(asked, theorem))],
        };
    }

    private static void RequireAnswerable(TrainablePoint point, CertificationRequest request)
    {
        string? refusal = request.Theorems.Count == 0 ? "is of a Transformer that no theorem of Kappa is about. Certify model.kind residual, kernelAttention or shallowEncoder, without other layers."
            : request.IsSearch && point.Experiment is null ? "is a point without a run, so it has no later step to look for. Name a specification or a run, or leave --from-step out."
            : request.FindsScale && point.Model is not Transformer { Shape.IsShallowEncoder: true } ? "is of kernel attention, where (G.4) needs the features S_h X to be independent, which no scale of W_V or W_O brings about or ends. Leave --find-scale out."
            : null;
        if (refusal is not null)
        {
            throw new BadInputException(point.Name, refusal);
        }
    }

    private static double OwnStepSize(TrainablePoint point) => point.Experiment is { IsGradientDescent: true } experiment
        ? experiment.StepSize
        : throw new BadInputException(point.Name, point.Experiment is null
            ? "is a point without a run, so it has no step size of its own. Give --step-size a number."
            : "does not descend by its whole gradient with one step size, which a guarantee is for. Give --step-size a number.");

    private static TheoremFinding Single(Asked asked, Theorem theorem)
    {
        asked.Cancellation.ThrowIfCancellationRequested();
        var theorems = ModelTheorems.At(asked.Model, asked.State.Parameters, asked.Point.Trained);
        TheoremFinding finding = Conclude(asked, theorems.Ask(theorem, asked.Options), asked.State);
        return asked.Request.FindsScale ? finding with { Price = PriceOf(asked, theorem) } : finding;
    }

    // (C.20)
    private static TheoremFinding Search(Asked asked, Theorem theorem)
    {
        var options = new FirstStepOptions { FirstStep = asked.Request.Step, LastStep = asked.Path.LastStep, Certificate = asked.Options };
        DescentState last = asked.State.Clone();
        FirstStep<DescentState> first = FirstStepSearch.Run(asked.Path.For(theorem, asked.Model, asked.Cancellation), last, options, asked.Cancellation);

        // A search asks for verdicts alone; how far the last state is from one is measured once.
        Certificate certificate = first.State is null ? ModelTheorems.At(asked.Model, last.Parameters, asked.Point.Trained).Ask(theorem, asked.Options) : first.Certificate;
        TheoremFinding finding = Conclude(asked, certificate, first.State ?? last) with
        {
            Search = new StepSearch(first.State?.Step, first.Tried, first.Schedule, ConditionHistory.Of(first.Tried)),
        };
        return asked.Request.LooksAhead && first.State is { } found ? finding with { LookAhead = Ahead(asked, found.Step, first.Certificate.Guarantee!) } : finding;
    }

    private static TheoremFinding Conclude(Asked asked, Certificate certificate, DescentState state)
    {
        BoundObservation? check = null, record = null;
        string? omission = null;
        TrainablePoint point = asked.Point;
        double loss = asked.Model.Loss(state.Parameters, asked.Model.AllSamples);
        if (certificate.Guarantee is { } guarantee)
        {
            (check, omission) = ModelCheck.Of(asked.Model, point.Trained, state.Parameters, guarantee, asked.Request.CheckSteps, asked.Cancellation);
            record = asked.Path.Telemetry is { } telemetry && point.Experiment is { IsGradientDescent: true } experiment
                ? BoundCheck.Read(loss, ModelCheck.Rounding(asked.Model, state.Parameters, experiment.Specification.Descent.Precision), guarantee, telemetry, state.Step, experiment.Specification.Descent.Precision)
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
            ResidualFactor = ResidualFactor(certificate),
        };
    }

    // A theorem that finds the factor for the residual says another than that of its worst condition.
    private static double? ResidualFactor(Certificate certificate)
    {
        double worst = certificate.Conditions.Select(condition => condition.Shortfall).DefaultIfEmpty(1).Max();
        return certificate.Outcome == CertificateOutcome.NotCertified && certificate.Shortfall > 1 && certificate.Shortfall != worst ? certificate.Shortfall : null;
    }

    // (C.11) for model S, and the descent from the scaled point
    private static InitialisationPrice PriceOf(Asked asked, Theorem theorem)
    {
        TrainablePoint point = asked.Point;
        if (theorem is not ShallowEncoderTheorem about)
        {
            Certificate foreign = ModelTheorems.At(asked.Model, asked.State.Parameters, point.Trained).Ask(theorem, asked.Options);
            var none = new CertifiableInitialisation { Theorem = theorem, Recipe = string.Empty, Certificate = foreign, Tries = 0, Search = new ScaleSearch(), Explanation = foreign.Explanation };
            return new InitialisationPrice(none, CertificationGrade.NotApplicable, null);
        }

        var at = new TransformerPoint((Transformer)asked.Model, asked.State.Parameters, point.Trained);
        var found = CertifiableInitialisation.Find(about, at, asked.Options);
        asked.Cancellation.ThrowIfCancellationRequested();
        BoundObservation? check = found is { Scale: double scale, Certificate.Guarantee: { } guarantee }
            ? ModelCheck.Of(asked.Model, point.Trained, CertifiableInitialisation.At(at, scale).Parameters, guarantee, asked.Request.CheckSteps, asked.Cancellation).Check
            : null;
        return new InitialisationPrice(found, TheoremFinding.GradeOf(found.Certificate, check), check);
    }

    // (C.19) needs ℒ over all samples at every step in between: they are made once more.
    private static LookAhead? Ahead(Asked asked, long found, Guarantee guarantee)
    {
        IModel model = asked.Model;
        var losses = new List<double>();
        DescentState state = asked.State.Clone();
        _ = asked.Path.Advance(state, found, step => losses.Add(model.Loss(step.State.Parameters, model.AllSamples)), asked.Cancellation);
        asked.Cancellation.ThrowIfCancellationRequested();
        losses.Add(model.Loss(state.Parameters, model.AllSamples));
        return losses.TrueForAll(loss => loss > 0) ? LookAhead.Of([.. losses], guarantee) : null;
    }

    private sealed record Asked(
        TrainablePoint Point, IModel Model, ModelPath Path, CertificationRequest Request, CertificateOptions Options, DescentState State, double InitialLoss, CancellationToken Cancellation);
}
