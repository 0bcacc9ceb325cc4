namespace Kappa.Lab.Reproductions.Shallow;

/// <summary>[C]: Proposition 1's conditions at widths that can be run.</summary>
internal static class ConditionsClaim
{
    private const string Ours = "wide-encoder";

    public static Claim Claim { get; } = new(
        "conditions-hold",
        ShallowMeasurements.Paper + ", Proposition 1 as recalled",
        "At widths of experiments the conditions of the convergence theorem hold.",
        "at no width computed the conditions (S.5), with recalled or sharper constants and the best radii, hold for half of the seeds (number ours)");

    public static ClaimFinding Judge(IReadOnlyList<EncoderPointResult> points)
    {
        var measurements = new List<Measurement>();
        for (int k = 0; k < EncoderPointResult.TheoremNames.Count; k++)
        {
            int theorem = k;
            string name = EncoderPointResult.TheoremNames[k];
            (int Width, SeedSummary Shortfall)[] known =
            [
                .. points.GroupBy(point => point.Run.Width).OrderBy(group => group.Key)
                    .Select(group => (group.Key, SeedSummary.Of(group.Select(point => point.Shortfalls[theorem])))).Where(entry => !double.IsNaN(entry.Item2.Median)),
            ];
            measurements.AddRange(known.Select(entry => new Measurement($"width {entry.Width}", $"factor by which the worst condition fails, {name}", entry.Shortfall, null, name == Ours ? "derived for this project" : null)));
            if (known.Length > 0)
            {
                SeedSummary least = known.Select(entry => entry.Shortfall).MinBy(shortfall => shortfall.Median);
                measurements.Add(new Measurement("all widths", $"least factor, {name}", least, name == Ours ? null : least.Median > 1));
            }
        }

        return ClaimFinding.From(Claim, measurements, (_, _, _) => Reason(measurements));
    }

    private static string Reason(List<Measurement> measurements)
    {
        Measurement[] least = [.. measurements.Where(m => m.Quantity.StartsWith("least", StringComparison.Ordinal))];
        return least.Length == 0
            ? "No theorem applies at these widths."
            : $"The least factors by which a condition fails: {string.Join(", ", least.Select(m => FormattableString.Invariant($"{m.Value.Median:G3} ({m.Quantity.Split(", ")[1]})")))}; 1 means that all hold.";
    }
}
