using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Phases;

/// <summary>What is known of a run before its first step, from its specification
/// alone; the boundaries of a phase diagram are drawn from nothing else.</summary>
/// <remarks>NaN where a quantity was too large to compute, no theorem applies or
/// the model has no such thing. In double precision whatever the run's.</remarks>
/// <param name="LambdaMax">λ_max(K_0) (P.7), of a mean loss divided by the
/// samples as the loss is; estimated from below. NaN for a cross-entropy.</param>
/// <param name="Smoothness">β at θ_0, on the ball of radius 0 (C.8): proven, at least the
/// largest eigenvalue of the Hessian; where the ball certificate holds, on its ball.</param>
/// <param name="CertifiedStep">The largest step size that a theorem proves admissible; 0 when none certifies.</param>
/// <param name="Shortfall">The largest factor by which a condition of the nearest certificate fails; 1 when one holds.</param>
/// <param name="ConditionNumber">κ of the last block's attention output H (P.2).</param>
internal sealed record InitialPoint(double LambdaMax, double Smoothness, double CertifiedStep, double Shortfall, double ConditionNumber)
{
    // Some seconds on one core each.
    private const double MostTheoremWork = 5e9;
    private const double MostKernelWork = 2e10;

    // What a march would need costs ten more marches; the conditions themselves say enough here.
    private static readonly CertificateOptions Cheap = CertificateOptions.Default with { MeasuresShortfall = false };

    /// <summary>Computes everything at θ_0.</summary>
    /// <param name="specification">Of the run; how it descends and what it records do not matter.</param>
    /// <param name="others">What it may start from; null for nothing.</param>
    /// <exception cref="BadInputException">Its data are missing, or what it starts from.</exception>
    public static InitialPoint Of(ExperimentSpecification specification, OtherRuns? others = null)
    {
        using var experiment = Experiment.Prepare(AtStart(specification), 1, others ?? OtherRuns.In(null));
        IModel model = experiment.Model;
        var work = LadderWork.Of(experiment);
        double lambdaMax = work.MatrixFree <= MostKernelWork && double.IsFinite(model.SquaredErrorFactor * experiment.InitialLoss)
            ? model.SquaredErrorFactor * KernelExtremes.Of(
                model, experiment.Initial, experiment.Trained, new LanczosOptions { Ends = SpectrumEnds.Largest }).LambdaMax.Value
            : double.NaN;
        InitialPoint certified = work.Theorem <= MostTheoremWork
            ? Certified(experiment)
            : new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        return certified with { LambdaMax = lambdaMax, ConditionNumber = ConditionNumberOf(model, experiment.Initial) };
    }

    /// <summary>The specification without what the initial point does not depend
    /// on: runs that differ in nothing else share their initial point.</summary>
    public static ExperimentSpecification AtStart(ExperimentSpecification specification) =>
        specification.Resolve() with { Descent = new DescentSpecification(), Telemetry = new TelemetrySpecification() };

    private static double ConditionNumberOf(IModel model, ModelParameters parameters)
    {
        int last = model.LayerMatrices.Max(matrix => matrix.Layer);
        var record = new LayerRecord(model, matrix => matrix.Layer == last && matrix.Part == LayerPart.AttentionOutput);
        model.Fill(parameters, model.AllSamples, record);
        Matrix output = record[last, LayerPart.AttentionOutput];
        double[] values = new double[Math.Min(output.Rows, output.Columns)];
        new SingularValues(output.Rows, output.Columns).Compute(output, values);
        return SpectrumSummary.Of(values, output.Rows, output.Columns).ConditionNumber;
    }

    // Kernel-floor would cost as much as the kernel in full.
    private static InitialPoint Certified(Experiment experiment)
    {
        Certificate[] said =
        [
            .. Theorems.About(experiment.Model).Where(theorem => theorem.CanCertify && theorem.Name != "kernel-floor")
                .Select(theorem => theorem.Evaluate(experiment.Model, experiment.Initial, experiment.Trained, Cheap))
                .Where(certificate => certificate.Outcome is not CertificateOutcome.NotApplicable),
        ];
        double smoothness = said.Where(certificate => certificate.Theorem.Name == "ball").SelectMany(certificate => certificate.Constants)
            .FirstOrDefault(constant => constant.Symbol == "β")?.Value
            ?? double.NaN;
        return Judged(said) with { Smoothness = smoothness };
    }

    // The largest certified step and the smallest shortfall of some certificates.
    private static InitialPoint Judged(Certificate[] said) => said.Length == 0
        ? new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN)
        : new(
            double.NaN, double.NaN, said.Max(certificate => certificate.Guarantee?.LargestStepSize ?? 0),
            said.Min(certificate => certificate.Guarantee is null ? certificate.Shortfall : 1), double.NaN);
}
