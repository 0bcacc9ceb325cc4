namespace Kappa.Cli.Tests.Project;

/// <summary>A C# file split into code and comments, each of the length of the
/// file with the rest blanked, so that positions and lines agree.</summary>
/// <remarks>Knows line and block comments, character literals, and plain, verbatim, raw and
/// interpolated strings; code in the holes of an interpolated string is code.</remarks>
internal sealed class SourceText
{
    private readonly string _text;
    private readonly char[] _code;
    private readonly char[] _comments;

    private SourceText(string text)
    {
        _text = text;
        _code = [.. text.Select(Blank)];
        _comments = [.. _code];
        _ = ScanCode(0, inHole: false);
    }

    public string Code => new(_code);

    public string Comments => new(_comments);

    public static SourceText Of(string text) => new(text);

    private static char Blank(char c) => c is '\n' or '\r' ? c : ' ';

    private char At(int i) => i < _text.Length ? _text[i] : '\0';

    /// <summary>Scans code from i to the end of the file, or to the brace that closes a hole, and returns where it stopped.</summary>
    private int ScanCode(int i, bool inHole)
    {
        int depth = 0;
        while (i < _text.Length)
        {
            if (inHole && depth == 0 && _text[i] == '}')
                return i;
            if (TrySkip(i, out int after))
            {
                i = after;
                continue;
            }

            depth += _text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            _code[i] = _text[i];
            i++;
        }

        return i;
    }

    private bool TrySkip(int i, out int after)
    {
        after = i;
        if (_text[i] == '/' && At(i + 1) == '/')
            after = Comment(i, End("\n", i));
        else if (_text[i] == '/' && At(i + 1) == '*')
            after = Comment(i, End("*/", i + 2));
        else if (_text[i] == '\'')
            after = Literal(i + 1, '\'');
        else if (_text[i] is '"' or '$' or '@')
            after = ScanString(i);
        return after > i;
    }

    private int End(string mark, int from)
    {
        int found = _text.IndexOf(mark, from, StringComparison.Ordinal);
        return found < 0 ? _text.Length : found + mark.Length;
    }

    private int Comment(int from, int to)
    {
        _text.AsSpan(from, to - from).CopyTo(_comments.AsSpan(from));
        return to;
    }

    private int Literal(int i, char close)
    {
        while (i < _text.Length && _text[i] != close)
            i += _text[i] == '\\' ? 2 : 1;
        return i + 1;
    }

    /// <summary>Returns where the string that starts at i ends, or i when none starts there.</summary>
    private int ScanString(int start)
    {
        int i = start, dollars = 0;
        bool verbatim = false;
        for (; At(i) is '$' or '@'; i++)
        {
            dollars += At(i) == '$' ? 1 : 0;
            verbatim |= At(i) == '@';
        }

        if (At(i) != '"')
            return start;
        int quotes = 0;
        while (At(i + quotes) == '"')
            quotes++;
        if (quotes >= 3 && !verbatim)
            return Body(i + quotes, quotes, dollars, verbatim: true);
        return quotes == 2 && !verbatim ? i + 2 : Body(i + 1, 1, dollars, verbatim);
    }

    /// <summary>Scans from the first character of a string to behind its closing quotes.</summary>
    private int Body(int i, int quotes, int dollars, bool verbatim)
    {
        while (i < _text.Length)
        {
            if (_text[i] == '"')
            {
                int run = Run(i, '"');
                if (run >= quotes && (quotes > 1 || !verbatim || run % 2 == 1))
                    return i + (quotes > 1 || verbatim ? run : 1);
                i += run;
            }
            else if (dollars > 0 && _text[i] == '{')
            {
                int run = Run(i, '{');
                i = OpensHole(run, dollars, quotes) ? ScanCode(i + run, inHole: true) + 1 : i + run;
            }
            else
            {
                i += _text[i] == '\\' && !verbatim ? 2 : 1;
            }
        }

        return i;
    }

    /// <summary>In a raw string as many braces as dollars open a hole; elsewhere an odd number does.</summary>
    private static bool OpensHole(int run, int dollars, int quotes) => quotes > 1 ? run >= dollars : run % 2 == 1;

    private int Run(int i, char c)
    {
        int run = 0;
        while (At(i + run) == c)
            run++;
        return run;
    }
}
