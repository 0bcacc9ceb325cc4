using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Scales at which numbers overflow or vanish: an outcome in words or a refusal with the key, never a stack trace.</summary>
public sealed class BadScaleTests
{
    private static readonly string[] Encoder = [
        "model.kind=shallowEncoder", "width=4", "encoderWidth=8", "samples=3", "tokens=3", "steps=4"];

    [Fact]
    public void A_step_size_that_cannot_be_determined_is_refused_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(
            folder,
            ["run", .. Encoder, "outputScale=1e-155", "--out", folder.At("runs")],
            "descent.stepSize: auto(0.5) must be a finite step size greater than 0, but the largest eigenvalue of the kernel at the "
                + "start is 1.27E-309, which is 0 to rounding: no first step changes the outputs. Give stepSize a number.");
    }

    [Theory]
    [InlineData("activationSmoothing=1e-300", "activationSmoothing must be from 1E-100 to 1E+100 but is 1e-300.")]
    [InlineData("gain=1e308 valueGain=1e308", "gain × valueGain must be a finite number but they are 1E+308 and 1E+308; reduce one.")]
    public void A_range_of_the_model_is_a_range_of_its_key(string words, string message)
    {
        using var folder = new TemporaryFolder();
        string[] settings = words.Split(' ');
        BadInput.Refuse(folder, ["run", .. settings, "--out", folder.At("runs")], $"command line: '{settings[0]}': {message}");
    }

    [Theory]
    [InlineData(
        "targetScale=1e160", "The first loss is not finite, before any step is made: the targets are as large as",
        "look at targetScale.")]
    [InlineData(
        "tokenScale=1e160", "The first loss is not finite, before any step is made: the tokens are as large as", "look at tokenScale.")]
    [InlineData("gain=1e300", "The first loss is not finite, before any step is made: the model's output", "look at the gains")]
    public void A_first_loss_that_is_not_finite_is_called_so_with_the_scale_to_look_at(string word, string reason, string remedy)
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(folder.At("runs"), [.. CommandLine.Tiny, word]);
        string status = RunRecord.Read(run.Path).Status.Message!;
        Assert.StartsWith(reason, status, StringComparison.Ordinal);
        Assert.Contains(remedy, status, StringComparison.Ordinal);
        Assert.DoesNotContain("smaller step size", CommandLine.Invoke("show", run.Path).Results, StringComparison.Ordinal);
    }

    // The rates of the ladder overflow, which JSON cannot hold.
    [Theory]
    [InlineData("stepSize=1e155")]
    [InlineData("stepSize=1e300")]
    public void A_run_that_overflows_at_once_diverges_like_any_other(string word)
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(folder.At("runs"), [.. Encoder, word]);
        Assert.StartsWith(
            "It diverged: loss or gradient are not finite after", RunRecord.Read(run.Path).Status.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", File.ReadAllText(run.Ladder), StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke("show", run.Path, "--json").ExitCode);
    }

    [Fact]
    public void A_block_that_vanishes_has_a_ladder_of_numbers_and_null()
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(
            folder.At("runs"), "width=8", "ffnWidth=8", "samples=2", "tokens=4", "ffnInGain=1e-160", "ffnResidual=0", "steps=3");
        Assert.DoesNotContain("Infinity", File.ReadAllText(run.Ladder), StringComparison.Ordinal);
        CommandOutcome shown = CommandLine.Invoke("show", run.Path, "--json");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Messages));
    }
}
