using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;

namespace Kappa.Lab.Index;

/// <summary>Which value of a telemetry column is meant.</summary>
internal enum TelemetryValue
{
    /// <summary>That of the first recorded row.</summary>
    First,

    /// <summary>That of the last recorded row.</summary>
    Last,

    /// <summary>The least finite one.</summary>
    Min,

    /// <summary>The largest finite one.</summary>
    Max,

    /// <summary>That at a step.</summary>
    At,

    /// <summary>None: the first step at which a condition on it holds, or fails.</summary>
    Step,
}

/// <summary>A condition on a value: greater or smaller than a number, or than a
/// multiple of the column's own first, last, least or largest value.</summary>
/// <param name="IsGreater">Whether the value must be greater.</param>
/// <param name="IsOrEqual">Whether it may be equal.</param>
/// <param name="Factor">The number, or the multiple.</param>
/// <param name="Of">The value it is a multiple of; null for a number.</param>
/// <param name="IsNegated">Whether the step is meant at which it fails.</param>
internal sealed record TelemetryCondition(bool IsGreater, bool IsOrEqual, double Factor, TelemetryValue? Of, bool IsNegated)
{
    /// <summary>Whether a value is what is looked for; NaN never is, it neither meets a condition nor fails it.</summary>
    /// <param name="value">The value at a step.</param>
    /// <param name="bound">The number to compare with.</param>
    public bool IsMet(double value, double bound)
    {
        if (double.IsNaN(value) || double.IsNaN(bound))
            return false;
        bool holds = value == bound ? IsOrEqual : IsGreater == value > bound;
        return holds != IsNegated;
    }
}

/// <summary>A number that a run's telemetry gives: <c>l1.output.conditionNumber:max</c>,
/// or the first step at which <c>l1.output.sigmaMin &lt; 0.5*first</c>.</summary>
/// <remarks>Columns may be named by the field's words: kappa, sigmaM, rank; entropy is the
/// logarithm of the effective rank and no column. Defined in docs/guide/queries.md.</remarks>
/// <param name="Text">As it was asked for.</param>
/// <param name="Column">The telemetry column it is read from, letters of any case.</param>
/// <param name="IsEntropy">Whether its logarithm is meant.</param>
/// <param name="Value">Which value.</param>
internal sealed record TelemetryQuantity(string Text, string Column, bool IsEntropy, TelemetryValue Value)
{
    private static readonly string[] Values = ["first", "last", "min", "max", "at(STEP)"];
    private static readonly (string Word, string Column)[] Words =
        [
            .. Quantities.All.SelectMany(quantity => quantity.Words.Select(word => (word, quantity.Name))),
            (SpectralQuantity.EntropyName, Quantities.EffectiveRank.Name)];

    /// <summary>The step of <see cref="TelemetryValue.At"/>.</summary>
    public long At { get; init; }

    /// <summary>The condition of <see cref="TelemetryValue.Step"/>.</summary>
    public TelemetryCondition? Condition { get; init; }

    /// <summary>Whether the rows must be read; ends and extremes are in the index.</summary>
    public bool NeedsRows => Value is TelemetryValue.At or TelemetryValue.Step;

    /// <summary>What the column's value means here.</summary>
    public double Of(double recorded) => IsEntropy ? recorded > 0 ? Math.Log(recorded) : double.NaN : recorded;

