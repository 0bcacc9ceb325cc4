using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes SVG elements: escaped, in the invariant culture, two decimals, hence the same bytes everywhere.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    public override string ToString() => _text.ToString();

    /// <summary>A length in points with at most two decimals: 0.01 pt is below what any device prints.</summary>
    internal static string Number(double value)
    {
        var text = value.ToString("0.##", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    internal SvgWriter Open(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        _ = _text.Append(">\n");
        _open.Push(element);
        return this;
    }

    internal SvgWriter Close()
    {
        _ = _text.Append("</").Append(_open.Pop()).Append(">\n");
        return this;
    }

    internal SvgWriter Empty(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        _ = _text.Append("/>\n");
        return this;
    }

    /// <summary>An element that holds text only, such as title and desc.</summary>
    internal SvgWriter Leaf(string element, string content, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        _ = _text.Append('>').Append(Escape(content)).Append("</").Append(element).Append(">\n");
        return this;
    }

    internal SvgWriter Line(double x1, double y1, double x2, double y2, string stroke, double width) => Empty(
        "line", ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)), ("stroke", stroke),
        ("stroke-width", Number(width)));

    internal SvgWriter Rectangle(
        double x, double y, double width, double height, params ReadOnlySpan<(string Name, string Value)> attributes) =>
        Empty(
        "rect", [("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)), .. attributes]);

    /// <summary>One line of rich text; sub- and superscripts are shifted spans, which every viewer understands.</summary>
    internal SvgWriter Text(
        double x, double y, string richText, double size, string anchor = "start",
        params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var runs = RichText.Parse(richText);
        Start("text", [("x", Number(x)), ("y", Number(y)), ("font-size", Number(size)), ("text-anchor", anchor), .. attributes]);
        if (runs.Count > 1) _ = _text.Append(" xml:space=\"preserve\""); // blanks beside a span vanish otherwise
        _ = _text.Append('>');
        var shift = 0.0;
        foreach (var run in runs)
        {
            var target = run.Level switch { TextLevel.Subscript => 0.22 * size, TextLevel.Superscript => -0.38 * size, _ => 0 };
            AppendRun(run, size, target - shift);
            shift = target;
        }

        _ = _text.Append("</text>\n");
        return this;
    }

    private void AppendRun(TextRun run, double size, double shift)
    {
        if (run.Level == TextLevel.Normal && shift == 0)
        {
            _ = _text.Append(Escape(run.Text));
            return;
        }

        _ = _text.Append("<tspan dy=\"").Append(Number(shift)).Append('"');
        if (run.Level != TextLevel.Normal) _ = _text.Append(" font-size=\"").Append(Number(size * RichText.ScriptSize)).Append('"');
        _ = _text.Append('>').Append(Escape(run.Text)).Append("</tspan>");
    }

    private void Start(string element, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _ = _text.Append('<').Append(element);
        foreach (var (name, value) in attributes)
            _ = _text.Append(' ').Append(name).Append("=\"").Append(Escape(value)).Append('"');
    }

    /// <summary>Control characters, which XML cannot hold, and marks that turn the reading direction of what follows them.</summary>
    internal static bool IsForbidden(int rune) =>
        rune is < 0x20 or (>= 0x7f and <= 0x9f) or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or 0xfffe or 0xffff;

    /// <summary>Escapes the five markup characters; what is forbidden and lone surrogates become U+FFFD.</summary>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\t' or '\n' => escaped.Append((char)rune.Value),
                _ when IsForbidden(rune.Value) => escaped.Append('\ufffd'),
                _ => escaped.Append(rune.ToString()),
            };
        }

        return escaped.ToString();
    }
}
