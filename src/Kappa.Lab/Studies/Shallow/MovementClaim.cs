namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: the wider the model, the less its weights and its kernel move.</summary>
internal static class MovementClaim
{
    private const double LargestExponent = -0.3;

    public static Claim Claim { get; } = new(
        "movement-shrinks",
        ShallowMeasurements.Paper,
        "The relative movement of every matrix, and of the kernel, shrinks as the width grows.",
        "for every seed the exponent of a matrix's, or of the kernel's, relative movement against the width exceeds −0.3 (runs to a "
            + "hundredth of the loss at 0.3/λ_max(K_0))");

    public static IReadOnlyList<string> Quantities { get; } = [.. EncoderOutcome.Matrices, "kernel"];

    public static ClaimFinding Judge(IReadOnlyList<EncoderOutcome> runs) =>
        ClaimFinding.From(Claim, [.. runs.GroupBy(run => run.Run.Start.Name).SelectMany(start => Measure(start.Key, [.. start]))], Reason);

    /// <summary>The movement of a quantity along a run.</summary>
    public static double Of(EncoderOutcome outcome, string quantity) =>
        quantity == "kernel" ? outcome.KernelMovement : outcome.Movement[EncoderOutcome.Matrices.ToList().IndexOf(quantity)];

    private static IEnumerable<Measurement> Measure(string start, EncoderOutcome[] all)
    {
        // A run that did not get there has moved less far than the others: it would flatten or steepen the fit by its budget.
        EncoderOutcome[] runs = [.. all.Where(run => !run.StepsToTarget.IsLowerBound)];
        string? note = runs.Length == all.Length
            ? null
            : $"{all.Length - runs.Length} of {all.Length} runs did not reach 1e-2 and are left out";
        bool isEnough = runs.Select(run => run.Run.Width).Distinct().Count() > 1;
        foreach (string quantity in Quantities.Where(_ => isEnough))
        {
            SeedSummary exponent = ShallowMeasurements.Exponent(
                runs.Select(run => ((double)run.Run.Width, Of(run, quantity), run.Run.Seed))).Exponent;
            yield return ShallowMeasurements.OfExponent(
                $"{start}, widths {runs.Min(run => run.Run.Width)} to {runs.Max(run => run.Run.Width)}",
                $"exponent of the movement of {quantity}, range over seeds", exponent, IsTooLarge(exponent),
                runs.Select(run => ((double)run.Run.Width, run.Run.Seed)), note);
        }
    }

    private static bool? IsTooLarge(SeedSummary exponent) =>
        exponent.Low > LargestExponent ? true : exponent.High <= LargestExponent ? false : null;

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        Measurement[] all = [.. confirming, .. refuting];
        if (all.Length == 0)
        {
            return "Too few runs reached 1e-2.";
        }

        string numbers = FormattableString.Invariant(
            $"The exponents lie between {all.Min(m => m.Value.Median):F2} and {all.Max(m => m.Value.Median):F2}.");
        return refuting.Count == 0 ? numbers : $"{numbers} Above −0.3: {string.Join("; ", refuting.Select(Exponent))}.";
    }

    private static string Exponent(Measurement m) =>
        $"{m.Quantity.Split(" of ")[^1].Split(',')[0]} ({m.Setting.Split(',')[0]}, {ShallowMeasurements.Words(m.Value)})";
}