    /// <summary>Reads <c>COLUMN:VALUE</c>.</summary>
    /// <exception cref="BadInputException">It has another form.</exception>
    public static TelemetryQuantity Read(string text)
    {
        int colon = text.LastIndexOf(':');
        string column = text[..colon].Trim(), value = text[(colon + 1)..].Trim();
        if (column.Length == 0)
            throw new BadInputException(
                "--of", $"'{Shown.Of(text)}' must have a telemetry column before the colon, as in l0.output.conditionNumber:max.");
        if (Plain(value) is { } plain)
            return Named(text, column, plain);
        if (value.StartsWith("at(", StringComparison.OrdinalIgnoreCase) && value.EndsWith(')'))
        {
            return long.TryParse(value[3..^1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long step)
                ? Named(text, column, TelemetryValue.At) with { At = step }
                : throw new BadInputException(
                    "--of", $"'{Shown.Of(text)}' must have a step, an integer from 0, in its brackets but has '{Shown.Of(value[3..^1])}'.");
        }

        throw new BadInputException(
            "--of",
            $"'{Shown.Of(text)}' must end in one of {string.Join(", ", Values)} but ends in "
                + $"'{Shown.Of(value)}'.{Suggestion.For(value, Values)}");
    }

    /// <summary>Reads <c>[not] COLUMN &lt; NUMBER</c>, with &lt;, &lt;=,
    /// &gt; or &gt;= and perhaps <c>NUMBER*first</c> on the right.</summary>
    /// <exception cref="BadInputException">It has another form.</exception>
    public static TelemetryQuantity ReadFirst(string text)
    {
        string rest = text.Trim();
        bool isNegated = rest.StartsWith("not ", StringComparison.OrdinalIgnoreCase);
        rest = isNegated ? rest[4..].TrimStart() : rest;
        int sign = rest.IndexOfAny(['<', '>', '≤', '≥']);
        string column = sign < 0 ? "" : rest[..sign].Trim();
        if (column.Length == 0)
            throw Wrong(
                text,
                rest.Contains('=', StringComparison.Ordinal)
                    ? "it has '=' where one of <, <=, >, >= must stand"
                    : "it has no telemetry column with one of <, <=, >, >= after it");
        bool isOrEqual = rest[sign] is '≤' or '≥' || (sign + 1 < rest.Length && rest[sign + 1] == '=');
        string right = rest[(sign + (isOrEqual && rest[sign] is '<' or '>' && isOrEqual ? 2 : 1))..].Trim();
        (double factor, TelemetryValue? of) = Operand(text, right);
        return Named($"first step: {text.Trim()}", column, TelemetryValue.Step) with
        { Condition = new(rest[sign] is '>' or '≥', isOrEqual, factor, of, isNegated) };
    }

    private static (double Factor, TelemetryValue? Of) Operand(string text, string right)
    {
        if (Plain(right) is { } alone)
            return (1, alone);
        int star = right.IndexOfAny(['*', '·']);
        string number = star < 0 ? right : right[..star].Trim();
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor) || !double.IsFinite(factor))
            throw Wrong(
                text, $"'{Shown.Of(number)}' is no number, and none of first, last, min, max.{Suggestion.For(number, Values[..4])}");
        if (star < 0)
            return (factor, null);
        string word = right[(star + 1)..].Trim();
        return (
            factor,
            Plain(word)
                ?? throw Wrong(
                    text,
                    $"after the factor one of first, last, min, max must stand but '{Shown.Of(word)}' "
                        + $"does.{Suggestion.For(word, Values[..4])}"));
    }

    private static BadInputException Wrong(string text, string what) =>
        new(
            "--first",
            $"must be a condition such as 'l1.output.sigmaMin < 0.5*first' or 'not loss < 1e-3' but is '{Shown.Of(text)}': "
                + $"{what}{(what[^1] is '?' or '.' ? "" : ".")}");

    private static TelemetryValue? Plain(string word) => word.ToUpperInvariant() switch
    {
        "FIRST" => TelemetryValue.First,
        "LAST" => TelemetryValue.Last,
        "MIN" => TelemetryValue.Min,
        "MAX" => TelemetryValue.Max,
        _ => null,
    };

    /// <summary>A column under every name that it has, for suggestions.</summary>
    public static IEnumerable<string> Names(string column) =>
        Words.Where(word => column.EndsWith($".{word.Column}", StringComparison.Ordinal))
            .Select(word => column[..^word.Column.Length] + word.Word).Append(column);

    private static TelemetryQuantity Named(string text, string column, TelemetryValue value)
    {
        int dot = column.LastIndexOf('.');
        string last = column[(dot + 1)..];
        string? canonical = Words.FirstOrDefault(word => string.Equals(word.Word, last, StringComparison.OrdinalIgnoreCase)).Column;
        return new(
            text, dot < 0 || canonical is null ? column : column[..(dot + 1)] + canonical,
            string.Equals(last, SpectralQuantity.EntropyName, StringComparison.OrdinalIgnoreCase), value);
    }
}
