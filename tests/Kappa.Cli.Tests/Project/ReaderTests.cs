using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>Files from outside are opened and taken apart in few places, where pipes are refused
/// and every exception of a library is one line. A new reader goes through them.</summary>
public sealed class ReaderTests
{
    /// <summary>Who may open files and take JSON apart, and why.</summary>
    private static readonly Dictionary<string, string> Readers = new(StringComparer.Ordinal)
    {
        ["src/Kappa.Lab/Formats/"] = "the readers themselves",
        ["src/Kappa.Lab/Runs/Evaluation/"] = "points from outside, opened by InputFile and guarded by their own list of problems",
        ["src/Kappa.Bench/"] = "pages of this repository and the answers of a process that the benchmark started",
        ["src/Kappa.Lab/Selftest/ReferencePoint.cs"] = "a resource of the program",
        ["src/Kappa.Lab/Store/RunEnvironment.cs"] = "/proc/cpuinfo",
        ["src/Kappa.Lab/Store/RunLock.cs"] = "the lock, after RequireOwn",
        ["src/Kappa.Lab/Store/TelemetryFile.cs"] = "opened for writing, after RequireOwn",
        ["src/Kappa.Lab/Store/SpectraFile.cs"] = "opened for writing, after RequireOwn",
        ["src/Kappa.Lab/Store/StoreSync.cs"] = "a handle to flush, nothing is read",
        ["src/Kappa.Lab/Cluster/LockProbe.cs"] = "a file that it makes itself",
        ["src/Kappa.Lab/Cluster/SlurmSweep.cs"] = "a lock, nothing is read",
        ["src/Kappa.Cli/SlurmView.cs"] = "a script that was written just before",
        ["src/Kappa.Cli/Commands/BenchCommand.cs"] = "a page of this repository",
    };

    private static readonly Regex Reading = new(
        @"\bJson(Document|Node)\s*\.\s*Parse\b|\bJsonSerializer\s*\.\s*Deserialize\b|\bFile\s*\.\s*(ReadAll\w+|ReadLines|Open\w*)\b"
            + @"|\bnew\s+(StreamReader|FileStream)\b|\bFileMode\s*\.\s*Open(OrCreate)?\b");

    [Fact]
    public void Only_the_readers_open_files_and_take_documents_apart()
    {
        string[] offences = [
            .. Repository.Under("src/", ".cs").Where(path => !Readers.Keys.Any(reader => path.StartsWith(reader, StringComparison.Ordinal)))
            .SelectMany(path => Repository.Places(path, SourceText.Of(Repository.Read(path)).Code, Reading))];
        Assert.True(
            offences.Length == 0,
            $"Read a document with Kappa.Lab.Formats.StoredDocument and other files with InputFile or RegularFile, which refuse pipes "
                + $"and turn whatever a library throws into one line:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Every_exception_from_this_rule_is_still_one()
    {
        string[] gone = [
            .. Readers.Keys.Where(reader =>
                !Repository.Under("src/", ".cs").Where(path => path.StartsWith(reader, StringComparison.Ordinal))
            .Any(path => Repository.Places(path, SourceText.Of(Repository.Read(path)).Code, Reading).Any()))];
        Assert.True(gone.Length == 0, $"These read no files any more; take them off the list: {string.Join(", ", gone)}.");
    }
}
