using System.CommandLine;
using System.CommandLine.Completions;

namespace Kappa.Cli.Completion;

/// <summary>What may be written at the end of a command line: commands,
/// options, and what options and arguments say of themselves.</summary>
internal static class Completer
{
    /// <summary>The candidates that begin as the last word does.</summary>
    /// <param name="root">The program.</param>
    /// <param name="words">The words after the program's name; the last one is being written and may be empty.</param>
    public static IReadOnlyList<CompletionItem> Of(RootCommand root, IReadOnlyList<string> words)
    {
        string word = words.Count > 0 ? words[^1] : string.Empty;
        Place place = Place.After(root, words.SkipLast(1));
        CompletionContext context = root.Parse([.. words.SkipLast(1), word]).GetCompletionContext();
        return [
            .. place.Expected(word, context).Where(item => item.Label.StartsWith(word, StringComparison.Ordinal))
                .DistinctBy(item => item.Label)];
    }

    /// <summary>Where a line of words has come to.</summary>
    /// <param name="Command">The command that is meant so far.</param>
    /// <param name="Open">The option whose value comes next.</param>
    /// <param name="Arguments">Words that were neither commands nor options.</param>
    private sealed record Place(Command Command, Option? Open, int Arguments)
    {
        private IEnumerable<Option> Options =>
            Ancestors(Command).SelectMany(command => command.Options.Where(option => option.Recursive || command == Command))
                .Where(option => !option.Hidden);

        public static Place After(Command root, IEnumerable<string> words)
        {
            var place = new Place(root, null, 0);
            bool hasOptions = true;
            foreach (string word in words)
            {
                bool isOption = hasOptions && word.StartsWith('-') && word.Length > 1;
                (place, hasOptions) = word == "--" && hasOptions ? (place with { Open = null }, false)
                    : isOption ? (place with { Open = place.Opened(word) }, true)
                    : (place.With(word), hasOptions);
            }

            return place;
        }

        /// <summary>What may come next; more than begins with the word.</summary>
        public IEnumerable<CompletionItem> Expected(string word, CompletionContext context)
        {
            if (Open is not null && (Open.Arity.MinimumNumberOfValues > 0 || !word.StartsWith('-')))
            {
                return Open.GetCompletions(context);
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (word.StartsWith('-') && equals > 0)
            {
                return Find(word[..equals]) is { } option && TakesValue(option)
                    ? option.GetCompletions(context).Select(item => Item($"{word[..equals]}={item.Label}", item.Detail))
                    : [];
            }

            if (!word.StartsWith('-') && Arguments > Command.Arguments.Sum(argument => argument.Arity.MaximumNumberOfValues))
            {
                return [];
            }

            CompletionItem[] words = word.StartsWith('-') ? [] : [.. Words(context)];
            return words.Length > 0 ? words : Options.Select(option => Item(option.Name, option.Description));
        }

        private IEnumerable<CompletionItem> Words(CompletionContext context)
        {
            IEnumerable<Command> commands = Arguments > 0 ? [] : Command.Subcommands.Where(command => !command.Hidden);
            IEnumerable<Argument> arguments = Command.Arguments.Where(argument => Arguments < argument.Arity.MaximumNumberOfValues);
            return commands.Select(command => Item(command.Name, command.Description))
                .Concat(arguments.SelectMany(argument => argument.GetCompletions(context)));
        }

        private Place With(string word) =>
            Open is not null ? this with { Open = null }
            : Arguments == 0 && Command.Subcommands.FirstOrDefault(command => command.Name == word) is { } command
                ? new Place(command, null, 0)
            : this with { Arguments = Arguments + 1 };

        private Option? Opened(string word) => Find(word) is { } option && TakesValue(option) ? option : null;

        private Option? Find(string word) => Options.FirstOrDefault(option => option.Name == word || option.Aliases.Contains(word));

        private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);

        private static IEnumerable<Command> Ancestors(Command command) =>
            command.Parents.OfType<Command>().SelectMany(Ancestors).Prepend(command);

        private static CompletionItem Item(string word, string? description) => new(word, detail: description);
    }
}
