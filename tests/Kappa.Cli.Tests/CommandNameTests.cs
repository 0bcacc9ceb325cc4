using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests;

/// <summary>A command in a message is written as the program was started, so that it works when it is copied.</summary>
public sealed class CommandNameTests
{
    private const string Home = "/home-of/x";

    [Theory]
    [InlineData("/tools/kappa", "/tools/Kappa.Cli.dll", "/usr/bin", "/tools/kappa")]
    [InlineData(Home + "/tools/kappa", "", "/usr/bin", "tools/kappa")]
    [InlineData(Home + "/kappa", "", "/usr/bin", "./kappa")]
    [InlineData(Home + "/artifacts/Kappa.Cli", "", "/usr/bin", "artifacts/Kappa.Cli")]
    [InlineData("/else where/Kappa.Cli", "", "/usr/bin", "'/else where/Kappa.Cli'")]
    [InlineData("/usr/bin/dotnet", Home + "/a/Kappa.Cli.dll", "/usr/bin", "dotnet a/Kappa.Cli.dll")]
    [InlineData("/usr/bin/dotnet", "/packages/kappa/0.2.0/tools/net10.0/any/Kappa.Cli.dll", "/usr/bin", "dotnet kappa")]
    [InlineData("/usr/bin/dotnet", "/somebody/Else.dll", "/usr/bin", "kappa")]
    [InlineData("/somebody/Else", "/somebody/Else.dll", "/usr/bin", "kappa")]
    [InlineData(null, null, null, "kappa")]
    public void The_command_is_written_as_the_program_was_started(string? program, string? library, string? path, string expected) =>
        Assert.Equal(expected, CommandName.Of(new(program, library, path, Home)));

    [Fact]
    public void An_installed_command_on_the_search_path_is_called_by_its_name()
    {
        using var folder = new TemporaryFolder();
        string program = folder.Write("kappa", "");
        Assert.Equal("kappa", CommandName.Of(new(program, null, $"/usr/bin{Path.PathSeparator}{folder.Path}", Home)));
        Assert.Equal(program, CommandName.Of(new(program, null, "/usr/bin", null)));
    }

    [Theory]
    [InlineData("Continue: kappa run --resume x", "Continue: ./k run --resume x")]
    [InlineData("kappa: try kappa list keys, then kappa --help", "kappa: try ./k list keys, then ./k --help")]
    [InlineData("κ, kappa in output.kappa < 1e3, runs/kappa run", "κ, kappa in output.kappa < 1e3, runs/kappa run")]
    public void Commands_in_a_message_are_translated_and_nothing_else(string text, string expected) =>
        Assert.Equal(expected, CommandName.Translated(text, "./k"));

    [Fact]
    public void Every_command_is_translated() =>
        Assert.All(
            Program.BuildRoot(new Terminal(TextWriter.Null, TextWriter.Null, false, false)).Subcommands.Where(command => !command.Hidden),
            command => Assert.Equal($"./k {command.Name}", CommandName.Translated($"kappa {command.Name}", "./k")));

    [Fact]
    public void A_process_tells_the_command_that_started_it()
    {
        using ChildProcess process = ChildProcess.Start("run", "--fast");
        Assert.EndsWith($"Try: {ChildProcess.Name} run --help\n", process.End().Messages, StringComparison.Ordinal);
    }
}
