using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Cli.Completion;

namespace Kappa.Cli;

/// <summary>Options whose value is one of a few words; the parser's own message would name a type of the program.</summary>
internal static class OptionWord
{
    /// <summary>An option that may be left out.</summary>
    public static Option<T> Of<T>(string name, string description, T standard)
        where T : struct, Enum =>
        Completed<T, T>(new(name)
        { Description = description, DefaultValueFactory = _ => standard, CustomParser = result => Parse<T>(name, result) });

    /// <summary>An option that is null when it is left out.</summary>
    public static Option<T?> Optional<T>(string name, string description)
        where T : struct, Enum =>
        Completed<T, T?>(new(name) { Description = description, CustomParser = result => Parse<T>(name, result) });

    /// <summary>An option that must be given.</summary>
    public static Option<T> Required<T>(string name, string description)
        where T : struct, Enum =>
        Completed<T, T>(new(name) { Description = description, Required = true, CustomParser = result => Parse<T>(name, result) });

    private static Option<TValue> Completed<T, TValue>(Option<TValue> option)
        where T : struct, Enum
    {
        string[] words = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        option.HelpName = string.Join('|', words);
        return option.Completed(Candidates.Words(words));
    }

    private static T Parse<T>(string name, ArgumentResult result)
        where T : struct, Enum
    {
        string word = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
        if (word.Length > 0 && char.IsLetter(word[0]) && Enum.TryParse(word, ignoreCase: true, out T value))
        {
            return value;
        }

        result.AddError($"{name} must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()} but is '{word}'.");
        return default;
    }
}
