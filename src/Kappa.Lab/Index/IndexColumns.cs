using Kappa.Lab.Specifications;

namespace Kappa.Lab.Index;

/// <summary>The columns of the view <c>runs</c>: first what came out, then every key of the specification under its short name.</summary>
internal static class IndexColumns
{
    /// <summary>What a run is and what came out of it, with a line for the documentation.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Results { get; } =
    [
        ("name", "name of the run, the name of its folder"),
        ("state", "queued, running, done, failed, interrupted, or lost: running by its status, but its process is dead"),
        ("outcome", "why it stopped: lossFloor, gradientTolerance, stepBudget, nonFinite, noDecrease; NULL while it has not"),
        ("stepReached", "the step it reached"),
        ("initialLoss", "loss of the first recorded row"),
        ("finalLoss", "loss at stepReached, after divergence not finite: NULL when NaN"),
        ("stepsToHundredth", "T(1e-2): the first recorded step with loss ≤ 0.01 × initialLoss; NULL when it was not reached"),
        ("rate", "measured rate 1 − eˢ per step; NULL unless rateOutcome is linear, and rateReason says why"),
        ("rateLow", "lower end of its interval"),
        ("rateHigh", "upper end of its interval"),
        ("lateRate", "rate of the last third of the window; NULL unless rateOutcome is linear, slowing, accelerating or irregular"),
        ("lateRateLow", "lower end of its interval"),
        ("lateRateHigh", "upper end of its interval"),
        ("rateOutcome", "linear, slowing, accelerating, irregular, tooFewDecades, plateau, notDecreasing, diverged or tooShort"),
        ("rateReason", "what decided rateOutcome, in words"),
        ("decades", "decades of loss in the window of the fit"),
        ("floorLoss", "level at which the loss ends; NULL when it has not levelled off"),
        ("roundingFloor", "loss at which only rounding is left"),
        ("recordedRows", "rows of telemetry.csv"),
        ("message", "a line about the end"),
        ("heartbeat", "when status.json was written, UTC"),
        ("started", "when the first process began, UTC"),
        ("words", "the key=value words of the command line that began it; NULL for a run of a sweep, see sweep_runs"),
        ("host", "machine of the last process"),
        ("kappaVersion", "version of Kappa of the last process"),
        ("specification", "the resolved specification as a JSON object of full key names"),
    ];

    /// <summary>The keys of a specification, each with its column.</summary>
    public static IReadOnlyList<(string Name, SpecificationKey Key)> Keys { get; } =
        [.. SpecificationKeys.All.Select(key => (NameOf(key), key))];

    /// <summary>All names in the order of the table.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Results.Select(column => column.Name), .. Keys.Select(column => column.Name)];

    // A short name that two keys share, or that is that of a result or a word of
    // SQL, gets its group in front. SQL does not tell capitals from small letters.
    private static string NameOf(SpecificationKey key)
    {
        bool isTaken = SpecificationKeys.All.Any(other =>
            other != key && Same(other.Name, key.Name) && (key.Group.Length > 0 || other.Group.Length == 0))
            || Results.Any(column => Same(column.Name, key.Name)) || key.Name == "from";
        return isTaken ? $"{key.Group}_{key.Name}" : key.Name;
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
