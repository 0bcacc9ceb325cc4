using Kappa.Spectra;

namespace Kappa.Lab.Runs;

/// <summary>Why a loss curve has no rate, in the few words that a cell of a table has room for.</summary>
internal static class MissingRate
{
    /// <summary>The words.</summary>
    /// <param name="outcome">One without a rate; null when not even a fit was made.</param>
    public static string Why(RateOutcome? outcome) => outcome switch
    {
        RateOutcome.TooFewDecades => "falls too little",
        RateOutcome.Plateau => "levels off",
        RateOutcome.NotDecreasing => "does not fall",
        RateOutcome.Diverged => "not finite",
        _ => "too few points",
    };
}
