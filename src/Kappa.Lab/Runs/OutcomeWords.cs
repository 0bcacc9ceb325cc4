namespace Kappa.Lab.Runs;

/// <summary>Identifiers of outcomes, as files, JSON and the index have them, in the words of the field for a reader.</summary>
internal static class OutcomeWords
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["stepBudget"] = "all steps made",
        ["lossFloor"] = "loss floor reached",
        ["gradientTolerance"] = "gradient tolerance reached",
        ["nonFinite"] = "diverged",
        ["noDecrease"] = "stationary to rounding",
        ["cancelled"] = "interrupted",
        ["tooFewDecades"] = "fell too little for a rate",
        ["tooShort"] = "too short for a rate",
        ["plateau"] = "levels off",
        ["notDecreasing"] = "does not fall",
        ["slowing"] = "slowing",
        ["accelerating"] = "accelerating",
        ["irregular"] = "irregular",
        ["linear"] = "linear",
        ["diverged"] = "diverged",
    };

    /// <summary>The words for an identifier; one that is not known stays as it is.</summary>
    /// <param name="identifier">A name of <see cref="Descent.StopReason"/> or <see cref="Spectra.RateOutcome"/>, in any case.</param>
    public static string Of(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return Words.GetValueOrDefault(identifier, identifier);
    }
}
