using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Kappa.Lab.Figures;

namespace Kappa.Lab.Reports;

/// <summary>Writes a report as one HTML document.</summary>
internal sealed partial class HtmlReport(Report report)
{
    // Characters: a text of more wraps in a column of its own width, one of
    // less stands on one line. A table of more columns is printed small.
    private const int LongText = 40;
    private const int ShortText = 16;
    private const int ManyColumns = 8;

    private readonly StringBuilder _html = new();
    private readonly HashSet<string> _prefixes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private int _figures;
    private int _tables;

    internal string Write()
    {
        Line("<!DOCTYPE html>");
        Line("<html lang=\"en\">");
        Line("<head>");
        Line("<meta charset=\"utf-8\">");
        Line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        Line("<meta name=\"color-scheme\" content=\"light dark\">");
        Line($"<title>{Escape(RichText.Plain(report.Title))}</title>");
        Line($"<style>\n{ReportSheet.Css}</style>");
        Line("</head>");
        Line("<body>");
        Line("<main>");
        Line($"<h1>{Rich(report.Title)}</h1>");
        WriteLead();
        WriteContents();
        for (var i = 0; i < report.Sections.Count; i++)
        {
            Line($"<section id=\"section-{i + 1}\">");
            WriteSection(report.Sections[i], 2);
            Line("</section>");
        }

        if (report.Footer.Length > 0) Line($"<footer>{Rich(report.Footer)}</footer>");
        Line("</main>");
        Line("</body>");
        Line("</html>");
        return _html.ToString();
    }

    private void WriteLead()
    {
        if (report.LeadLines.Count == 0) return;
        Line("<div class=\"lead\">");
        foreach (var (tone, badge, text) in report.LeadLines)
            Line($"<p>{(tone is { } given ? Badge(given, badge) + " " : "")}{Rich(text)}</p>");
        Line("</div>");
    }

    private void WriteContents()
    {
        if (report.Sections.Count < 3) return;
        Line("<nav aria-label=\"Contents\"><ol>");
        for (var i = 0; i < report.Sections.Count; i++) Line($"<li><a href=\"#section-{i + 1}\">{Rich(report.Sections[i].Title)}</a></li>");
        Line("</ol></nav>");
    }

    private void WriteSection(ReportSection section, int level)
    {
        var heading = Math.Min(level, 6);
        Line($"<h{heading}>{Rich(section.Title)}</h{heading}>");
        foreach (var part in section.Parts) WritePart(part, level);
    }

    private void WritePart(ReportPart part, int level)
    {
        switch (part)
        {
            case ParagraphPart p: Line($"<p>{Rich(p.Text)}</p>"); break;
            case BadgePart p: Line($"<p>{Badge(p.Tone, p.Badge)} {Rich(p.Text)}</p>"); break;
            case TablePart p: WriteTable(p); break;
            case FigurePart p: WriteFigure(p.Figure); break;
            case CodePart p: Line($"<pre><code>{Escape(p.Text)}</code></pre>"); break;
            case ListPart p: Line($"<ul>{string.Concat(p.Items.Select(i => $"<li>{Rich(i)}</li>"))}</ul>"); break;
            case DefinitionsPart p:
                Line(
                $"<dl>{string.Concat(p.Entries.Select(e => $"<dt>{Rich(e.Term)}</dt><dd>{Rich(e.Meaning)}</dd>"))}</dl>"); break;
            case SubsectionPart p: WriteSection(p.Inside, level + 1); break;
            case DetailsPart p:
                Line($"<details><summary>{Rich(p.Summary)}</summary>");
                foreach (var inner in p.Inside.Parts) WritePart(inner, level + 1);
                Line("</details>");
                break;
            default: throw new InvalidOperationException($"The HTML writer does not know the part {part.GetType().Name}; add it here.");
        }
    }

