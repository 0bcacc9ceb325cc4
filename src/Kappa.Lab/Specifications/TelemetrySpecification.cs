namespace Kappa.Lab.Specifications;

/// <summary>How much is measured at a recorded step.</summary>
public enum TelemetryQuantities
{
    /// <summary>Loss, gradient, distances, and the spectra of every layer.</summary>
    All,

    /// <summary>Loss, gradient and distances only: much cheaper.</summary>
    Loss,
}

/// <summary>What is recorded, and when. It never changes the descent.</summary>
public sealed record TelemetrySpecification
{
    /// <summary>How much is measured.</summary>
    public TelemetryQuantities Quantities { get; init; }

    /// <summary>A row is written at every step that is a multiple of this; 1 is every step.</summary>
    public int Every { get; init; } = 1;

    /// <summary>The steps at which full spectra are written.</summary>
    public SpectraSchedule SpectraAt { get; init; } = SpectraSchedule.First;

    /// <summary>Steps between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 1000;

    /// <summary>Steps between two tests of a classifier along its run; <see langword="null"/> means at its end only.</summary>
    public int? TestEvery { get; init; }
}

/// <summary>The steps at which full spectra are written.</summary>
/// <param name="Steps">Step numbers, 0 is the initial point.</param>
/// <param name="Last">Whether also at the last step, whichever it turns out to be.</param>
public sealed record SpectraSchedule(ValueList<long> Steps, bool Last)
{
    /// <summary>Step 0 only.</summary>
    public static SpectraSchedule First { get; } = new(new ValueList<long>(0), Last: false);

    /// <summary>Whether <paramref name="step"/> is listed.</summary>
    /// <param name="step">Step number.</param>
    /// <param name="isLast">Whether the run stops here.</param>
    public bool Includes(long step, bool isLast) => (Last && isLast) || Steps.Contains(step);

    internal SpectraSchedule Canonical() => this with { Steps = new ValueList<long>(Steps.Distinct().Order()) };
}
