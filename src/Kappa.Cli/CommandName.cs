using System.Text;
using System.Text.RegularExpressions;
using Kappa.Lab.Formats;

namespace Kappa.Cli;

/// <summary>What a user has to write to start the command that is running, so that a command in a message works when it is copied: the
/// only place that decides it (docs/decisions/packages.md). Everything else says <c>kappa</c>.</summary>
/// <remarks>Files, which travel, say <see cref="Installed"/> wherever they were made.</remarks>
internal static partial class CommandName
{
    /// <summary>The name of the installed command.</summary>
    public const string Installed = "kappa";

    // The program's own file in a checkout.
    private const string Built = "Kappa.Cli";

    private static readonly Start s_start = Started();

    /// <summary>The command of this process, from the folder in which it was started.</summary>
    public static string Here { get; } = Of(s_start);

    /// <summary>The same from any folder.</summary>
    public static string Everywhere { get; } = Of(s_start with { Folder = null });

    /// <summary>The command of a process that was started so.</summary>
    public static string Of(Start start)
    {
        string program = Stem(start.Program);
        return program switch
        {
            Installed when IsOnThePath(start) => Installed,
            Installed or Built => Written(start.Program!, start.Folder),
            "dotnet" when Stem(start.Library) == Built => OfLibrary(start),
            _ => Installed,
        };
    }

    // A current folder that is gone is named by whoever needs it; no way leads from there.
    private static Start Started()
    {
        try
        {
            return new(
                Environment.ProcessPath, Environment.GetCommandLineArgs() is [var library, ..] ? library : null,
                Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory);
        }
        catch (IOException)
        {
            return new(null, null, null, null);
        }
    }

    // Without what a system or the framework puts behind it; the name itself has a dot.
    private static string Stem(string? file) =>
        Path.GetFileName(file) is not { } name ? string.Empty
        : Path.GetExtension(name) is ".exe" or ".dll" ? Path.GetFileNameWithoutExtension(name)
        : name;

    // A tool of a folder lies in its package, below tools/FRAMEWORK/RUNTIME, and is started by dotnet.
    private static string OfLibrary(Start start) =>
        Path.GetFullPath(start.Library!).Split(Path.DirectorySeparatorChar) is [.., "tools", _, _, _]
            ? $"dotnet {Installed}"
            : $"dotnet {Written(start.Library!, start.Folder)}";

    private static bool IsOnThePath(Start start) =>
        (start.SearchPath ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, Path.GetFileName(start.Program)!)));

    // Below the current folder the way from there, which is shorter and has at least one separator, as a shell wants it.
    private static string Written(string file, string? folder)
    {
        if (folder is null)
        {
            return ShellWord.Of(Path.GetFullPath(file));
        }

        string whole = Path.GetFullPath(file, folder), relative = Path.GetRelativePath(folder, whole);
        bool isBelow = !Path.IsPathRooted(relative) && !relative.StartsWith("..", StringComparison.Ordinal);
        return ShellWord.Of(!isBelow ? whole
            : relative.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? relative
            : Path.Combine(".", relative));
    }

    /// <summary>A text with its commands, <c>kappa run …</c>, as they have to be written here.</summary>
    public static string Translated(string text, string command) => Commands().Replace(text, _ => command);

    /// <summary>A writer of messages whose commands are those of this process.</summary>
    public static TextWriter Over(TextWriter messages) => Here == Installed ? messages : new TranslatedLines(messages);

    [GeneratedRegex(
        @"(?<![\w/\\.-]|dotnet )kappa(?= (?:reproduce|run|sweep|report|list|show|compare|aggregate|query|index|export|rerun|evaluate|"
            + "certify|landscape|cite|selftest|bench|completion|--help)\\b)")]
    private static partial Regex Commands();

    private sealed class TranslatedLines(TextWriter inner) : TextWriter(System.Globalization.CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(value);

        public override void Write(string? value) => inner.Write(value is null ? null : Translated(value, Here));

        public override void WriteLine(string? value) => inner.WriteLine(value is null ? null : Translated(value, Here));

        public override void Flush() => inner.Flush();
    }

    /// <summary>How a process was started.</summary>
    /// <param name="Program">The file that runs.</param>
    /// <param name="Library">The first word of its command line: the program's own library where a host runs it.</param>
    /// <param name="SearchPath">The variable PATH.</param>
    /// <param name="Folder">The folder to write the command in; null for any.</param>
    public sealed record Start(string? Program, string? Library, string? SearchPath, string? Folder);
}
