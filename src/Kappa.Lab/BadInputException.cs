namespace Kappa.Lab;

/// <summary>Something from outside (a file, a folder, a specification, a disk) is not
/// what it must be. The message is one line that starts with the location.</summary>
/// <remarks>Not for a caller's mistake (<see cref="ArgumentException"/>) and not for an
/// outcome of a run (a value). The command line turns it into exit code 3.</remarks>
/// <param name="location">Where: a path, <c>file:line</c>, or a key; the start of the message.</param>
/// <param name="message">What must hold, with numbers; what was found, with numbers; what to do. One line.</param>
/// <param name="inner">The cause, if another exception reported it.</param>
public sealed class BadInputException(string location, string message, Exception? inner = null)
    : Exception(OneLine($"{Cut(location, LongestLocation)}: {Cut(message, LongestMessage)}"), inner)
{
    // A path has at most 4,096 characters; a name out of a hostile file has as many as it likes.
    private const int LongestLocation = 1024;
    private const int LongestMessage = 2048;

    /// <summary>Where: a path, <c>file:line</c>, or a key.</summary>
    public string Location { get; } = location;

    /// <summary>The message without the location, on one line.</summary>
    internal string Reason { get; } = OneLine(Cut(message, LongestMessage));

    // A disk that is full, or a folder that may not be written, says nothing of what the folder holds; a file that is missing does.
    internal bool IsOfTheDisk =>
        InnerException is (IOException or UnauthorizedAccessException) and not (FileNotFoundException or DirectoryNotFoundException);

    // The end is kept: of a path it says most, of a message what to do.
    private static string Cut(string text, int longest) =>
        text.Length <= longest ? text : $"{text.AsSpan(0, longest / 2)}…{text.AsSpan(text.Length - (longest / 2))}";

    // Names of files and keys come from outside too: a control character in them must not break the line or the terminal.
    private static string OneLine(string text) => string.Create(text.Length, text, static (line, source) =>
    {
        for (int k = 0; k < line.Length; k++)
        {
            line[k] = char.IsControl(source[k]) || source[k] is '\u2028' or '\u2029' ? ' ' : source[k];
        }
    });
}
