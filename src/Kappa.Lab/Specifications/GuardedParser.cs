using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kappa.Lab.Specifications;

/// <summary>The events of a YAML text; whatever the library throws becomes
/// a <see cref="YamlException"/> at the place where it happened.</summary>
/// <remarks>
/// The scanner answers malformed texts with exceptions of many kinds: of arguments for an empty tag (<c>!&lt;&gt;</c>), of states for an
/// open bracket, of indices. It also takes a NUL for the end of the text and would drop what follows, so characters that YAML does not
/// allow are refused first.
/// </remarks>
internal sealed class GuardedParser : IParser
{
    private readonly Parser _parser;

    /// <summary>A parser at the start of <paramref name="text"/>.</summary>
    /// <exception cref="YamlException">The text has a character that YAML does not allow.</exception>
    public GuardedParser(string text)
    {
        RequireText(text);
        _parser = new Parser(new StringReader(text));
    }

    /// <inheritdoc/>
    public ParsingEvent? Current => _parser.Current;

    /// <inheritdoc/>
    public bool MoveNext()
    {
        Mark here = _parser.Current?.End ?? Mark.Empty;
        try
        {
            return _parser.MoveNext();
        }
        catch (Exception error) when (error is not YamlException)
        {
            string reason = error is InvalidOperationException
                ? "no structure from here on; is a bracket or quote open?"
                : "cannot be read from here on; write names and values without special characters";
            throw new YamlException(here, here, reason, error);
        }
    }

    // YAML 1.2, section 5.1: printable characters only.
    private static void RequireText(string text)
    {
        (int at, int line, int column) = (0, 1, 1);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isBroken = rune == Rune.ReplacementChar && text[at] != '\uFFFD';
            if (isBroken || (Rune.IsControl(rune) && rune.Value is not ('\t' or '\n' or '\r' or 0x85)))
            {
                var mark = new Mark(at, line, column);
                string found = isBroken
                    ? "half of a surrogate pair"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"the control character U+{rune.Value:X4}{(rune.Value == 0 ? " (is it UTF-16 or a binary file?)" : "")}");
                throw new YamlException(mark, mark, $"must be printable text but has {found}; save it as UTF-8 text");
            }

            at += rune.Utf16SequenceLength;
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
        }
    }
}
