using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab;

namespace Kappa.Cli;

/// <summary>The option <c>--out</c>, checked before anything is computed.</summary>
internal static class RunsFolder
{
    /// <summary>Where runs lie when the user names no folder.</summary>
    public const string Default = "runs";

    /// <summary>The option of the commands that read or write runs.</summary>
    public static Option<string> Option() =>
        new Option<string>("--out") { Description = "The folder of runs.", DefaultValueFactory = _ => Default }
            .Completed(Candidates.Folders);

    /// <summary>Returns the folder, which need not exist yet.</summary>
    /// <exception cref="UsageException">It has no name.</exception>
    /// <exception cref="BadInputException">It is a file, or lies in one.</exception>
    /// <param name="folder">What the user wrote.</param>
    /// <param name="option">The option it was written for.</param>
    public static string Require(string folder, string option = "--out") =>
        string.IsNullOrWhiteSpace(folder) ? throw new UsageException($"{option} must name a folder but is empty.")
        : File.Exists(folder) ? throw new BadInputException(folder, $"must be a folder but is a file. Choose another one with {option}.")
        : FileAbove(folder) is { } file ? throw new BadInputException(
            folder, $"must be a folder but {file} is a file. Choose another one with {option}.")
        : folder;

    private static string? FileAbove(string folder)
    {
        string? above = Path.GetDirectoryName(Path.GetFullPath(folder));
        while (above is not null && !File.Exists(above))
        {
            above = Path.GetDirectoryName(above);
        }

        return above;
    }
}
