namespace Kappa.Lab.Reproductions;

/// <summary>What came out when a claim was tested.</summary>
public enum Verdict
{
    /// <summary>Every number that could have refuted the claim was measured and none did.</summary>
    Reproduced,

    /// <summary>Some of the settings refute the claim and others do not; the reason names them.</summary>
    Partly,

    /// <summary>The number that refutes the claim was observed.</summary>
    NotReproduced,

    /// <summary>Nothing was measured that could confirm or refute the claim; the reason says why.</summary>
    NotMeasured,
}

/// <summary>A published or derived statement, written down before it is tested together with the number that would refute it.</summary>
/// <param name="Id">Stable identifier, used in claims.json.</param>
/// <param name="Source">Where the statement comes from.</param>
/// <param name="Statement">The statement in one sentence.</param>
/// <param name="RefutedIf">The observation that refutes it, with its number.</param>
public sealed record Claim(string Id, string Source, string Statement, string RefutedIf);

/// <summary>One measured number of a claim: a median over runs with its range, never a bare value.</summary>
/// <param name="Setting">Where it was measured: data, sizes, depth, step-size rule.</param>
/// <param name="Quantity">What the number is, with its unit.</param>
/// <param name="Value">Median and range over the seeds.</param>
/// <param name="Refutes">Whether this number refutes the claim; null when it only informs.</param>
/// <param name="Note">A remark a reader needs beside the number, or null.</param>
public sealed record Measurement(string Setting, string Quantity, SeedSummary Value, bool? Refutes, string? Note = null);

/// <summary>A claim with what was measured and what follows.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">One or two sentences with the decisive numbers.</param>
/// <param name="Measurements">Every number the verdict rests on, and those that only inform.</param>
public sealed record ClaimFinding(Claim Claim, Verdict Verdict, string Reason, IReadOnlyList<Measurement> Measurements)
{
    /// <summary>The verdict that follows from the measurements alone: reproduced when none refutes, not reproduced when all do.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="measurements">Its measurements; those with <see cref="Measurement.Refutes"/> null do not count.</param>
    /// <param name="reason">Builds the sentence from the verdict, the refuting and the confirming measurements.</param>
    public static ClaimFinding From(
        Claim claim,
        IReadOnlyList<Measurement> measurements,
        Func<Verdict, IReadOnlyList<Measurement>, IReadOnlyList<Measurement>, string> reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Measurement[] refuting = [.. measurements.Where(m => m.Refutes == true)];
        Measurement[] confirming = [.. measurements.Where(m => m.Refutes == false)];
        Verdict verdict = (refuting.Length, confirming.Length) switch
        {
            (0, 0) => Verdict.NotMeasured,
            (0, _) => Verdict.Reproduced,
            (_, 0) => Verdict.NotReproduced,
            _ => Verdict.Partly,
        };
        return new ClaimFinding(claim, verdict, reason(verdict, refuting, confirming), measurements);
    }
}
