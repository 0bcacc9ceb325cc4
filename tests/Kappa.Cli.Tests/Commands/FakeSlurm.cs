namespace Kappa.Cli.Tests.Commands;

/// <summary>Commands of Slurm that answer what a test wants, on a PATH of their own, for a process of <c>kappa</c>.</summary>
internal sealed class FakeSlurm : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>All four commands; a cluster with arrays of at most 4 tasks
    /// that numbers its jobs from 101 on and has nothing queued.</summary>
    public FakeSlurm()
    {
        Answer("scontrol", "echo 'Configuration data as of now'; echo 'MaxArraySize            = 4'");
        Answer("squeue", $"cat '{_folder.At("queue")}' 2>/dev/null || true");
        Answer("scancel", "true");
        Answer("sbatch", $"n=$(( 100 + $(grep -c '^sbatch ' '{Calls}') )); echo $n");
    }

    /// <summary>The calls of all commands, a line for each.</summary>
    public string[] CallsOf(string command) =>
        File.Exists(Calls) ? [.. File.ReadAllLines(Calls).Where(line => line.StartsWith($"{command} ", StringComparison.Ordinal))] : [];

    private string Calls => _folder.At("calls");

    /// <summary>Replaces one command by lines of shell.</summary>
    public void Answer(string command, string shell)
    {
        string path = _folder.Write(command, $"#!/bin/sh\necho \"{command} $*\" >> '{Calls}'\n{shell}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Removes one command.</summary>
    public void Remove(string command) => File.Delete(_folder.At(command));

    /// <summary>What squeue prints: name, job, index.</summary>
    public void Queue(params string[] lines) => _folder.Write("queue", string.Concat(lines.Select(line => line + "\n")));

    /// <summary>Runs <c>kappa</c> with these commands before all others on the
    /// PATH; with <paramref name="alone"/>, and none of the machine's.</summary>
    public CommandOutcome Invoke(string[] arguments, bool alone = false)
    {
        using var kappa = ChildProcess.StartIn(new() { ["PATH"] = alone ? _folder.Path : $"{_folder.Path}:/usr/bin:/bin" }, arguments);
        return kappa.End();
    }

    public void Dispose() => _folder.Dispose();
}
