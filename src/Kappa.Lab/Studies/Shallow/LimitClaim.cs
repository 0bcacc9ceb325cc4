using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: the kernel of a finite width tends to the limiting kernel (S.7).</summary>
internal static class LimitClaim
{
    private const double SteepestSlope = -0.65;
    private const double FlattestSlope = -0.35;

    public static Claim Claim { get; } = new(
        "limiting-kernel",
        ShallowMeasurements.Paper,
        "With NTK initialisation and τ₀ = d_m^−1 the kernel at the start tends to the limiting kernel, its relative error falling like "
            + "the inverse root of the width.",
        "the range over seeds of the exponent of ‖K_0 − K_∞‖/‖K_∞‖ against the width lies outside [−0.65, −0.35] (number ours)");

    public static ClaimFinding Judge(IReadOnlyList<EncoderPointResult> points)
    {
        points = [.. points.Where(point => EncoderPointResult.HasLimit(point.Run))];
        var measurements = new List<Measurement>();
        if (points.Select(point => point.Run.Width).Distinct().Count() > 1)
        {
            SeedSummary exponent = ShallowMeasurements.Exponent(
                points.Select(point => ((double)point.Run.Width, point.LimitDistance, point.Run.Seed))).Exponent;
            measurements.Add(ShallowMeasurements.OfExponent(
                "all widths", "exponent of the relative error, range over seeds", exponent,
                !exponent.IsWithin(SteepestSlope, FlattestSlope), points.Select(point => ((double)point.Run.Width, point.Run.Seed))));
        }

        measurements.AddRange(points.GroupBy(point => point.Run.Width).OrderBy(group => group.Key).Select(group =>
            new Measurement($"width {group.Key}", "‖K_0 − K_∞‖/‖K_∞‖", SeedSummary.Of(group.Select(point => point.LimitDistance)), null)));
        return ClaimFinding.From(Claim, measurements, (_, refuting, confirming) => Reason(measurements, [.. refuting, .. confirming]));
    }

    private static string Reason(List<Measurement> all, Measurement[] judged) => judged.Length == 0
        ? "Only one width was computed."
        : string.Create(
            CultureInfo.InvariantCulture,
            $"The relative error falls with exponent {ShallowMeasurements.Words(judged[0].Value)}, to "
                + $"{NumberText.Of(all[^1].Value.Median, 2)} at {all[^1].Setting}.");
}
