using System.Globalization;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>How one type of value is read, checked and written. What must
/// hold is said without subject: <c>must be at least 1</c>.</summary>
internal abstract class ValueKind<T>
{
    /// <summary>What may be written, for help texts: <c>integer, at least 1</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Words that may be written, for completion; one that ends with ( goes on. Empty where only numbers or names are.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>What it may name besides.</summary>
    public virtual NamedByValue Names => NamedByValue.Nothing;

    /// <summary>Reads a value; when it cannot be read, <paramref name="must"/>
    /// says what it must be, and perhaps which word was meant.</summary>
    public abstract bool TryParse(SettingValue setting, out T value, out Requirement must);

    /// <summary>What a value violates, or <see langword="null"/>.</summary>
    public virtual string? Check(T value) => null;

    /// <summary>The value as YAML; <see cref="TryParse"/> reads the same value back.</summary>
    public abstract string Format(T value);
}

/// <summary>What a value may name, for completion.</summary>
[Flags]
internal enum NamedByValue
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>A file or folder.</summary>
    File,

    /// <summary>A run.</summary>
    Run,
}

/// <summary>What must hold, and a hint that follows what was found.</summary>
internal readonly record struct Requirement(string Must, string Hint = "");

/// <summary>An interval of real numbers; only finite ones lie in it.</summary>
internal sealed record NumberRange(
    double Least = double.NegativeInfinity, double Most = double.PositiveInfinity, bool IncludesLeast = true, bool IncludesMost = true)
{
    public static NumberRange Finite { get; } = new();

    public static NumberRange Positive { get; } = new(0, IncludesLeast: false);

    public static NumberRange NonNegative { get; } = new(0);

    public bool Contains(double x) =>
        double.IsFinite(x) && (IncludesLeast ? x >= Least : x > Least) && (IncludesMost ? x <= Most : x < Most);

    public override string ToString() => (double.IsFinite(Least), double.IsFinite(Most)) switch
    {
        (true, true) when IncludesLeast && IncludesMost => string.Create(CultureInfo.InvariantCulture, $"from {Least:R} to {Most:R}"),
        (true, true) => $"{Lower} and {Upper}",
        (true, false) => Lower,
        (false, true) => Upper,
        _ => "finite",
    };

    private string Lower => string.Create(CultureInfo.InvariantCulture, $"{(IncludesLeast ? "at least" : "greater than")} {Least:R}");

    private string Upper => string.Create(CultureInfo.InvariantCulture, $"{(IncludesMost ? "at most" : "less than")} {Most:R}");
}

internal sealed class IntegerKind(NumberRange range) : ValueKind<long>
{
    public override string Description => range == NumberRange.Finite ? "integer" : $"integer {range}";

    public override bool TryParse(SettingValue setting, out long value, out Requirement must)
    {
        value = 0;
        must = new("must be an integer");
        if (setting.IsQuoted || setting.Items is not null)
            return false;
        if (long.TryParse(setting.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
            return true;
        if (double.TryParse(setting.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double huge)
            && Math.Abs(huge) > 1)
            must = new($"must be an integer {(range == NumberRange.Finite ? "of at most 64 bits" : range)}");
        return false;
    }

    public override string? Check(long value) => range.Contains(value) ? null : $"must be {range}";

    public override string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}

internal sealed class NumberKind(NumberRange range) : ValueKind<double>
{
    public override string Description => range == NumberRange.Finite ? "number" : $"number {range}";

    public override bool TryParse(SettingValue setting, out double value, out Requirement must)
    {
        must = new("must be a number");
        value = 0;
        return !setting.IsQuoted && setting.Items is null
            && double.TryParse(setting.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    public override string? Check(double value) =>
        range.Contains(value) ? null : double.IsFinite(value) ? $"must be {range}" : "must be a finite number";

    public override string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

internal sealed class BooleanKind : ValueKind<bool>
{
    public override string Description => "true or false";

    public override IReadOnlyList<string> Words => ["true", "false"];

    public override bool TryParse(SettingValue setting, out bool value, out Requirement must)
    {
        must = new("must be true or false");
        value = setting.Is("true");
        return value || setting.Is("false");
    }

    public override string Format(bool value) => value ? "true" : "false";
}

/// <summary>One word of an enumeration: that of the field for each value
/// in order, or the name with its first letter in lower case.</summary>
internal sealed class ChoiceKind<TEnum>(params string[] words) : ValueKind<TEnum>
    where TEnum : struct, Enum
{
    private static readonly string[] s_names = [.. Enum.GetNames<TEnum>().Select(name => char.ToLowerInvariant(name[0]) + name[1..])];

    public override string Description => string.Join(" | ", Known);

    public override IReadOnlyList<string> Words => Known;

    private string[] Known => words.Length > 0 ? words : s_names;

    public override bool TryParse(SettingValue setting, out TEnum value, out Requirement must)
    {
        int index = setting.Items is null ? Array.IndexOf(Known, setting.Text) : -1;
        value = index >= 0 ? Enum.GetValues<TEnum>()[index] : default;
        must = new($"must be one of {string.Join(", ", Known)}", Suggestion.For(setting.Text, Known));
        return index >= 0;
    }

    public override string? Check(TEnum value) => Enum.IsDefined(value) ? null : $"must be one of {string.Join(", ", Known)}";

    public override string Format(TEnum value) =>
        Array.IndexOf(Enum.GetValues<TEnum>(), value) is >= 0 and var index ? Known[index] : value.ToString();
}

/// <summary>A value, or a word that stands for its absence.</summary>
internal sealed class OptionalKind<T>(ValueKind<T> inner, string word) : ValueKind<T?>
    where T : struct
{
    public override string Description => $"{inner.Description} | {word}";

    public override IReadOnlyList<string> Words => [.. inner.Words, word];

    public override bool TryParse(SettingValue setting, out T? value, out Requirement must)
    {
        must = default;
        value = null;
        if (setting.Is(word))
            return true;
        bool isRead = inner.TryParse(setting, out T read, out Requirement innerMust);
        must = innerMust with { Must = $"{innerMust.Must} or '{word}'" };
        value = read;
        return isRead;
    }

    public override string? Check(T? value) => value is { } given && inner.Check(given) is { } must ? $"{must} or '{word}'" : null;

    public override string Format(T? value) => value is { } given ? inner.Format(given) : word;
}
