using Kappa.Lab.Figures;

namespace Kappa.Lab.Reports;

/// <summary>What a verdict means for the claim it stands beside.</summary>
internal enum BadgeTone
{
    /// <summary>The claim holds by the stated test.</summary>
    Positive,

    /// <summary>The claim is refuted by the stated test.</summary>
    Negative,

    /// <summary>The test did not decide.</summary>
    Undecided,

    /// <summary>Information only.</summary>
    Neutral,
}

/// <summary>A cell of a table: text, and a verdict badge when it has a
/// tone. The badge shows a sign and the text, never colour alone.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tone">The verdict's tone, or none for plain text.</param>
internal sealed record Cell(string Text, BadgeTone? Tone = null)
{
    /// <summary>Plain text as a cell.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator Cell(string text) => FromString(text);

    /// <summary>Plain text as a cell.</summary>
    /// <param name="text">The text.</param>
    public static Cell FromString(string text) => new(text);
}

/// <summary>One element of a section. The kinds are closed: the HTML writer knows all of them.</summary>
internal abstract record ReportPart;

internal sealed record ParagraphPart(string Text) : ReportPart;

internal sealed record BadgePart(BadgeTone Tone, string Badge, string Text) : ReportPart;

internal sealed record TablePart(IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<Cell>> Rows, string Caption) : ReportPart;

internal sealed record FigurePart(Figure Figure) : ReportPart;

internal sealed record CodePart(string Text) : ReportPart;

internal sealed record ListPart(IReadOnlyList<string> Items) : ReportPart;

internal sealed record DefinitionsPart(IReadOnlyList<(string Term, string Meaning)> Entries) : ReportPart;

internal sealed record DetailsPart(string Summary, ReportSection Inside) : ReportPart;

internal sealed record SubsectionPart(ReportSection Inside) : ReportPart;
