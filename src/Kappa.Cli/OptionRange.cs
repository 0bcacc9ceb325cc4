namespace Kappa.Cli;

/// <summary>Checks numeric options, with a message that names option, range and value.</summary>
internal static class OptionRange
{
    /// <summary>More threads than this are a typing error on any machine of today.</summary>
    public const int MostThreads = 1024;

    /// <summary>Throws when a given value lies outside its range.</summary>
    /// <exception cref="UsageException">It does.</exception>
    public static void Require(string option, int? value, int least, int most)
    {
        if (value is { } given && (given < least || given > most))
        {
            throw new UsageException($"{option} must be from {least} to {most} but is {given}.");
        }
    }
}
