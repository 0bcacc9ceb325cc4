using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: Proposition 1's conditions at widths that can be run.</summary>
internal static class ConditionsClaim
{
    private const string Ours = "wide-encoder";

    public static Claim Claim { get; } = new(
        "conditions-hold",
        ShallowMeasurements.Paper + ", Proposition 1 as recalled",
        "At widths of experiments the conditions of the convergence theorem hold: with LeCun initialisation, τ₀ = d_m^−1/2 or d_m^−1, "
            + "and with NTK, τ₀ = d_m^−1.",
        "in a setting there is no width computed at which the conditions (S.5), with recalled or sharper constants and the best radii, "
            + "hold for some seed; where they hold for some nothing is decided (number ours)");

    public static ClaimFinding Judge(IReadOnlyList<EncoderPointResult> points)
    {
        Measurement[] measurements = [
            .. points.GroupBy(point => point.Setting).SelectMany(setting =>
                Enumerable.Range(0, EncoderPointResult.TheoremNames.Count).SelectMany(theorem => Of([.. setting], theorem)))];
        return ClaimFinding.From(Claim, measurements, (_, _, _) => Reason(measurements));
    }

    private static IEnumerable<Measurement> Of(EncoderPointResult[] points, int theorem)
    {
        (string setting, string name) = (points[0].Setting, EncoderPointResult.TheoremNames[theorem]);
        (int Width, SeedSummary Shortfall)[] known =
        [
            .. points.GroupBy(point => point.Run.Width).OrderBy(group => group.Key)
                .Select(group => (group.Key, SeedSummary.Of(group.Select(point => point.Shortfalls[theorem]))))
                .Where(entry => !double.IsNaN(entry.Item2.Median)),
        ];
        foreach ((int width, SeedSummary shortfall) in known)
        {
            yield return new Measurement(
                $"{setting}, width {width}", $"factor by which √(2ℓ_0) is too large, {name}", shortfall, null,
                name == Ours ? "derived for this project" : null);
        }

        if (known.Length > 0)
        {
            SeedSummary least = known.Select(entry => entry.Shortfall).MinBy(shortfall => shortfall.Median);
            string quantity = $"least factor over the widths, {name}";
            bool? refutes = least.Low > 1 ? true : least.High <= 1 ? false : null;
            yield return name == Ours
                ? new Measurement(setting, quantity, least, null)
                : Measurement.Judged(setting, quantity, least, refutes) with { Settings = known.Length };
        }
    }

    private static string Reason(IReadOnlyList<Measurement> measurements)
    {
        IGrouping<string, Measurement>[] least = [
            .. measurements.Where(m => m.Quantity.StartsWith("least", StringComparison.Ordinal)).GroupBy(m => m.Setting)];
        return least.Length == 0
            ? "No theorem applies at these widths."
            : $"The least factors by which √(2ℓ_0) is too large for the conditions: "
                + $"{string.Join("; ", least.Select(setting => $"{setting.Key}: {string.Join(", ", setting.Select(Words))}"))}. 1 means "
                + $"that all hold, none that no residual is small enough at any width.";
    }

    private static string Words(Measurement least) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(double.IsPositiveInfinity(least.Value.Median) ? "none" : $"{NumberText.Of(least.Value.Median, 3)}")} "
                + $"({least.Quantity.Split(", ")[1]})");
}
