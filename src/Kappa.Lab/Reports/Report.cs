using Kappa.Lab.Formats;

namespace Kappa.Lab.Reports;

/// <summary>A report: one HTML file that needs nothing else, readable on light and dark screens and in print.</summary>
/// <remarks>
/// It has no script and no outside resource. The same report gives the same bytes: it holds no time and no machine unless the caller
/// writes them into it. Not thread-safe.
/// </remarks>
internal sealed class Report
{
    private readonly List<(BadgeTone? Tone, string Badge, string Text)> _lead = [];
    private readonly List<ReportSection> _sections = [];

    /// <summary>Makes an empty report.</summary>
    /// <param name="title">Its title.</param>
    public Report(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Title = title;
    }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>A line at the foot: version, specification, machine.</summary>
    public string Footer { get; set; } = "";

    internal IReadOnlyList<(BadgeTone? Tone, string Badge, string Text)> LeadLines => _lead;

    internal IReadOnlyList<ReportSection> Sections => _sections;

    /// <summary>Adds a sentence at the top: what came out, before anything else.</summary>
    /// <param name="text">The sentence.</param>
    public Report Lead(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _lead.Add((null, "", text));
        return this;
    }

    /// <summary>Adds a headline verdict at the top.</summary>
    /// <param name="tone">Its tone.</param>
    /// <param name="badge">The word in the badge, such as "refuted".</param>
    /// <param name="text">The sentence after it.</param>
    public Report Verdict(BadgeTone tone, string badge, string text)
    {
        ArgumentNullException.ThrowIfNull(badge);
        ArgumentNullException.ThrowIfNull(text);
        _lead.Add((tone, badge, text));
        return this;
    }

    /// <summary>Adds a section and returns it to be filled.</summary>
    /// <param name="title">Its heading.</param>
    public ReportSection Section(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        var section = new ReportSection(title);
        _sections.Add(section);
        return section;
    }

    /// <summary>The report as HTML.</summary>
    public string ToHtml() => new HtmlReport(this).Write();

    /// <summary>Writes the report; a reader finds the old file or the new one, never half of it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public void WriteTo(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) _ = Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(path, ToHtml());
    }
}
