using System.Runtime.InteropServices;
using System.Text;

namespace Kappa.Cli;

/// <summary>Standard output or standard error: a stream that is closed, full or a terminal
/// that is gone stops nobody; what could not be written is told at the end.</summary>
/// <remarks>A reader that has closed its end of a pipe has read what it wanted: that is no failure.</remarks>
internal sealed partial class StandardStream : TextWriter
{
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExecute = 1;

    private readonly TextWriter _inner;

    private StandardStream(TextWriter inner, string? failure)
    {
        (_inner, Failure) = (inner, failure);
        NewLine = inner.NewLine;
    }

    /// <summary>Why something could not be written; null when all was.</summary>
    public string? Failure { get; private set; }

    /// <inheritdoc/>
    public override Encoding Encoding => _inner.Encoding;

    /// <summary>Puts such streams in front of those of the process.</summary>
    /// <returns>Standard output.</returns>
    public static StandardStream Install()
    {
        StandardStream results = Of(1, () => Console.Out);
        Console.SetOut(results);
        Console.SetError(Of(2, () => Console.Error));
        return results;
    }

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => _inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => _inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => _inner.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => _inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(_inner.Flush);

    private static StandardStream Of(int descriptor, Func<TextWriter> writer) =>
        IsOpen(descriptor) ? new(writer(), null) : new(Null, "it is closed");

    // A number that was closed when the process began is given to the first file that the runtime opens, and writing would go there. Such a
    // file closes on execution; what a process inherits never does.
    private static bool IsOpen(int descriptor) =>
        OperatingSystem.IsWindows()
        || (Control(descriptor, GetDescriptorFlags) is var flags && flags >= 0 && (flags & CloseOnExecute) == 0);

    private void Try(Action write)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Failure = failure.Message.ReplaceLineEndings(" ").TrimEnd('.');
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
