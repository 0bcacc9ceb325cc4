namespace Kappa.Descent;

/// <summary>How the axis of a quantity is divided.</summary>
public enum QuantityScale
{
    /// <summary>Evenly.</summary>
    Linear,

    /// <summary>By powers of ten: the quantity is positive and spans decades.</summary>
    Logarithmic,
}

/// <summary>What a quantity is recorded for at each step.</summary>
public enum QuantityScope
{
    /// <summary>Once: the column is the quantity's name.</summary>
    Step,

    /// <summary>Each kind of parameter: <c>gradientNorm.query</c>.</summary>
    Kind,

    /// <summary>Each measured part of a layer: <c>l0.branch.sigmaMax</c>.</summary>
    Part,

    /// <summary>The hidden matrix of each layer: <c>l0.hidden.sigmaMin</c>.</summary>
    Hidden,
}

/// <summary>A number that telemetry records, defined once: column, row of the register, axis and words of queries come from here.</summary>
/// <remarks>All of them are listed in <see cref="Quantities"/>; docs/quantities.md is their text, which a test holds.</remarks>
/// <param name="Name">Its name, the last part of its column; a promise to every reader of a run folder.</param>
/// <param name="Scope">What it is recorded for.</param>
/// <param name="Symbol">In the notation of the theory pages.</param>
/// <param name="Label">The equation that defines it, or empty.</param>
/// <param name="Unit">Its unit; 1 for a pure number.</param>
/// <param name="Estimator">How it is computed.</param>
/// <param name="Cost">Beyond the step itself: M token rows, width d, N samples of n tokens, p parameters.</param>
/// <param name="Error">What bounds its error.</param>
public sealed record Quantity(
    string Name, QuantityScope Scope, string Symbol, string Label, string Unit, string Estimator, string Cost, string Error)
{
    /// <summary>What the symbol stands for, where the register says it: κ = <c>σ_max/σ_r</c>.</summary>
    public string? Definition { get; init; }

    /// <summary>The axis that it is drawn on.</summary>
    public QuantityScale Scale { get; init; } = QuantityScale.Logarithmic;

    /// <summary>Other names that queries take for it, the usual one first.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The column's name with <c>&lt;l&gt;</c>, <c>&lt;part&gt;</c>, <c>&lt;kind&gt;</c> where names go.</summary>
    public string Pattern => Scope switch
    {
        QuantityScope.Kind => $"{Name}.<kind>",
        QuantityScope.Part => $"l<l>.<part>.{Name}",
        QuantityScope.Hidden => $"l<l>.hidden.{Name}",
        _ => Name,
    };

    /// <summary>The row of the register: column, symbol, label, unit, estimator, cost, error.</summary>
    public IReadOnlyList<string> Register =>
        [$"`{Pattern}`", Definition is null ? Symbol : $"{Symbol} = {Definition}", Label, Unit, Estimator, Cost, Error];

    /// <summary>The column of a part or of a kind of parameters, such as <c>l0.output</c> or <c>query</c>.</summary>
    /// <param name="of">The name of the part or of the kind.</param>
    public string Of(string of) => Scope == QuantityScope.Kind ? $"{Name}.{of}" : $"{of}.{Name}";
}
