using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Index;

/// <summary>Turns <c>key=value</c> words into a condition on the view <c>runs</c>. A value is
/// read by its key's own type, so <c>gain=1</c> and <c>gain=1.0</c> are the same.</summary>
internal static class RunFilter
{
    private static readonly KeyResolver Resolver = new(SpecificationKeys.All);

    /// <summary>The condition; all words must hold, of <c>key=a,b</c> one value.</summary>
    /// <exception cref="BadInputException">A word is no setting; the message names the nearest key.</exception>
    public static string Where(IReadOnlyList<string> words, string? sweep)
    {
        var conditions = new List<string> { "1" };
        conditions.AddRange(words.Select(Condition));
        if (sweep is not null)
            conditions.Add($"name IN (SELECT run FROM sweep_runs WHERE substr(sweep, 1, {sweep.Length}) = {SqlText.Literal(sweep)})");
        return string.Join(" AND ", conditions);
    }

    /// <summary>The column of a key.</summary>
    public static string Column(string word)
    {
        SpecificationKey key = IndexColumns.Keys.FirstOrDefault(column => column.Name == word).Key
            ?? Resolver.Find(word, out string problem) ?? throw new BadInputException("--by", problem);
        return IndexColumns.Keys.First(column => column.Key == key).Name;
    }

    private static string Condition(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        IReadOnlyList<string> parts = equals < 0
            ? [word]
            : Values(word[(equals + 1)..]).Select(value => $"{word[..(equals + 1)]}{value}").ToArray();
        (string column, string value)[] alternatives = [.. parts.Select(Setting)];
        return $"({string.Join(" OR ", alternatives.Select(one => $"\"{one.column}\" IS {one.value}"))})";
    }

    private static IReadOnlyList<string> Values(string text)
    {
        IReadOnlyList<string> values = SweepValues.Range(text, SweepReader.DefaultLimit, out string? wrong) ?? SweepValues.Split(text);
        return wrong is null ? values : throw new BadInputException("command line", wrong);
    }

    private static (string Column, string Value) Setting(string word)
    {
        Setting? setting = OverrideSettings.Read(word, Resolver, out Problem? problem);
        if (setting is null)
            throw new BadInputException(problem!.Location, problem.Message);
        (ExperimentSpecification specification, string? wrong) = setting.Key.Assign(new ExperimentSpecification(), setting.Value);
        return wrong is null
            ? (Column(setting.Key.Path), SqlText.Literal(TypedText.Of(setting.Key.Format(specification))))
            : throw new BadInputException(setting.Location, wrong);
    }
}

/// <summary>Values of SQL as text.</summary>
internal static class SqlText
{
    /// <summary>A value as a reader sees it; nothing for NULL.</summary>
    public static string Of(object? value) => value switch
    {
        null => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>A value as SQL writes it.</summary>
    public static string Literal(object? value) => value switch
    {
        null => "NULL",
        string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        _ => Of(value),
    };
}
