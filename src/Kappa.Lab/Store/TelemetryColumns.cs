using Kappa.Descent;

namespace Kappa.Lab.Store;

/// <summary>The header of a telemetry file: <c>step</c> first, then names of letters,
/// digits, dots, underscores and hyphens that begin with a letter, each once.</summary>
/// <remarks>Exports make files of these names, so nothing that is a path may be one.</remarks>
internal static class TelemetryColumns
{
    private const int LongestName = 200;

    /// <summary>What is wrong with the names, or <see langword="null"/>.</summary>
    public static string? Check(IReadOnlyList<string> columns)
    {
        if (columns.Count == 0 || columns[0] != Quantities.Step.Name)
            return $"the first column must be '{Quantities.Step.Name}' but is "
                + $"{(columns.Count == 0 ? "missing" : $"'{Formats.Shown.Of(columns[0])}'")}";
        if (columns.FirstOrDefault(name => !IsName(name)) is { } odd)
            return $"a column must have a name of at most {LongestName} letters, digits, dots, underscores and hyphens that begins with "
                + $"a letter, but one is '{Formats.Shown.Of(odd)}'";
        return columns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? $"each column must occur once but '{twice.Key}' occurs {twice.Count()} times"
            : null;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetter(name[0])
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
