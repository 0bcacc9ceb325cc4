using Kappa.Lab;

namespace Kappa.Cli;

/// <summary>A failure as the user sees it: one line, or of several mistakes in the command line one for each, and an exit code.</summary>
/// <param name="Line">What must hold, what was found, what to do.</param>
/// <param name="ExitCode">One of <see cref="Cli.ExitCode"/>.</param>
internal sealed record Failure(string Line, int ExitCode)
{
    /// <summary>The failure behind an exception, or null for a defect of the program, which keeps its stack trace.</summary>
    public static Failure? Describe(Exception exception) => exception switch
    {
        _ when FolderThatIsGone(exception) is { } folder =>
            new Failure(
                $"{folder}: the current folder must exist but was removed or moved. Change to one that does.", Cli.ExitCode.BadInput),
        UsageException => new Failure(exception.Message, Cli.ExitCode.Usage),
        BadInputException => new Failure(exception.Message, Cli.ExitCode.BadInput),
        OperationCanceledException => new Failure("interrupted.", Cli.ExitCode.Interrupted),
        UnauthorizedAccessException =>
            new Failure($"{OneLine(exception.Message)} Choose a folder that you may write to.", Cli.ExitCode.BadInput),
        _ when IsLibraryMissing(exception) =>
            new Failure(
                $"{OneLine(exception.Message)} The installation is incomplete, or too few files may be open (ulimit -n).",
                Cli.ExitCode.BadInput),
        IOException => new Failure(OneLine(exception.Message), Cli.ExitCode.BadInput),
        OutOfMemoryException =>
            new Failure(
                "needed more memory than there is. Make it smaller (width, depth, samples, tokens), use fewer threads (--threads 1), or "
                    + "raise the limit.",
                Cli.ExitCode.BadInput),
        _ => null,
    };

    // What the user calls it is in PWD: the system no longer knows.
    private static string? FolderThatIsGone(Exception exception)
    {
        if (exception is not IOException && exception.InnerException is not IOException)
        {
            return null;
        }

        try
        {
            _ = Directory.GetCurrentDirectory();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Environment.GetEnvironmentVariable("PWD") ?? ".";
        }
    }

    private static bool IsLibraryMissing(Exception exception) => exception is TypeInitializationException { InnerException: { } inner }
        ? IsLibraryMissing(inner)
        : exception is FileLoadException
            || (exception is FileNotFoundException { FileName: { } name } && name.Contains("Version=", StringComparison.Ordinal));

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}

/// <summary>The command line asks for something that does not exist or contradicts itself.</summary>
/// <param name="message">What must hold, what was found, what to do.</param>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Throws when there are problems, a line for each.</summary>
    /// <exception cref="UsageException">There are.</exception>
    public static void ThrowIfAny(IEnumerable<string> problems)
    {
        string lines = string.Join('\n', problems);
        if (lines.Length > 0)
        {
            throw new UsageException(lines);
        }
    }
}
