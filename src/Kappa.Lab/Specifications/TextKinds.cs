using System.Globalization;
using System.Text;
using Kappa.Descent;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>The path of a file or folder, or <c>none</c>. Written in double
/// quotes, so that a file called <c>none</c> can be meant too.</summary>
internal sealed class PathKind(string words) : ValueKind<string?>
{
    private const int Longest = 4096;

    public override string Description => $"{words} | none";

    public override IReadOnlyList<string> Words => ["none"];

    public override NamedByValue Names => NamedByValue.File;

    public override bool TryParse(SettingValue setting, out string? value, out Requirement must)
    {
        must = new($"must be one {words} or 'none'");
        value = setting.Is("none") ? null : setting.Text;
        return setting.Items is null;
    }

    public override string? Check(string? value) => value switch
    {
        null => null,
        "" => "must not be empty",
        { Length: > Longest } => $"must have at most {Longest} characters",
        _ => value.EnumerateRunes().All(IsPrintable) ? null : "must not contain control characters, line separators or broken characters",
    };

    public override string Format(string? value) =>
        value is null
            ? "none"
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // Half a surrogate pair is enumerated as the replacement character. A
    // byte-order mark inside a text would be lost on the way through a file.
    private static bool IsPrintable(Rune rune) =>
        !Rune.IsControl(rune) && rune != Rune.ReplacementChar && rune.Value is not (0x2028 or 0x2029 or 0xFEFF);
}

/// <summary>A number, <c>auto(c)</c>, <c>adaptive(c)</c>, <c>best(c,…)</c> or <c>same(RUN)</c>.</summary>
internal sealed class StepSizeKindOfValue : ValueKind<StepSizeSpecification>
{
    private const string Forms = "a number, auto(c), adaptive(c), best(c,c,…) or same(RUN)";

    public override string Description => "number greater than 0 | auto(c) | adaptive(c) | best(c,c,…) | same(RUN)";

    public override IReadOnlyList<string> Words => ["auto(", "adaptive(", "best(", "same("];

    public override bool TryParse(SettingValue setting, out StepSizeSpecification value, out Requirement must)
    {
        must = new($"must be {Forms}");

        // Between the braces of YAML a rule with a comma has to stand in quotes; a number in quotes is a text.
        bool isText = setting.IsQuoted && !setting.Text.EndsWith(')');
        StepSizeSpecification? read = isText || setting.Items is not null ? null : Read(setting.Text);
        value = read ?? StepSizeSpecification.Auto(0);
        return read is not null;
    }

    public override string? Check(StepSizeSpecification value) => value.Kind switch
    {
        StepSizeKind.SameAs => RunName.Check(value.Run!) is { } must ? $"must name a run that {must}" : null,
        StepSizeKind.Best => CheckFactors(value.Factors),
        _ when !double.IsFinite(value.Value) => "must be finite",
        StepSizeKind.Fixed => value.Value > 0 ? null : "must be greater than 0",
        _ => value.Value > 0 ? null : "must have a factor greater than 0",
    };

    public override string Format(StepSizeSpecification value) => value.ToString();

    private static string? CheckFactors(ValueList<double> factors) =>
        factors.Count is 0 or > StepSizeSpecification.MostFactors ? $"must try 1 to {StepSizeSpecification.MostFactors} factors"
        : factors.Any(factor => !double.IsFinite(factor) || factor <= 0) ? "must try finite factors greater than 0"
        : factors.Distinct().Count() < factors.Count ? "must try each factor once"
        : null;

    private static StepSizeSpecification? Best(string factors)
    {
        double?[] numbers = factors.Trim().Length == 0 ? [] : [.. factors.Split(',').Select(Number)];
        return Array.TrueForAll(numbers, number => number is not null)
            ? StepSizeSpecification.Best(numbers.Select(number => number!.Value))
            : null;
    }

    private static StepSizeSpecification? Read(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
            return Number(text) is { } stepSize ? StepSizeSpecification.Fixed(stepSize) : null;
        if (!text.EndsWith(')'))
            return null;
        string argument = text[(open + 1)..^1];
        return text[..open] switch
        {
            "auto" => Number(argument) is { } factor ? StepSizeSpecification.Auto(factor) : null,
            "adaptive" => Number(argument) is { } factor ? StepSizeSpecification.Adaptive(factor) : null,
            "best" => Best(argument),
            "same" => argument.Length > 0 ? StepSizeSpecification.SameAs(argument) : null,
            _ => null,
        };
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
}

/// <summary>A run, one of its steps, a file of parameters, or <c>none</c>.</summary>
internal sealed class StartingPointKind : ValueKind<StartingPoint?>
{
    private static readonly PathKind Path = new("file");

    public override string Description => "run | run@step | .safetensors, .npz or .json file | none";

    public override IReadOnlyList<string> Words => ["none"];

    public override NamedByValue Names => NamedByValue.Run | NamedByValue.File;

