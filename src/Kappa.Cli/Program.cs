using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Cli.Commands;
using Kappa.Cli.Completion;
using Kappa.Lab.Formats;

namespace Kappa.Cli;

/// <summary>Entry point: builds the command tree, parses, runs one command
/// and turns every failure into one line and an exit code.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        StandardStream results = StandardStream.Install();
        if (ProcessLimits.Problem() is { } problem)
        {
            Console.Error.WriteLine($"kappa: {problem}");
            return ExitCode.BadInput;
        }

        using IDisposable? size = ProcessLimits.TakeFileSizeAsAnError();
        int code = Invoke(arguments, Terminal.OfProcess());
        if (results.Failure is { } reason && code == ExitCode.Done)
        {
            Console.Error.WriteLine($"kappa: standard output: cannot be written ({reason}). What the command writes to files is there.");
            return ExitCode.BadInput;
        }

        return code;
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="terminal">Where results and progress go.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static int Invoke(string[] arguments, Terminal terminal)
    {
        RootCommand root = BuildRoot(terminal);
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Usage(parsed, terminal);
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = terminal.Results,
                Error = terminal.Messages,
                ProcessTerminationTimeout = null, // Interruption is each command's own business: it saves first.
            };
            using IDisposable memory = MemoryOption.Hold(parsed);
            return parsed.Invoke(configuration);
        }
        catch (Exception exception) when (Failure.Describe(exception) is { } failure)
        {
            foreach (string line in failure.Line.Split('\n'))
            {
                terminal.Messages.WriteLine($"kappa: {line}");
            }

            if (parsed.GetValue<bool>("--trace"))
            {
                terminal.Messages.WriteLine(exception);
            }

            return failure.ExitCode;
        }
    }

    internal static RootCommand BuildRoot(Terminal terminal)
    {
        var root = new RootCommand("kappa: when, how fast and why does gradient descent converge on a Transformer?");
        root.Subcommands.Add(ReproduceCommand.Create(terminal));
        root.Subcommands.Add(RunCommand.Create(terminal));
        root.Subcommands.Add(SweepCommand.Create(terminal));
        root.Subcommands.Add(ReportCommand.Create(terminal));
        root.Subcommands.Add(ListCommand.Create(terminal));
        root.Subcommands.Add(ShowCommand.Create(terminal));
        root.Subcommands.Add(CompareCommand.Create(terminal));
        root.Subcommands.Add(AggregateCommand.Create(terminal));
        root.Subcommands.Add(QueryCommand.Create(terminal));
        root.Subcommands.Add(IndexCommand.Create(terminal));
        root.Subcommands.Add(ExportCommand.Create(terminal));
        root.Subcommands.Add(RerunCommand.Create(terminal));
        root.Subcommands.Add(EvaluateCommand.Create(terminal));
        root.Subcommands.Add(CertifyCommand.Create(terminal));
        root.Subcommands.Add(LandscapeCommand.Create(terminal));
        root.Subcommands.Add(CiteCommand.Create(terminal));
        root.Subcommands.Add(SelftestCommand.Create(terminal));
        root.Subcommands.Add(BenchCommand.Create(terminal));
        root.Subcommands.Add(CompletionCommand.Create(terminal));
        root.Subcommands.Add(CompletionCommand.Answer(terminal, root));
        root.Options.Add(new Option<bool>("--trace") { Description = "Show where in the program a failure arose.", Recursive = true });
        HelpWithExamples.AttachTo(root, Math.Min(terminal.Width, Terminal.WidestText));
        return root;
    }

    private static int Usage(ParseResult parsed, Terminal terminal)
    {
        foreach (ParseError error in parsed.Errors.Where(error => !IsConsequence(parsed, error)))
        {
            terminal.Messages.WriteLine($"kappa: {OneLine(error.Message)}{Correction(parsed, error)}");
        }

        terminal.Messages.WriteLine($"Try: {Path(parsed.CommandResult)} --help");
        return ExitCode.Usage;
    }

    // A message quotes what was given, line ends and escapes of a terminal among it.
    private static string OneLine(string message) => string.Concat(message.Select(letter => char.IsControl(letter) ? ' ' : letter));

    // The command or option nearest to the word that the message quotes.
    private static string Correction(ParseResult parsed, ParseError error)
    {
        string[] quoted = error.Message.Split('\'');
        if (quoted.Length < 3 || error.Message.Contains("Did you mean", StringComparison.Ordinal))
        {
            return string.Empty;
        }

        Command command = parsed.CommandResult.Command;
        if (command.Options.Any(option => option.Name == quoted[1]))
        {
            return string.Empty;
        }

        return Suggestion.For(
            quoted[1],
            quoted[1].StartsWith('-') ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name));
    }

    // A word that is no command is the problem; that a command is therefore missing is not a second one.
    private static bool IsConsequence(ParseResult parsed, ParseError error) =>
        error.SymbolResult is CommandResult && parsed.UnmatchedTokens.Count > 0
            && !parsed.UnmatchedTokens.Any(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal));

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "kappa";
}
