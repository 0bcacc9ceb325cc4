using Kappa.Certificates;
using Kappa.Lab.Checkpoints;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Reproductions.Shallow;

/// <summary>What is computed at the start of a run, without descent.</summary>
/// <param name="Run">Where.</param>
/// <param name="LimitDistance">‖K_0 − K_∞‖/‖K_∞‖ (S.7).</param>
/// <param name="Shortfalls">For each of <see cref="TheoremNames"/> the factor by which its worst condition fails; 1 when all hold, NaN when it is not applicable.</param>
internal sealed record EncoderPointResult(EncoderRun Run, double LimitDistance, double[] Shortfalls)
{
    /// <summary>The theorems about finite widths.</summary>
    public static IReadOnlyList<string> TheoremNames { get; } = ["encoder", "encoder-sharper", "wide-encoder"];

    public static Checkpoint Compute(EncoderRun run)
    {
        (ShallowEncoder model, ModelParameters parameters) = run.Prepare();
        using (model)
        {
            var limit = ShallowEncoderLimit.Of(model.Inputs, model.Samples, model.Shape.Pooling);
            var point = new ModelPoint<ShallowEncoder>(model, parameters, TrainedSet.All);
            Checkpoint record = JobStore.NewRecord();
            record.AddNumber("limitDistance", EncoderKernel.Distance(EncoderKernel.Of(model, parameters), limit.Kernel));
            record.AddTensor("shortfalls", [TheoremNames.Count], [.. TheoremNames.Select(name => Shortfall(name, point))]);
            return record;
        }
    }

    public static EncoderPointResult Read(Checkpoint record, EncoderRun run) =>
        new(run, record.GetNumber("limitDistance"), record.GetTensor("shortfalls", TheoremNames.Count));

    private static double Shortfall(string name, ModelPoint<ShallowEncoder> point)
    {
        Certificate certificate = Theorems.OfShallowEncoder.Single(theorem => theorem.Name == name).Evaluate(point);
        return certificate.Outcome == CertificateOutcome.NotApplicable ? double.NaN : certificate.Conditions.Max(condition => condition.Shortfall);
    }
}
