namespace Kappa.Lab.Studies;

/// <summary>What came out when a claim was tested.</summary>
public enum Verdict
{
    /// <summary>Enough settings are decided (<see cref="ClaimFinding.From"/>) and none refutes the claim.</summary>
    Reproduced,

    /// <summary>Enough settings are decided; some of them refute the claim and others do not; the reason names them.</summary>
    Partly,

    /// <summary>Enough settings are decided and all of them refute the claim.</summary>
    NotReproduced,

    /// <summary>Too few of the settings that were looked at are decided, whatever those say; the reason says how many.</summary>
    NotDecided,

    /// <summary>Nothing was measured that could confirm or refute the claim; the reason says why.</summary>
    NotMeasured,
}

/// <summary>A published or derived statement, written down before it is tested together with the number that would refute it.</summary>
/// <param name="Id">Stable identifier, used in claims.json.</param>
/// <param name="Source">Where the statement comes from.</param>
/// <param name="Statement">The statement in one sentence.</param>
/// <param name="RefutedIf">The observation that refutes it, with its number.</param>
internal sealed record Claim(string Id, string Source, string Statement, string RefutedIf);

/// <summary>One measured number of a claim: a median over runs with its range, never
/// a bare value. It decides, is judged and undecided, or only informs.</summary>
/// <param name="Setting">Where it was measured: data, sizes, depth, step-size rule.</param>
/// <param name="Quantity">What the number is, with its unit.</param>
/// <param name="Value">Median and range over the seeds.</param>
/// <param name="Refutes">Whether this number refutes the claim; null when it is undecided or only informs.</param>
/// <param name="Note">A remark a reader needs beside the number, or null.</param>
internal sealed record Measurement(string Setting, string Quantity, SeedSummary Value, bool? Refutes, string? Note = null)
{
    /// <summary>Whether the claim is about this number and it decides nothing: a bound, seeds on both sides, too few seeds.</summary>
    public bool IsUndecided { get; init; }

    /// <summary>How many seeds stand behind it, when that is not the count of its values: a fit has several points for each.</summary>
    public int? Seeds { get; init; }

    /// <summary>How many settings it speaks for: a fit over widths rests on all of them, any other number on one.</summary>
    public int Settings { get; init; } = 1;

    /// <summary>A number that the claim is about.</summary>
    /// <param name="setting">Where.</param>
    /// <param name="quantity">What.</param>
    /// <param name="value">The number.</param>
    /// <param name="refutes">Whether it refutes; null when it cannot decide.</param>
    /// <param name="note">A remark.</param>
    internal static Measurement Judged(string setting, string quantity, SeedSummary value, bool? refutes, string? note = null) =>
        new(setting, quantity, value, refutes, note) { IsUndecided = refutes is null };

    /// <summary>The same, undecided when too few seeds stand behind it.</summary>
    internal Measurement WithEnoughSeeds()
    {
        int seeds = Seeds ?? Value.Count;
        return Refutes is null || seeds >= ClaimFinding.LeastSeeds
            ? this
            : this with
            {
                Refutes = null,
                IsUndecided = true,
                Note = $"{(Note is null ? string.Empty : $"{Note}; ")}{seeds} {(seeds == 1 ? "seed" : "seeds")}, "
                    + $"{ClaimFinding.LeastSeeds} are needed to decide",
            };
    }
}

/// <summary>A claim with what was measured and what follows.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">One or two sentences with the decisive numbers.</param>
/// <param name="Measurements">Every number the verdict rests on, and those that only inform.</param>
internal sealed record ClaimFinding(Claim Claim, Verdict Verdict, string Reason, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>The least number of seeds behind a number that decides: with two,
    /// the range over them holds the median with probability one half.</summary>
    public const int LeastSeeds = 3;

    /// <summary>The least number of settings that a verdict rests on.</summary>
    public const int LeastSettings = 2;

    /// <summary>The verdict that follows from the measurements alone, by the rule of docs/theory/claims.md.</summary>
    /// <remarks>
    /// A number decides with <see cref="LeastSeeds"/> seeds or more. A verdict needs
    /// <see cref="LeastSettings"/> decided settings or more, and more than half of those that are judged,
    /// and more than half of the settings without an undecided number, unless one refutes there; it is
    /// <see cref="Verdict.NotDecided"/> otherwise. Then reproduced when none refutes, not reproduced when all do, and partly in between.
    /// </remarks>
    /// <param name="claim">The claim.</param>
    /// <param name="measurements">Its measurements; those that only inform do not count.</param>
    /// <param name="reason">Builds the sentence from the verdict, the refuting and the confirming measurements.</param>
    public static ClaimFinding From(
        Claim claim,
        IReadOnlyList<Measurement> measurements,
        Func<Verdict, IReadOnlyList<Measurement>, IReadOnlyList<Measurement>, string> reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Measurement[] judged = [.. measurements.Select(m => m.WithEnoughSeeds())];
        Measurement[] refuting = [.. judged.Where(m => m.Refutes == true)];
        Measurement[] confirming = [.. judged.Where(m => m.Refutes == false)];
        int decided = refuting.Concat(confirming).Sum(m => m.Settings),
            looked = decided + judged.Where(m => m.IsUndecided).Sum(m => m.Settings);
        IGrouping<string, Measurement>[] settings = [.. judged.Where(m => m.Refutes is not null || m.IsUndecided).GroupBy(m => m.Setting)];
        int whole = settings.Count(setting => setting.Any(m => m.Refutes == true) || !setting.Any(m => m.IsUndecided));
        bool isEnough = decided >= LeastSettings && 2 * decided > looked && 2 * whole > settings.Length;
        Verdict verdict = (looked, isEnough, refuting.Length, confirming.Length) switch
        {
            (0, _, _, _) => Verdict.NotMeasured,
            (_, false, _, _) => Verdict.NotDecided,
            (_, _, 0, _) => Verdict.Reproduced,
            (_, _, _, 0) => Verdict.NotReproduced,
            _ => Verdict.Partly,
        };
        string words = reason(verdict, refuting, confirming);
        return new ClaimFinding(
            claim, verdict,
            verdict == Verdict.NotDecided
                ? $"{words} {Shortage(decided, looked, refuting.Sum(m => m.Settings), whole, settings.Length)}"
                : words,
            judged);
    }

    private static string Shortage(int decided, int looked, int refuting, int whole, int settings) =>
        $"Decided: {decided} of {looked} numbers{(refuting == 0 ? string.Empty : $", {refuting} against the claim")}, with all its "
            + $"numbers {whole} of {settings} settings; a verdict needs {LeastSettings} or more, and more than half of both.";
}
