using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Kappa.Cli;

/// <summary>Checks numeric options, with a message that names option, range and value.</summary>
internal static class OptionRange
{
    /// <summary>More threads than this are a typing error on any machine of today.</summary>
    public const int MostThreads = 1024;

    /// <summary>An integer option; the parser's own message would name a type of the program.</summary>
    public static Option<int?> Integer(string name, string description) => new(name) { Description = description, CustomParser = result => Parse(name, result) };

    /// <summary>Throws when a given value lies outside its range.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void Require(string option, int? value, int least, int most)
    {
        if (value is { } given && (given < least || given > most))
        {
            throw new UsageException($"{option} must be from {least} to {most} but is {given}.");
        }
    }

    private static int? Parse(string name, ArgumentResult result)
    {
        string word = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            return number;
        }

        result.AddError($"{name} must be an integer but is '{word}'.");
        return null;
    }
}
