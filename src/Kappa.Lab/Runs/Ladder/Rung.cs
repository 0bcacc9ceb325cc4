namespace Kappa.Lab.Runs.Ladder;

/// <summary>What a rate has seen of the run it is set beside.</summary>
internal enum RungKind
{
    /// <summary>The initial point only: a prediction.</summary>
    APriori,

    /// <summary>States of the run: an explanation, however well it agrees.</summary>
    AlongThePath,

    /// <summary>The loss curve itself.</summary>
    Fitted,
}

/// <summary>What a rate rests on.</summary>
internal enum RungGrade
{
    /// <summary>A theorem whose hypotheses hold.</summary>
    Proven,

    /// <summary>Exact for a frozen kernel (P.4), or at the point only (P.5): a guide.</summary>
    Linearised,

    /// <summary>Linearised, and its eigenvalues are estimates.</summary>
    Estimated,

    /// <summary>Read off the loss.</summary>
    Measured,
}

/// <summary>One rate of a ladder: the share of the loss that a step removes, 1 − ℒ_{t+1}/ℒ_t.</summary>
/// <remarks>A text that a file leaves out is empty: the reader of JSON sets it to null in spite of its default.</remarks>
internal sealed record Rung
{
    /// <summary>Identifier, for example <c>kernel.start</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>What it has seen.</summary>
    public required RungKind Kind { get; init; }

    /// <summary>What it rests on.</summary>
    public required RungGrade Grade { get; init; }

    /// <summary>Equation label; empty for the measured rate.</summary>
    public string Label { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Rate per step; along the path the median over the states looked at.
    /// <see langword="null"/> when missing. Negative when the loss grows.</summary>
    public double? Value { get; init; }

    /// <summary>Smallest over the path, or the lower end of the interval.</summary>
    public double? Low { get; init; }

    /// <summary>Largest over the path, or the upper end of the interval.</summary>
    public double? High { get; init; }

    /// <summary>η that the rate is for, when it is not the run's own; the rate is then not comparable with the others.</summary>
    public double? OtherStepSize { get; init; }

    /// <summary>Where and how, with numbers.</summary>
    public string Note { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Why there is no value, and what would help; <see langword="null"/> when there is one.</summary>
    public string? WhyMissing { get; init; }

    /// <summary>Whether it can be compared with the other rungs: it has a positive value for the run's own step size.</summary>
    internal bool IsComparable => Value > 0 && OtherStepSize is null;

    /// <summary>The same with a reason in place of a value that a double cannot
    /// hold: a rate beyond 10^308, or one of numbers that overflowed.</summary>
    internal Rung Finite() => (Value, Low, High) is var (value, low, high) && IsNumber(value) && IsNumber(low) && IsNumber(high)
        ? this
        : this with
        {
            Value = null,
            Low = null,
            High = null,
            WhyMissing = $"The rate is no finite number, for what it is computed from overflows{(Note.Length == 0 ? "" : $" ({Note})")}. "
                + $"Look at the step size and the scales of data and weights.",
        };

    private static bool IsNumber(double? value) => value is not { } number || double.IsFinite(number);

    /// <summary>The values over states of the path: median, smallest, largest.</summary>
    internal Rung Over(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return this with
        { Value = 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]), Low = sorted[0], High = sorted[^1] };
    }
}

/// <summary>One rung over another.</summary>
/// <param name="Numerator">Name of the upper rung.</param>
/// <param name="Denominator">Name of the lower rung.</param>
/// <param name="Value">Upper over lower; not finite, and null in the file, where it is beyond the range of a double.</param>
internal sealed record RungRatio(string Numerator, string Denominator, double Value);
