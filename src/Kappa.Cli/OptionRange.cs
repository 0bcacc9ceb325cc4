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
    public static Option<int?> Integer(string name, string description, int least = int.MinValue, int most = int.MaxValue) =>
        new(name) { Description = description, CustomParser = result => Parse(name, least, most, result) };

    /// <summary>Throws when a given value lies outside its range.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void Require(string option, int? value, int least, int most)
    {
        if (value is { } given && (given < least || given > most))
        {
            throw new UsageException(Outside(option, given, least, most));
        }
    }

    private static int? Parse(string name, int least, int most, ArgumentResult result)
    {
        string word = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
        bool isInteger = long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        if (isInteger && number >= least && number <= most)
        {
            return (int)number;
        }

        result.AddError(isInteger ? Outside(name, number, least, most) : $"{name} must be an integer but is '{word}'.");
        return null;
    }

    /// <summary>The message about a value outside its range.</summary>
    public static string Outside(string name, long number, int least, int most) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} must be from {least} to {most} but is {number}.");
}
