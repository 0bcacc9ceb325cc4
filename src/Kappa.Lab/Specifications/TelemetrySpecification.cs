using Kappa.Descent;

namespace Kappa.Lab.Specifications;

/// <summary>What is recorded at a step: <c>all</c>, <c>loss</c>, or a list of quantities such as <c>[loss, output.sigmaMin]</c>.</summary>
public sealed record TelemetryQuantities
{
    /// <summary>The parts of a layer that a quantity can be asked of alone.</summary>
    internal static readonly IReadOnlyList<string> Parts = ["branch", "output", "hidden"];

    private TelemetryQuantities(ValueList<string>? names, bool spectra) => (Names, HasSpectra) = (names, spectra);

    /// <summary>Loss, gradient, distances, and the spectra of every layer.</summary>
    public static TelemetryQuantities All { get; } = new(null, spectra: true);

    /// <summary>Loss, gradient and distances only: much cheaper.</summary>
    public static TelemetryQuantities Loss { get; } = new(null, spectra: false);

    /// <summary>The names of a list, each a quantity or <c>part.quantity</c>;
    /// <see langword="null"/> for <see cref="All"/> and <see cref="Loss"/>.</summary>
    public ValueList<string>? Names { get; }

    /// <summary>Whether spectra of layers are measured.</summary>
    public bool HasSpectra { get; }

    /// <summary>A list of quantities; step, loss and step size are recorded with them in any case.</summary>
    /// <param name="names">Names of the register, those of layers perhaps after <c>branch.</c>, <c>output.</c> or <c>hidden.</c>.</param>
    public static TelemetryQuantities Of(params IEnumerable<string> names)
    {
        var list = new ValueList<string>(names);
        return new(list, list.Any(IsOfLayers));
    }

    /// <summary>Whether a column is recorded.</summary>
    /// <param name="column">Such as <c>loss</c>, <c>gradientNorm.query</c> or <c>l0.output.sigmaMin</c>.</param>
    internal bool Includes(string column)
    {
        if (Names is null || column == Quantities.Step.Name || column == Quantities.Loss.Name || column == Quantities.StepSize.Name)
            return true;
        string[] words = column.Split('.');
        return Names.Any(name => words.Contains(name) || column.EndsWith($".{name}", StringComparison.Ordinal));
    }

    /// <summary>The quantity that a name asks for, without the part before it.</summary>
    internal static string QuantityOf(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];

    private static bool IsOfLayers(string name) =>
        Quantities.All.Any(quantity => quantity.Name == QuantityOf(name) && quantity.Scope is QuantityScope.Part or QuantityScope.Hidden);
}

/// <summary>What is recorded, and when. It never changes the descent.</summary>
public sealed record TelemetrySpecification
{
    /// <summary>How much is measured.</summary>
    public TelemetryQuantities Quantities { get; init; } = TelemetryQuantities.All;

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

    /// <summary>No step.</summary>
    public static SpectraSchedule None { get; } = new(new ValueList<long>(), Last: false);

    /// <summary>Whether <paramref name="step"/> is listed.</summary>
    /// <param name="step">Step number.</param>
    /// <param name="isLast">Whether the run stops here.</param>
    public bool Includes(long step, bool isLast) => (Last && isLast) || Steps.Contains(step);

    internal SpectraSchedule Canonical() => this with { Steps = new ValueList<long>(Steps.Distinct().Order()) };
}
