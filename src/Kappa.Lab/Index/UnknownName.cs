using System.Text.RegularExpressions;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Index;

/// <summary>What to say to somebody whose question names a column or a view that does not exist.</summary>
internal static partial class UnknownName
{
    // More columns than a reader takes in at a glance are printed by --schema.
    private const int FewColumns = 12;

    private static readonly ILookup<string, string> Columns = IndexViews.Columns().Rows.ToLookup(
        row => (string)row[0]!, row => (string)row[1]!, StringComparer.OrdinalIgnoreCase);

    /// <summary>The nearest name, and all of them where they are few; with a leading
    /// blank, or nothing when the message is about something else.</summary>
    /// <param name="message">What SQLite says.</param>
    /// <param name="sql">The question.</param>
    public static string Hint(string message, string sql)
    {
        Match unknown = Message().Match(message);
        if (!unknown.Success)
            return "";
        string name = unknown.Groups["name"].Value;
        if (unknown.Groups["what"].Value == "table")
            return $"{Suggestion.For(name, Columns.Select(view => view.Key))} The views are "
                + $"{string.Join(", ", Columns.Select(view => view.Key))}.";
        string[] views = [.. Columns.Select(view => view.Key).Where(view => Regex.IsMatch(sql, $@"\b{view}\b", RegexOptions.IgnoreCase))];
        string[] columns = [.. views.SelectMany(view => Columns[view]).Distinct()];
        string last = name[(name.LastIndexOf('.') + 1)..];
        string near = Suggestion.For(last, columns);
        if (near.Length == 0 && views.Contains("runs", StringComparer.OrdinalIgnoreCase))
            near = FieldWords.Hint(last, key => RunFilter.Column(key.Path));
        return columns.Length is > 0 and <= FewColumns ? $"{near} The columns are {string.Join(", ", columns)}." : near;
    }

    [GeneratedRegex(@"^no such (?<what>column|table): (?<name>\S+)\z")]
    private static partial Regex Message();
}
