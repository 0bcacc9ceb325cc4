using System.Text;
using Spectre.Console.Rendering;

namespace Kappa.Cli;

/// <summary>
/// Writes text whose origin nobody knows (names, reasons and labels come from files) so that it cannot act on a terminal: every control
/// character but the ends of lines and the tabulator, and every mark that turns the direction of writing, becomes U+FFFD.
/// </summary>
internal sealed class PlainWriter : TextWriter
{
    private readonly TextWriter _inner;

    private PlainWriter(TextWriter inner) => _inner = inner;

    /// <inheritdoc/>
    public override Encoding Encoding => _inner.Encoding;

    /// <summary>A writer over another one; the same when it is one already.</summary>
    public static TextWriter Over(TextWriter inner) => inner as PlainWriter ?? new PlainWriter(inner);

    /// <summary>The writer below, for what the program itself composes with colours.</summary>
    public static TextWriter Below(TextWriter writer) => writer is PlainWriter plain ? plain._inner : writer;

    /// <summary>The text without what acts on a terminal.</summary>
    public static string Plain(string text) =>
        text.Any(Acts) ? string.Concat(text.Select(letter => Acts(letter) ? '\uFFFD' : letter)) : text;

    /// <inheritdoc/>
    public override void Write(char value) => _inner.Write(Acts(value) ? '\uFFFD' : value);

    /// <inheritdoc/>
    public override void Write(string? value) => _inner.Write(value is null ? null : Plain(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => _inner.Write(Plain(new string(buffer, index, count)));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => _inner.Write(Plain(new string(buffer)));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => _inner.WriteLine(value is null ? null : Plain(value));

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    private static bool Acts(char letter) =>
        (char.IsControl(letter) && letter is not ('\n' or '\r' or '\t'))
        || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}

/// <summary>Something to render whose texts cannot act on a terminal; its colours can.</summary>
/// <param name="inner">What it renders.</param>
internal sealed class PlainRenderable(IRenderable inner) : IRenderable
{
    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
        inner.Render(options, maxWidth).Select(segment =>
            segment.IsControlCode || segment.IsLineBreak ? segment : new Segment(PlainWriter.Plain(segment.Text), segment.Style));
}