    public override bool TryParse(SettingValue setting, out StartingPoint? value, out Requirement must)
    {
        must = new("must be a run, run@step, a .safetensors, .npz or .json file, or 'none'");
        value = setting.Is("none") || setting.Items is not null ? null : StartingPoint.Read(setting.Text);
        return value is not null || setting.Is("none");
    }

    public override string? Check(StartingPoint? value) => value switch
    {
        null => null,
        { File: { } file } => Path.Check(file) ?? (value.Digest is { } digest && !digest.All(char.IsAsciiHexDigitLower)
            ? "must have hexadecimal digits after '#'"
            : null),
        _ => RunName.Check(value.Run!) is { } must ? $"must name a run that {must}" : null,
    };

    // In quotes a run may be called none, and a path may hold anything.
    public override string Format(StartingPoint? value) =>
        value is null ? "none" : value.File is null && value.Run != "none" ? value.ToString() : Path.Format(value.ToString());
}

/// <summary><c>all</c>, or a list of kinds and block names. Whether the model has them is a rule between keys.</summary>
internal sealed class TrainedKind : ValueKind<TrainedBlocks>
{
    public override string Description => $"all | list of {string.Join(", ", TrainedBlocks.Kinds)} or block names like blocks.0.value";

    public override IReadOnlyList<string> Words => ["all", .. TrainedBlocks.Kinds];

    public override bool TryParse(SettingValue setting, out TrainedBlocks value, out Requirement must)
    {
        must = new("must be 'all' or a list of kinds and block names");
        value = setting.Is("all") ? TrainedBlocks.All : TrainedBlocks.Of([.. setting.AsItems.Select(item => item.Text)]);
        return !(setting.Items is not null && setting.Items.Any(item => item.Is("all")));
    }

    public override string Format(TrainedBlocks value) => value.Entries?.ToString() ?? "all";
}

/// <summary>A list of steps and perhaps <c>last</c>; a single one needs no brackets.</summary>
internal sealed class SpectraScheduleKind : ValueKind<SpectraSchedule>
{
    public override string Description => "list of steps and 'last'";

    public override IReadOnlyList<string> Words => ["last"];

    public override bool TryParse(SettingValue setting, out SpectraSchedule value, out Requirement must)
    {
        must = new("must be a list of steps (integers) and 'last'");
        var steps = new List<long>();
        bool last = false;
        bool isRead = true;
        foreach (SettingValue item in setting.AsItems)
        {
            if (item.Is("last"))
                last = true;
            else if (!item.IsQuoted && long.TryParse(item.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long step))
                steps.Add(step);
            else
                isRead = false;
        }

        value = new(new ValueList<long>(steps), last);
        return isRead;
    }

    public override string? Check(SpectraSchedule value) => value.Steps.All(step => step >= 0) ? null : "must list steps of at least 0";

    public override string Format(SpectraSchedule value)
    {
        IEnumerable<string> steps = value.Steps.Select(step => step.ToString(CultureInfo.InvariantCulture));
        return $"[{string.Join(", ", steps.Concat(value.Last ? ["last"] : []))}]";
    }
}

/// <summary><c>all</c>, <c>loss</c>, or a list of quantities of the register.</summary>
internal sealed class TelemetryQuantitiesKind : ValueKind<TelemetryQuantities>
{
    private static readonly string[] Known = [.. Quantities.All.Select(quantity => quantity.Name).Distinct()];

    public override string Description => "all | loss | list of quantities like output.sigmaMin";

    public override IReadOnlyList<string> Words => ["all", "loss", .. Known];

    public override bool TryParse(SettingValue setting, out TelemetryQuantities value, out Requirement must)
    {
        bool isList = setting.Items is not null;
        value = isList
            ? TelemetryQuantities.Of([.. setting.AsItems.Select(item => item.Text)])
            : setting.Is("loss") ? TelemetryQuantities.Loss
            : TelemetryQuantities.All;
        must = new(
            "must be one of all, loss, or a list of quantities in brackets",
            isList ? string.Empty : Suggestion.For(setting.Text, ["all", "loss"]));
        return isList || setting.Is("all") || setting.Is("loss");
    }

    public override string? Check(TelemetryQuantities value)
    {
        if (value.Names is not { } names)
            return null;
        string? odd = names.FirstOrDefault(name => !Known.Contains(TelemetryQuantities.QuantityOf(name))
            || (
                name.Contains('.', StringComparison.Ordinal)
                && !TelemetryQuantities.Parts.Contains(name[..name.IndexOf('.', StringComparison.Ordinal)])));
        return names.Count == 0 ? "must list at least one quantity"
            : odd is not null ? $"must list quantities of the register, with branch., output. or hidden. before them at most, not "
                + $"'{Shown.Of(odd)}'{Suggestion.For(TelemetryQuantities.QuantityOf(odd), Known).TrimEnd('.')}"
            : names.Distinct(StringComparer.Ordinal).Count() < names.Count ? "must list each quantity once"
            : null;
    }

    public override string Format(TelemetryQuantities value) =>
        value.Names is { } names ? $"[{string.Join(",", names)}]" : value.HasSpectra ? "all" : "loss";
}
