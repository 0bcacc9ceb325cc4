using Spectre.Console;

namespace Kappa.Cli;

/// <summary>Where output goes: results on one writer, messages and progress on another.</summary>
/// <param name="Results">Standard output: tables and JSON.</param>
/// <param name="Messages">Standard error: progress, notices, failures.</param>
/// <param name="ResultsAreATerminal">Whether colour may be used on <paramref name="Results"/>.</param>
/// <param name="MessagesAreATerminal">Whether a progress line may be redrawn on <paramref name="Messages"/>.</param>
internal sealed record Terminal(TextWriter Results, TextWriter Messages, bool ResultsAreATerminal, bool MessagesAreATerminal)
{
    private const int WidthWithoutTerminal = 120;

    /// <summary>The process's own streams; NO_COLOR is respected.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);

    /// <summary>Writes a table, a rule or other renderable to the results.</summary>
    /// <param name="renderable">What to write.</param>
    /// <param name="columns">Its width where there is no terminal.</param>
    public void Render(Spectre.Console.Rendering.IRenderable renderable, int columns = WidthWithoutTerminal)
    {
        bool colour = ResultsAreATerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Results),
        });
        if (!ResultsAreATerminal)
        {
            console.Profile.Width = columns;
        }

        console.Write(renderable);
    }
}
