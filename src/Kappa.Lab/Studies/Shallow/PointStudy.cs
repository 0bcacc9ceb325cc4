using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>What is computed at the start of a run, without descent.</summary>
/// <param name="Run">Where.</param>
/// <param name="LimitDistance">‖K_0 − K_∞‖/‖K_∞‖ (S.7); NaN outside the setting that has this limit.</param>
/// <param name="Shortfalls">For each of <see cref="TheoremNames"/> the factor by which √(2ℓ_0) would have to be smaller for all
/// conditions to hold with some radii; 1 when they do, +∞ when no residual is small enough, NaN when it is not applicable.</param>
internal sealed record EncoderPointResult(EncoderRun Run, double LimitDistance, double[] Shortfalls)
{
    /// <summary>The theorems about finite widths.</summary>
    public static IReadOnlyList<string> TheoremNames { get; } = ["encoder", "encoder-sharper", "wide-encoder"];

    /// <summary>Computes them at the start of a run.</summary>
    /// <exception cref="BadInputException">The folder is damaged.</exception>
    public static EncoderPointResult Of(EncoderRun run, RunRecord record)
    {
        IReadOnlyDictionary<string, double> found = RunMeasurements.FindOrMeasure(
            record.Files, "shallow.point", () => AtStart(run, record));
        return new EncoderPointResult(run, found[Limit], [.. TheoremNames.Select(name => found[name])]);
    }

    private const string Limit = "limitDistance";

    private static Dictionary<string, double> AtStart(EncoderRun run, RunRecord record)
    {
        using var experiment = Experiment.Of(record);
        var model = (Transformer)experiment.Model;
        var point = new TransformerPoint(model, experiment.Initial, TrainedSet.All);
        double distance = HasLimit(run)
            ? EncoderKernel.Distance(
                EncoderKernel.Of(model, experiment.Initial),
                ShallowEncoderLimit.Of(model.Inputs, model.Samples, model.Shape.Pooling).Kernel)
            : double.NaN;
        return new(TheoremNames.Select(name => KeyValuePair.Create(name, Shortfall(name, point))), StringComparer.Ordinal)
        {
            [Limit] = distance,
        };
    }

    /// <summary>Whether the kernel tends to K_∞: NTK and τ₀ = d_m^−1.</summary>
    public static bool HasLimit(EncoderRun run) => run.Start.Name == NamedStart.Ntk.Name && run.LogitExponent == 1;

    /// <summary>Initialisation and τ₀ in words.</summary>
    public string Setting => FormattableString.Invariant($"{Run.Start.Name}, τ₀ = d_m^−{Run.LogitExponent}");

    private static double Shortfall(string name, TransformerPoint point)
    {
        Certificate certificate = Theorems.OfShallowEncoder.Single(theorem => theorem.Name == name).Evaluate(point);
        return certificate.Outcome == CertificateOutcome.NotApplicable ? double.NaN : certificate.Shortfall;
    }
}
