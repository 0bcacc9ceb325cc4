using System.CommandLine;
using System.CommandLine.Completions;

namespace Kappa.Cli.Completion;

/// <summary><c>kappa completion SHELL</c> prints what a shell has to read to complete the command line; what that script calls at every
/// press of the key is <c>kappa complete -- WORDS</c>.</summary>
internal static class CompletionCommand
{
    // A description is for a glance, beside a dozen others.
    private const int LongestDescription = 80;

    private static readonly (string Name, string Description, string Script)[] s_shells =
    [
        ("bash", "For bash: eval \"$(kappa completion bash)\" in ~/.bashrc.", ShellScripts.Bash),
        ("zsh", "For zsh: eval \"$(kappa completion zsh)\" in ~/.zshrc.", ShellScripts.Zsh),
        ("fish", "For fish: kappa completion fish > ~/.config/fish/completions/kappa.fish", ShellScripts.Fish),
        ("powershell", "For PowerShell: kappa completion powershell | Out-String | Invoke-Expression in $PROFILE.",
            ShellScripts.PowerShell),
    ];

    /// <summary>The command that prints the script of a shell.</summary>
    public static Command Create(Terminal terminal)
    {
        var command = new Command("completion", "Print a script with which a shell completes commands, options, keys and their values.");
        foreach ((string name, string description, string script) in s_shells)
        {
            var shell = new Command(name, description);
            shell.SetAction(_ =>
            {
                terminal.Results.Write(ShellScripts.For(script, CommandName.Everywhere));
                return ExitCode.Done;
            });
            command.Subcommands.Add(shell);
        }

        return command;
    }

    /// <summary>The command that the scripts call: a line for each candidate, with a tab before its description.</summary>
    /// <remarks>It stands in the middle of a user's prompt: whatever happens it prints no message and ends with 0.</remarks>
    public static Command Answer(Terminal terminal, RootCommand root)
    {
        var words = new Argument<string[]>("words") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("complete") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            try
            {
                foreach (CompletionItem item in Completer.Of(root, Plain(parsed.GetValue(words)!)))
                {
                    terminal.Results.WriteLine(item.Detail is { Length: > 0 } detail ? $"{item.Label}\t{Short(detail)}" : item.Label);
                }
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // No candidates.
            }

            return ExitCode.Done;
        });
        return command;
    }

    // Some shells cannot pass an empty word on, and write two quotes for it.
    private static string[] Plain(string[] words) => words is [.. var before, "\"\""] ? [.. before, string.Empty] : words;

    private static string Short(string description) =>
        description.Length <= LongestDescription ? description : $"{description[..(LongestDescription - 1)]}…";
}
