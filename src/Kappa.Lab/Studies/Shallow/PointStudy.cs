using Kappa.Certificates;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>What is computed at the start of a run, without descent.</summary>
/// <param name="Run">Where.</param>
/// <param name="LimitDistance">‖K_0 − K_∞‖/‖K_∞‖ (S.7); NaN outside the setting that has this limit.</param>
/// <param name="Shortfalls">For each of <see cref="TheoremNames"/> the factor by which √(2ℓ_0) would have to be smaller for all conditions to hold with some radii; 1 when they do, +∞ when no residual is small enough, NaN when it is not applicable.</param>
internal sealed record EncoderPointResult(EncoderRun Run, double LimitDistance, double[] Shortfalls)
{
    /// <summary>The theorems about finite widths.</summary>
    public static IReadOnlyList<string> TheoremNames { get; } = ["encoder", "encoder-sharper", "wide-encoder"];

    public static Checkpoint Compute(EncoderRun run)
    {
        (Transformer model, ModelParameters parameters) = run.Prepare();
        using (model)
        {
            var point = new TransformerPoint(model, parameters, TrainedSet.All);
            Checkpoint record = JobStore.NewRecord();
            record.AddNumber("limitDistance", HasLimit(run) ? EncoderKernel.Distance(EncoderKernel.Of(model, parameters), ShallowEncoderLimit.Of(model.Inputs, model.Samples, model.Shape.Pooling).Kernel) : double.NaN);
            record.AddTensor("shortfalls", [TheoremNames.Count], [.. TheoremNames.Select(name => Shortfall(name, point))]);
            return record;
        }
    }

    public static EncoderPointResult Read(Checkpoint record, EncoderRun run) =>
        new(run, record.GetNumber("limitDistance"), record.GetTensor("shortfalls", TheoremNames.Count));

    /// <summary>Whether the kernel tends to K_∞: NTK and τ₀ = d_m^−1.</summary>
    public static bool HasLimit(EncoderRun run) => run.Start.Name == EncoderStart.Ntk.Name && run.LogitExponent == 1;

    /// <summary>Initialisation and τ₀ in words.</summary>
    public string Setting => FormattableString.Invariant($"{Run.Start.Name}, τ₀ = d_m^−{Run.LogitExponent}");

    private static double Shortfall(string name, TransformerPoint point)
    {
        Certificate certificate = Theorems.OfShallowEncoder.Single(theorem => theorem.Name == name).Evaluate(point);
        return certificate.Outcome == CertificateOutcome.NotApplicable ? double.NaN : certificate.Shortfall;
    }
}