    private void WriteTable(TablePart table)
    {
        var numeric = Enumerable.Range(0, table.Headers.Count).Select(c => table.Rows.Count > 0 && table.Rows.All(r => IsNumeric(r[c])))
            .ToArray();
        string Side(int column) => numeric[column] ? " class=\"number\"" : "";
        string Kind(int column) =>
            numeric[column]
                ? " class=\"number\""
                : table.Rows.Select(r => r.Count > column ? r[column].Text.Length : 0).DefaultIfEmpty(0)
                    .Max() switch
                { > LongText => " class=\"long\"", > ShortText => "", _ => " class=\"word\"" };
        var kinds = Enumerable.Range(0, table.Headers.Count).Select(Kind).ToArray();
        // A wide table scrolls inside its own frame; the frame takes the keyboard focus so that it can be scrolled without a mouse.
        _tables++;
        var label = Escape(
            RichText.Plain(table.Caption.Length > 0 ? table.Caption : $"Table {_tables.ToString(CultureInfo.InvariantCulture)}"));
        // The caption stands outside the frame, so that it wraps with the page and does not scroll away with the table.
        if (table.Caption.Length > 0) Line($"<p class=\"caption\">{Rich(table.Caption)}</p>");
        Line(
            $"<div class=\"frame\" role=\"region\" tabindex=\"0\" "
                + $"aria-label=\"{label}\"><table{(table.Headers.Count > ManyColumns ? " class=\"broad\"" : "")}>");
        Line($"<thead><tr>{string.Concat(table.Headers.Select((h, c) => $"<th scope=\"col\"{Side(c)}>{Rich(h)}</th>"))}</tr></thead>");
        Line("<tbody>");
        foreach (var row in table.Rows)
            Line($"<tr>{string.Concat(row.Select((cell, c) => $"<td{kinds[c]}>{Content(cell)}</td>"))}</tr>");
        Line("</tbody></table></div>");
    }

    private void WriteFigure(Figure figure)
    {
        _figures++;
        Line($"<figure id=\"figure-{_figures}\">");
        // Drawn twice, because text that shrinks with the window cannot be read; the style sheet shows one of them.
        var prefix = UniquePrefix(figure.Name);
        Line($"<div class=\"paper wide\">{SvgFigure.Inline(figure, prefix)}</div>");
        Line($"<div class=\"paper slim\">{SvgFigure.InlineNarrow(figure, prefix + "-slim")}</div>");
        var notes = string.Concat(
            figure.Notes.Where(n => n != FigureNotes.Thinned || _said.Add(n)).Select(n => $" <span class=\"note\">{Rich(n)}</span>"));
        Line(
            $"<figcaption><b>Figure {_figures}.</b> {Rich(figure.Caption.Length > 0 ? figure.Caption : figure.Title)}{notes}</figcaption>");
        Line("</figure>");
    }

    private string UniquePrefix(string name)
    {
        var prefix = $"svg-{name}";
        for (var copy = 2; !_prefixes.Add(prefix); copy++) prefix = $"svg-{name}-copy{copy.ToString(CultureInfo.InvariantCulture)}";
        return prefix;
    }

    private static string Content(Cell cell) => cell.Tone is { } tone ? Badge(tone, cell.Text) : Rich(cell.Text);

    private static string Badge(BadgeTone tone, string text)
    {
        var (style, sign) = tone switch
        {
            BadgeTone.Positive => ("positive", "✓"),
            BadgeTone.Negative => ("negative", "✗"),
            BadgeTone.Undecided => ("undecided", "?"),
            _ => ("neutral", "•"),
        };
        return $"<span class=\"badge {style}\"><span aria-hidden=\"true\">{sign}</span> {Rich(text)}</span>";
    }

    /// <summary>A number, perhaps with a sign, a unit, an interval or nothing at all.</summary>
    private static bool IsNumeric(Cell cell) =>
        cell.Tone is null
            && (
                cell.Text.Length == 0
                || char.IsAsciiDigit(cell.Text.TrimStart('-', '−', '+', '<', '>', '≤', '≥', '≈', '±', ' ', '[', '(').FirstOrDefault())
            || cell.Text is "–" or "—" or "-" or "NaN" or "∞" or "n/a");

    private static string Escape(string text) => SvgWriter.Escape(text);

    private static string Rich(string text) => string.Concat(RichText.Parse(text).Select(r => r.Level switch
    {
        TextLevel.Subscript => $"<sub>{Escape(r.Text)}</sub>",
        TextLevel.Superscript => $"<sup>{Escape(r.Text)}</sup>",
        _ => WithExponent().Replace(Escape(r.Text), "<span class=\"n\">$0</span>"),
    }));

    /// <summary>A number with an exponent, which a browser would break at its sign and a reader then take for another number.</summary>
    [GeneratedRegex(@"[-−]?\d[\d.]*[eE][-−+]\d+")]
    private static partial Regex WithExponent();

    private void Line(string text) => _html.Append(text).Append('\n');
}
