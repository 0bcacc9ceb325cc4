using System.Diagnostics;
using System.Runtime.InteropServices;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Completion;

/// <summary>The scripts in the shells that read them, with the built program as <c>kappa</c>.</summary>
public sealed class ShellTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public ShellTests()
    {
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        string program = _folder.Write(
            "kappa", $"#!/bin/sh\nexec '{runtime}' exec '{Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (string shell in new[] { "bash", "zsh", "fish" })
        {
            string script = CommandLine.Invoke("completion", shell).Results;
            Assert.Contains("kappa complete -- ", script, StringComparison.Ordinal);
            _ = _folder.Write($"completion.{shell}", script);
        }
    }

    public void Dispose() => _folder.Dispose();

    // What bash hands over: the line, the cursor, and the word as bash itself sees it, which begins anew after = and (.
    [Theory]
    [InlineData("kappa ru", "ru", "run")]
    [InlineData("kappa run attentionR", "attentionR", "attentionResidual=")]
    [InlineData("kappa run norm=p", "p", "post pre")]
    [InlineData("kappa run norm=", "", "none post pre")]
    [InlineData("kappa run 'attentionR", "attentionR", "attentionResidual=")]
    [InlineData("kappa run stepSize=ad", "ad", "adaptive\\(")]
    [InlineData("kappa list ", "", "keys theorems")]
    [InlineData("kappa query --format=c", "c", "csv")]
    [InlineData("kappa nonsense x", "x", "")]
    public void The_script_completes_in_bash(string line, string word, string expected)
    {
        string reply = Run(
            "bash", "--norc", "-c",
            "source completion.bash; COMP_LINE=\"$1\" COMP_POINT=${#1}; _kappa kappa \"$2\" x; echo \"${COMPREPLY[*]}\"",
            "bash", line, word);
        Assert.Equal(expected, reply.Trim());
    }

    // bash writes the second name as $'…', in which $( ) is carried out when a double quote is open before it.
    [Theory]
    [InlineData("x;y.json", "x\\;y.json")]
    [InlineData("x\u2028$(touch y).json", "")]
    public void A_name_is_offered_in_bash_only_where_it_stays_a_name(string file, string expected)
    {
        _ = _folder.Write(file, "{}");
        string reply = Run(
            "bash", "--norc", "-c",
            "source completion.bash; COMP_LINE='kappa evaluate x' COMP_POINT=16; _kappa kappa x evaluate; echo \"${COMPREPLY[*]}\"");
        Assert.Equal(expected, reply.Trim());
    }

    [Fact]
    public void An_interactive_bash_completes_at_the_tabulator()
    {
        SkipWithout("script");
        _ = _folder.Write("rc", "PATH=\"$PWD:$PATH\" PS1='> '\nsource completion.bash\nbind 'set bell-style none'\n");
        _ = _folder.Write("keys", "kappa run attentionR\t0\u0001echo \nexit\n");
        string screen = Run("bash", "-c", "script -qec 'bash --noprofile --rcfile rc -i' /dev/null < keys");
        Assert.Contains("kappa run attentionResidual=0", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_completes_in_zsh()
    {
        SkipWithout("zsh");
        string reply = Run(
            "zsh", "-f", "-c",
            "compdef() { }; compadd() { local name=${@[-1]}; print -l -- ${(P)name} }; source completion.zsh; "
                + "words=(kappa run norm=p); CURRENT=3 PREFIX=norm=p; _kappa; words=(kappa run dept); PREFIX=dept; _kappa");
        Assert.Equal("norm=post\nnorm=pre\ndepth=", reply.Trim());
    }

    [Fact]
    public void The_script_completes_in_fish()
    {
        SkipWithout("fish");
        string reply = Run(
            "fish", "--no-config", "-c", "source completion.fish; complete -C 'kappa run norm=p'; complete -C 'kappa list '");
        Assert.Equal(["norm=post", "norm=pre"], reply.Split('\n').Take(2));
        Assert.Contains("theorems\tEvery theorem", reply, StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_of_PowerShell_registers_the_command_and_passes_the_words_on()
    {
        string script = CommandLine.Invoke("completion", "powershell").Results;
        Assert.StartsWith("Register-ArgumentCompleter -Native -CommandName kappa -ScriptBlock {", script, StringComparison.Ordinal);
        Assert.Contains("& kappa complete -- @words 2>$null", script, StringComparison.Ordinal);
        Assert.Contains("[System.Management.Automation.CompletionResult]::new(", script, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_program_leaves_the_prompt_alone()
    {
        _ = _folder.Write("kappa", "#!/bin/sh\necho trouble >&2\nexit 3\n");
        string reply = Run("bash", "--norc", "-c", "source completion.bash; COMP_LINE='kappa r' COMP_POINT=7; _kappa kappa r kappa 2>&1");
        Assert.Equal("", reply);
    }

    private static void SkipWithout(string program)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(at => File.Exists(Path.Combine(at, program))))
        {
            Assert.Skip($"{program} is not installed: completion in it is not tested.");
        }
    }

    private string Run(string shell, params string[] arguments)
    {
        ProcessStartInfo start = new(shell, arguments)
        { RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = _folder.Path };
        start.Environment["PATH"] = $"{_folder.Path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{shell} must start but did not.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Close();
        Assert.True(process.WaitForExit(Patience), $"{shell} must end within {Patience.TotalSeconds} s.");
        return output.Result;
    }
}
