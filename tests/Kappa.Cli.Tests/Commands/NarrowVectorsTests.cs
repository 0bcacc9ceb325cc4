using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>The whole computation on machines with narrower vectors than this one.</summary>
public sealed class NarrowVectorsTests
{
    [Theory]
    [InlineData("AVX512")]
    [InlineData("AVX2")]
    public void The_self_test_passes_without_instructions_that_this_machine_may_have(string instructions)
    {
        using ChildProcess child = ChildProcess.StartWith(instructions, "selftest", "--certified-runs", "20");
        CommandOutcome outcome = child.End();
        Assert.True(outcome.ExitCode == 0, $"{outcome.Results}\n{outcome.Messages}");
    }
}
