using Kappa.Lab.Figures;

namespace Kappa.Lab.Reports;

/// <summary>A titled part of a report; elements appear in the order in
/// which they were added, and every method returns the section.</summary>
/// <remarks>All text is escaped. In prose, titles and tables <c>σ_min</c> and
/// <c>10^-3</c> are set with sub- and superscripts; code is verbatim.</remarks>
internal sealed class ReportSection
{
    private readonly List<ReportPart> _parts = [];

    internal ReportSection(string title) => Title = title;

    /// <summary>The heading.</summary>
    public string Title { get; }

    internal IReadOnlyList<ReportPart> Parts => _parts;

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">Its text.</param>
    public ReportSection Paragraph(string text) => Add(new ParagraphPart(Given(text)));

    /// <summary>Adds a line with a verdict badge before its text.</summary>
    /// <param name="tone">The verdict's tone.</param>
    /// <param name="badge">The word in the badge, such as "holds".</param>
    /// <param name="text">The sentence after it.</param>
    public ReportSection Verdict(BadgeTone tone, string badge, string text) => Add(new BadgePart(tone, Given(badge), Given(text)));

    /// <summary>Adds a table of texts; columns of numbers are aligned to the right.</summary>
    /// <param name="headers">The column headers.</param>
    /// <param name="rows">The rows, each as long as the headers.</param>
    /// <param name="caption">What the table shows.</param>
    /// <exception cref="ArgumentException">A row is longer or shorter than the headers.</exception>
    public ReportSection Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows, string caption = "") =>
        Table(headers, rows.Select(r => (IReadOnlyList<Cell>)[.. r.Select(Cell.FromString)]), caption);

    /// <summary>Adds a table whose cells may be verdict badges.</summary>
    /// <param name="headers">The column headers.</param>
    /// <param name="rows">The rows, each as long as the headers.</param>
    /// <param name="caption">What the table shows.</param>
    /// <exception cref="ArgumentException">A row is longer or shorter than the headers.</exception>
    public ReportSection Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<Cell>> rows, string caption = "")
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(rows);
        List<IReadOnlyList<Cell>> kept = [.. rows];
        var odd = kept.FindIndex(r => r.Count != headers.Count);
        if (odd >= 0) throw new ArgumentException(
            $"Every row must have {headers.Count} cells like the headers, but row {odd} has {kept[odd].Count}.", nameof(rows));
        return Add(new TablePart([.. headers], kept, Given(caption)));
    }

    /// <summary>Adds a figure with its caption and notes.</summary>
    /// <param name="figure">The figure; it is drawn when the report is written.</param>
    public ReportSection Figure(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        return Add(new FigurePart(figure));
    }

    /// <summary>Adds a block of verbatim text, such as the command that repeats the run.</summary>
    /// <param name="text">The text.</param>
    public ReportSection Code(string text) => Add(new CodePart(Given(text)));

    /// <summary>Adds a list.</summary>
    /// <param name="items">Its items.</param>
    public ReportSection List(IEnumerable<string> items) => Add(new ListPart([.. items]));

    /// <summary>Adds a list of terms with their meanings.</summary>
    /// <param name="entries">The terms and meanings.</param>
    public ReportSection Definitions(IEnumerable<(string Term, string Meaning)> entries) => Add(new DefinitionsPart([.. entries]));

    /// <summary>Adds a part that is folded away until it is opened (and is open in print) and returns it.</summary>
    /// <param name="summary">What it holds.</param>
    public ReportSection Details(string summary)
    {
        var inside = new ReportSection(Given(summary));
        _ = Add(new DetailsPart(inside.Title, inside));
        return inside;
    }

    /// <summary>Adds a section one level down and returns it.</summary>
    /// <param name="title">Its heading.</param>
    public ReportSection Section(string title)
    {
        var inside = new ReportSection(Given(title));
        _ = Add(new SubsectionPart(inside));
        return inside;
    }

    private ReportSection Add(ReportPart part)
    {
        _parts.Add(part);
        return this;
    }

    private static string Given(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text;
    }
}
