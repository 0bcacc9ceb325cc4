using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>A verdict is a finding: exit code 0 whatever it is, and 1 for
/// a negative one where a script asks with <c>--exit-code</c>.</summary>
public sealed class VerdictExitCodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_command_that_ran_to_its_end_returns_0_and_1_only_when_it_is_asked()
    {
        RunFiles one = CommandLine.Run(_folder.Path, CommandLine.Tiny),
            other = CommandLine.Run(_folder.Path, [.. CommandLine.Tiny, "seed=1"]);
        string[][] commands =
        [
            ["certify", one.Path, "--check", "0"],
            ["evaluate", one.Path],
            ["compare", one.Path, other.Path],
        ];
        Assert.All(
            commands,
            command =>
                Assert.Equal((0, 1), (CommandLine.Invoke(command).ExitCode, CommandLine.Invoke([.. command, "--exit-code"]).ExitCode)));
        Assert.Equal(0, CommandLine.Invoke("compare", one.Path, one.Path, "--exit-code").ExitCode);
    }

    [Theory]
    [InlineData("reproduce residual")]
    [InlineData("reproduce kernels")]
    [InlineData("reproduce shallow")]
    [InlineData("certify")]
    [InlineData("evaluate")]
    [InlineData("compare")]
    [InlineData("bench")]
    public void Commands_with_verdicts_offer_the_option(string command) =>
        Assert.Contains("--exit-code", CommandLine.Invoke([.. command.Split(' '), "--help"]).Results, StringComparison.Ordinal);
}
