using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Kappa.Cli;

/// <summary>Where output goes: results on one writer, messages and progress on another.</summary>
/// <param name="Results">Standard output: tables and JSON.</param>
/// <param name="Messages">Standard error: progress, notices, failures.</param>
/// <param name="ResultsAreATerminal">Whether colour may be used on <paramref name="Results"/>.</param>
/// <param name="MessagesAreATerminal">Whether a progress line may be redrawn on <paramref name="Messages"/>.</param>
internal sealed record Terminal(TextWriter Results, TextWriter Messages, bool ResultsAreATerminal, bool MessagesAreATerminal)
{
    /// <summary>Columns of text that goes into a file or a pipe; JSON and CSV have lines of any length.</summary>
    public const int WidthWithoutTerminal = 100;

    /// <summary>Columns that a sentence takes at most: longer lines are tiring to read.</summary>
    public const int WidestText = 100;

    private const int Narrowest = 40;

    /// <summary>Standard output, without control characters of whoever wrote what is printed.</summary>
    public TextWriter Results { get; } = PlainWriter.Over(Results);

    /// <summary>Standard error, likewise.</summary>
    public TextWriter Messages { get; } = PlainWriter.Over(Messages);

    /// <summary>Columns of a line; no table and no sentence is wider.</summary>
    public int Width { get; init; } = WidthWithoutTerminal;

    /// <summary>The process's own streams; NO_COLOR and COLUMNS are respected.</summary>
    public static Terminal OfProcess()
    {
        int width = WidthOf(Environment.GetEnvironmentVariable("COLUMNS"), Console.IsOutputRedirected);
        TextWriter messages = CommandName.Over(Console.IsErrorRedirected
            ? Console.Error
            : new WrappedLines(Console.Error, WidthOf(Environment.GetEnvironmentVariable("COLUMNS"), false)));
        return new Terminal(Console.Out, messages, !Console.IsOutputRedirected, !Console.IsErrorRedirected) { Width = width };
    }

    /// <summary>Writes a table, a rule or other renderable to the results.</summary>
    /// <param name="renderable">What to write.</param>
    public void Render(Spectre.Console.Rendering.IRenderable renderable)
    {
        bool colour = ResultsAreATerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(PlainWriter.Below(Results)),
        });
        console.Profile.Width = Width;
        console.Write(new PlainRenderable(renderable));
    }

    /// <summary>Writes a paragraph to the results, broken between words, its later lines under the text of the first.</summary>
    /// <param name="indent">Spaces before every line.</param>
    /// <param name="text">One paragraph; a word longer than a line, such as a path, keeps a line of its own.</param>
    /// <param name="hanging">Further spaces before every line but the first.</param>
    public void Paragraph(int indent, string text, int hanging = 0)
    {
        foreach (string line in PlainText.Wrapped(text, Math.Min(Width, WidestText) - indent, hanging))
        {
            Results.WriteLine(new string(' ', indent) + line);
        }
    }

    // COLUMNS is what a user sets to be asked no more; a terminal says its own width; a pipe has none.
    private static int WidthOf(string? columns, bool isRedirected)
    {
        if (int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given > 0)
        {
            return Math.Max(Narrowest, given);
        }

        if (isRedirected)
        {
            return WidthWithoutTerminal;
        }

        try
        {
            return Console.WindowWidth > 0 ? Math.Max(Narrowest, Console.WindowWidth) : WidthWithoutTerminal;
        }
        catch (IOException)
        {
            return WidthWithoutTerminal;
        }
    }

    // A terminal breaks a long line wherever its edge is, within numbers too.
    private sealed class WrappedLines(TextWriter inner, int width) : TextWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(value);

        public override void Write(string? value) => inner.Write(value);

        public override void WriteLine(string? value)
        {
            foreach (
                string line in (value ?? string.Empty).Split('\n')
                    .SelectMany(line => line.Length <= width ? [line] : PlainText.Wrapped(line, width, hanging: 2)))
            {
                inner.WriteLine(line);
            }
        }

        public override void Flush() => inner.Flush();
    }
}
