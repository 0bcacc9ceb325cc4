using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Points;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Certification;

/// <summary>Asks theorems about a point of a model other than R and compares what they guarantee with a descent from there.</summary>
public static class ModelCertification
{
    private const double AffordableFlops = 1e10;
    private const long FewestSteps = 50;
    private const long MostSteps = 2000;

    /// <summary>Answers a request at step 0.</summary>
    /// <param name="point">The point.</param>
    /// <param name="request">What is asked; the theorems about model R, which are its default, stand for all about the point's own model.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">Something is asked that only model R has, or no theorem is about the model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CertificationReport Of(TrainablePoint point, CertificationRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(request);
        var theorems = ModelTheorems.At(point.Model, point.Parameters, point.Trained);
        CertificationRequest own = ReferenceEquals(request.Theorems, Theorems.OfResidualTransformer) ? request with { Theorems = theorems.All } : request;
        RequireAnswerable(point, own);
        CertificateOptions options = own.OptionsFor(own.UsesRunStepSize ? OwnStepSize(point) : own.StepSize);
        return new CertificationReport
        {
            Target = point.Name,
            Request = own,
            Origin = string.Empty,
            RunPrecision = point.Experiment?.Specification.Descent.Precision,
            Findings = [.. own.Theorems.Select(theorem => Find(point, theorems.Ask(theorem, options), own, cancellation))],
        };
    }

    private static void RequireAnswerable(TrainablePoint point, CertificationRequest request)
    {
        string? refusal = request.Theorems.Count == 0 ? "is of the experiments' Transformer, which no theorem of Kappa is about. Certify model.kind residual, kernelAttention or shallowEncoder."
            : request.IsSearch || request.Step > 0 ? "is not of the residual Transformer: its theorems are about step 0. Leave --step and --from-step out."
            : request.FindsScale ? "is not of the residual Transformer, whose initialisation alone can be scaled to be certifiable. Leave --find-scale out."
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

    private static TheoremFinding Find(TrainablePoint point, Certificate certificate, CertificationRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        BoundObservation? check = null;
        string? omission = null;
        if (certificate.Guarantee is { } guarantee)
        {
            long steps = request.CheckSteps ?? AffordableSteps(point, guarantee);
            check = steps > 0 ? Descend(point, guarantee, steps, cancellation) : null;
            omission = check is not null ? null
                : steps > 0 ? "the loss is at the rounding of the outputs already"
                : request.CheckSteps == 0 ? "not asked for"
                : "the steps would take long; ask for a number of them";
        }

        return new TheoremFinding
        {
            Certificate = certificate,
            Grade = TheoremFinding.GradeOf(certificate, check),
            Step = 0,
            RelativeLoss = 1,
            Check = check,
            CheckOmission = omission,
            ResidualFactor = ResidualFactor(certificate),
        };
    }

    // A theorem that finds the factor for the residual says another than that of its worst condition.
    private static double? ResidualFactor(Certificate certificate)
    {
        double worst = certificate.Conditions.Select(condition => condition.Shortfall).DefaultIfEmpty(1).Max();
        return certificate.Outcome == CertificateOutcome.NotCertified && certificate.Shortfall > 1 && certificate.Shortfall != worst ? certificate.Shortfall : null;
    }

    // Six operations for each pair of a token row and a parameter.
    private static long AffordableSteps(TrainablePoint point, Guarantee guarantee)
    {
        double rows = point.Model.Samples * (double)(point.Model is ShallowEncoder encoder ? encoder.Tokens : point.Model.OutputRows);
        double affordable = AffordableFlops / (6 * rows * point.Model.Layout.Length);
        return affordable < FewestSteps ? 0 : (long)Math.Min(affordable, Math.Clamp(guarantee.StepsTo(1e-3), FewestSteps, MostSteps));
    }

    private static BoundObservation? Descend(TrainablePoint point, Guarantee guarantee, long steps, CancellationToken cancellation)
    {
        ITrainable model = point.Model;
        double loss = model.Loss(point.Parameters, model.AllSamples);
        var bound = new LossBound(loss, guarantee.Rate, Rounding(point));
        long last = Math.Min(steps, bound.LastMeaningfulStep);
        if (last < 1)
        {
            return null;
        }

        var observed = new BoundObserver();
        var options = new TrainingOptions { Schedule = new StepSchedule { Peak = guarantee.StepSize }, Trained = point.Trained, MaximumSteps = last + 1 };
        var training = new Training(model, options);
        TrainingEnd end = training.Run(training.Start(point.Parameters), step =>
        {
            observed.Add(step.Step, step.Loss, bound);
            foreach (BlockRadius radius in guarantee.Radii)
            {
                observed.AddRadius(step.Step, radius, Math.Sqrt(Vectors.SquaredDistance(step.State.Parameters[radius.Block].Span, point.Parameters[radius.Block].Span)));
            }
        }, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (end != TrainingEnd.Completed)
        {
            observed.Violation ??= "the descent ended early: the loss or the gradient is not finite";
        }

        return observed.Conclude(isRecord: false, guarantee);
    }

    // Each number of F is the end of chains of sums as long as the matrices are, each of relative error ε.
    private static double Rounding(TrainablePoint point)
    {
        ITrainable model = point.Model;
        Matrix output = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
        model.Output(point.Parameters, model.AllSamples, output);
        Matrix targets = model is ShallowEncoder encoder ? encoder.Targets : ((KernelAttention)model).Targets;
        double terms = model.Layout.Blocks.Sum(block => (double)Math.Max(block.Rows, block.Columns)) + (model is ShallowEncoder { Tokens: int tokens } ? tokens : model.OutputRows);
        double factor = model is ShallowEncoder { Shape.Reduction: LossReduction.Mean } ? 1 / Math.Sqrt(model.Samples) : 1;
        double unit = Spectra.RoundingFloor.UnitRoundoff(point.Experiment?.Specification.Descent.Precision ?? Precision.Double);
        return factor * 2 * unit * terms * (Vectors.Norm(output.Span) + Vectors.Norm(targets.Span));
    }
}
