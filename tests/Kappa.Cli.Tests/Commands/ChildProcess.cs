using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>The command line as a process of its own, for what only a process has: signals, exit codes, streams.</summary>
internal sealed class ChildProcess : IDisposable
{
    // Far more than any wait here takes on a busy machine; reached only when something hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _messages = new();
    private readonly StringBuilder _results = new();

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Collect(_results, line.Data);
        process.ErrorDataReceived += (_, line) => Collect(_messages, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts <c>kappa</c> with the runtime of this process.</summary>
    public static ChildProcess Start(params string[] arguments) => StartWith(null, arguments);

    /// <summary>Starts <c>kappa</c> without a set of instructions that this machine may have.</summary>
    /// <param name="switchedOff">The runtime's name of the set, as <c>AVX2</c>; <c>null</c> for all.</param>
    /// <param name="arguments">The words after the command's name.</param>
    public static ChildProcess StartWith(string? switchedOff, params string[] arguments) =>
        StartIn(switchedOff is null ? [] : new() { [$"DOTNET_Enable{switchedOff}"] = "0" }, arguments);

    /// <summary>Starts <c>kappa</c> with some variables of its environment set.</summary>
    public static ChildProcess StartIn(Dictionary<string, string> environment, params string[] arguments)
    {
        string runtime = Path.GetFullPath(
            Path.Combine(
                RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        var start = new ProcessStartInfo(runtime, ["exec", Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{runtime} must start but did not."));
    }

    /// <summary>Starts <c>kappa</c> where no file may have more than so many KiB: a write beyond fails as on a full disk.</summary>
    public static ChildProcess StartLimited(int kibibytes, params string[] arguments) =>
        StartInShell(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ulimit -f {kibibytes}; exec \"$0\" \"$@\""), arguments);

    /// <summary>Starts <c>kappa</c> from a script of bash, in which <c>"$0" "$@"</c> is the command.</summary>
    public static ChildProcess StartInShell(string script, params string[] arguments)
    {
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo(
            "bash",
            [
                "-c", script, runtime, "exec", Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll"),
                .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true };

        // The runtime maps its code through a large file of its own otherwise.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException("bash must start but did not."));
    }

    /// <summary>The command as such a process calls it in its messages.</summary>
    public static string Name { get; } =
        CommandName.Of(new("dotnet", Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll"), null, Environment.CurrentDirectory));

    /// <summary>Kills the process unless it ends by itself within a time.</summary>
    /// <returns>Whether it ended.</returns>
    public bool EndsWithin(TimeSpan time)
    {
        bool ended = _process.WaitForExit(time);
        if (!ended)
        {
            Kill();
        }

        return ended;
    }

    /// <summary>Waits until something is true of the files that the living process writes.</summary>
    public void WaitUntil(Func<bool> isTrue, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isTrue())
        {
            Assert.False(_process.WaitForExit(TimeSpan.FromMilliseconds(5)), $"The process ended before {what}: {_messages}");
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"{what} must happen within {Patience} but did not: {_messages}");
        }
    }

    /// <summary>Sends a signal by its name, as a user's <c>kill</c> does.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.True(kill.WaitForExit(Patience));
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Ends the process without a chance to save anything.</summary>
    public void Kill()
    {
        _process.Kill();
        Assert.True(_process.WaitForExit(Patience));
    }

    /// <summary>Waits for the end.</summary>
    public CommandOutcome End()
    {
        Assert.True(_process.WaitForExit(Patience), $"The process must end within {Patience}: {_messages}");
        _process.WaitForExit(); // The streams end after the process.
        return new CommandOutcome(_process.ExitCode, _results.ToString(), _messages.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static void Collect(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            _ = text.Append(line).Append('\n');
        }
    }
}
