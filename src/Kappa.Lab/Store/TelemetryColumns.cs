namespace Kappa.Lab.Store;

/// <summary>The header of a telemetry file: <c>step</c> first, then names without commas, quotes or blanks, each once.</summary>
internal static class TelemetryColumns
{
    public const string Step = "step";

    /// <summary>What is wrong with the names, or <see langword="null"/>.</summary>
    public static string? Check(IReadOnlyList<string> columns)
    {
        if (columns.Count == 0 || columns[0] != Step)
            return $"the first column must be '{Step}' but is {(columns.Count == 0 ? "missing" : $"'{Experiments.Shown.Of(columns[0])}'")}";
        if (columns.FirstOrDefault(name => name.Length == 0 || name.Any(letter => letter is ',' or '"' or '\uFFFD' || char.IsWhiteSpace(letter) || char.IsControl(letter))) is { } odd)
            return $"a column must have a name without commas, quotes and blanks but one is '{Experiments.Shown.Of(odd)}'";
        return columns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? $"each column must occur once but '{twice.Key}' occurs {twice.Count()} times"
            : null;
    }
}
