using Spectre.Console;

namespace Kappa.Cli;

/// <summary>A column of a <see cref="ResultTable"/>.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Importance">On a narrow screen the columns of least importance are left out first; one without is never left out.</param>
internal sealed record ResultColumn(string Header, int? Importance = null)
{
    public static implicit operator ResultColumn(string header) => new(header);
}

/// <summary>A cell of a <see cref="ResultTable"/>.</summary>
/// <param name="Text">Plain text; broken between words only.</param>
/// <param name="Colour">Its colour on a terminal.</param>
internal sealed record ResultCell(string Text, Color? Colour = null)
{
    public static implicit operator ResultCell(string text) => new(text);
}

/// <summary>A table that fits: every table of the program is printed by it, and no number in one is ever torn.</summary>
/// <remarks>
/// Too wide for the screen, columns of words are broken between words; then columns are left out, the least important first, which a line
/// below says; and what is still too wide is printed as a block of lines for each row, as nothing more can be left out.
/// </remarks>
/// <param name="columns">The columns.</param>
internal sealed class ResultTable(params ResultColumn[] columns)
{
    // Shorter cells are a number with its unit or interval, or a name: they stay on one line.
    private const int ShortCell = 16;
    private const int NarrowestWords = 14;

    private readonly List<ResultCell[]> _rows = [];

    /// <summary>Whether lines are drawn between rows, for rows of several lines.</summary>
    public bool HasSeparators { get; init; }

    /// <summary>Where columns that were left out can be seen, after a wider terminal.</summary>
    public string Elsewhere { get; init; } = "--json has them";

    /// <summary>Adds a row with a cell for each column.</summary>
    public ResultTable Row(params ResultCell[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, columns.Length);
        _rows.Add([.. cells.Select(cell => cell with { Text = PlainWriter.Plain(cell.Text) })]);
        return this;
    }

    /// <summary>Adds rows of plain cells.</summary>
    public ResultTable Rows(IEnumerable<IReadOnlyList<string>> rows) =>
        rows.Aggregate(this, (table, row) => table.Row([.. row.Select(cell => new ResultCell(cell))]));

    /// <summary>Prints the table, as wide as the terminal at most.</summary>
    public void Print(Terminal terminal)
    {
        int[] shown = [.. Enumerable.Range(0, columns.Length)];
        while (Widths(shown, terminal.Width) is null && LeastImportant(shown) is int least)
        {
            shown = [.. shown.Where(column => column != least)];
        }

        if (Widths(shown, terminal.Width) is not { } widths)
        {
            // As a block every column has its own line, so none need be left out.
            PrintBlocks(terminal);
            return;
        }

        Draw(terminal, shown, widths);
        string[] missing = [.. columns.Select(column => column.Header).Where((_, k) => !shown.Contains(k))];
        if (missing.Length > 0)
        {
            terminal.Paragraph(
                0, $"Left out at {terminal.Width} columns: {string.Join(", ", missing)}. A wider terminal shows them; {Elsewhere}.");
        }
    }

    private int? LeastImportant(int[] shown) =>
        shown.Where(column => columns[column].Importance is not null).OrderBy(column => columns[column].Importance)
            .ThenByDescending(column => column).Cast<int?>().FirstOrDefault();

    // Null when the columns do not fit.
    private int[]? Widths(int[] shown, int width)
    {
        int available = width - (3 * shown.Length) - 1;
        int[] natural = [.. shown.Select(column => Texts(column).Max(PlainText.Length))];
        int[] least = [.. shown.Select(Least)];
        if (least.Sum() > available)
        {
            return null;
        }

        // The widest columns give way first.
        int cap = natural.Max();
        while (Capped(cap).Sum() > available)
        {
            cap--;
        }

        int[] widths = Capped(cap);
        for (int k = 0; k < widths.Length && widths.Sum() < available; k++)
        {
            widths[k] += widths[k] < natural[k] ? 1 : 0;
        }

        return widths;

        int[] Capped(int most) => [.. natural.Select((wanted, k) => Math.Max(least[k], Math.Min(wanted, most)))];
    }

    private int Least(int column)
    {
        int word = LongestWord(columns[column].Header);
        foreach (ResultCell[] row in _rows)
        {
            int length = PlainText.Length(row[column].Text);
            int cell = row[column].Text.Contains('\n', StringComparison.Ordinal) || length > ShortCell
                ? Math.Max(LongestWord(row[column].Text), Math.Min(length, NarrowestWords))
                : length;
            word = Math.Max(word, cell);
        }

        return word;
    }

    private static int LongestWord(string text) =>
        text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(PlainText.Length).DefaultIfEmpty(0).Max();

    private IEnumerable<string> Texts(int column) => _rows.Select(row => row[column].Text).Prepend(columns[column].Header);

    private void Draw(Terminal terminal, int[] shown, int[] widths)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowRowSeparators = HasSeparators };
        for (int k = 0; k < shown.Length; k++)
        {
            _ = table.AddColumn(new TableColumn(new Text(Lines(columns[shown[k]].Header, widths[k]))) { Width = widths[k] });
        }

        foreach (ResultCell[] row in _rows)
        {
            _ = table.AddRow(
                shown.Select((column, k) =>
                    new Text(Lines(row[column].Text, widths[k]), row[column].Colour is { } colour ? new Style(colour) : null)));
        }

        terminal.Render(table);
    }

    private static string Lines(string text, int width) =>
        string.Join('\n', text.Split('\n').SelectMany(line => PlainText.Length(line) <= width ? [line] : PlainText.Wrapped(line, width)));

    private void PrintBlocks(Terminal terminal)
    {
        for (int k = 0; k < _rows.Count; k++)
        {
            if (k > 0)
            {
                terminal.Results.WriteLine();
            }

            for (int column = 0; column < columns.Length; column++)
            {
                string text = _rows[k][column].Text, header = columns[column].Header;
                if (text.Length > 0 || column == 0)
                {
                    terminal.Paragraph(
                        column == 0 ? 0 : 2, header.Length == 0 ? text : $"{header}: {(text.Length == 0 ? "–" : text)}", hanging: 2);
                }
            }
        }
    }
}
