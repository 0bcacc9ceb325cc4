using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kappa.Lab.Formats;

namespace Kappa.Cli;

/// <summary><c>--memory</c>, the same for every command that reads arrays or forecasts memory: MiB, or a number with
/// K, M, G or T as Slurm takes it. It holds from the command line down, see <see cref="MemoryLimit"/>.</summary>
internal sealed class MemoryOption : Option<int?>
{
    /// <summary>More MiB than this, a pebibyte, are a typing error.</summary>
    public const int MostMebibytes = 1 << 30;

    private const string OptionName = "--memory";

    /// <summary>The option.</summary>
    /// <param name="also">What else it bounds in this command, as the end of a sentence; or nothing.</param>
    /// <param name="least">Fewest MiB.</param>
    public MemoryOption(string also = "", int least = 1)
        : base(OptionName)
    {
        Description = $"Most MiB, or as 2G, for arrays that are read (default: 1024) and for the evaluator of a run (default: what the "
            + $"machine has){also}.";
        CustomParser = result => Parse(result, least);
    }

    /// <summary>Lets what the command line allows hold for the command; its defaults when it says nothing, or 0.</summary>
    /// <param name="parsed">The command line.</param>
    public static IDisposable Hold(ParseResult parsed)
    {
        int? given = parsed.CommandResult.Command.Options.OfType<MemoryOption>().FirstOrDefault() is { } option
            ? parsed.GetValue(option)
            : null;
        return MemoryLimit.Within(given is 0 ? null : given, ProcessLimits.Heap());
    }

    /// <summary>The option as it was written, for a command line of its own; null when it was not.</summary>
    /// <param name="parsed">The command line.</param>
    public string? Word(ParseResult parsed) => parsed.GetResult(this) is { Implicit: false, Tokens: [var word, ..] } ? word.Value : null;

    private static int? Parse(ArgumentResult result, int least)
    {
        string word = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
        int unit = word.Length > 1 ? "KMGT".IndexOf(word[^1], StringComparison.Ordinal) : -1;
        if (!long.TryParse(unit < 0 ? word : word[..^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            result.AddError($"{OptionName} must be a number of MiB, or a number with K, M, G or T as 2G, but is '{word}'.");
            return null;
        }

        // A part of a mebibyte is a whole one.
        double mebibytes = Math.Ceiling(number * Math.Pow(1024, unit < 0 ? 0 : unit - 1));
        if (mebibytes >= least && mebibytes <= MostMebibytes)
        {
            return (int)mebibytes;
        }

        result.AddError(unit < 0
            ? OptionRange.Outside(OptionName, number, least, MostMebibytes)
            : string.Create(CultureInfo.InvariantCulture, $"{OptionName} must be from {least} to {MostMebibytes} MiB but is {word}."));
        return null;
    }
}
