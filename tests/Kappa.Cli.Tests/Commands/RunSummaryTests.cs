using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What a run's summary says: what happened, in words, and what to change; and that the advice helps.</summary>
public sealed class RunSummaryTests : IDisposable
{
    private static readonly string[] Deep = ["depth=4", "steps=200"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_deep_residual_run_says_why_it_starts_high_and_the_key_it_names_helps()
    {
        (string summary, double first, double share) = Summary(Deep);
        (string scaled, double lower, double less) = Summary([.. Deep, "branchScale=inverseSqrtDepth"]);
        Assert.Contains("branchScale=inverseSqrtDepth", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("Why it starts", scaled, StringComparison.Ordinal);
        Assert.True(lower < 0.5 * first && less < share, $"{first} and {share}, with the key {lower} and {less}");
    }

    [Fact]
    public void A_run_whose_tokens_become_equal_says_from_which_layer_on_and_what_keeps_them_apart()
    {
        string[] words = ["depth=6", "steps=50", "attentionResidual=0"];
        string summary = Summary(words).Text;
        Assert.Matches(@"The tokens of a sample have become equal from layer \d on", summary);
        Assert.Contains("attentionResidual=1", summary, StringComparison.Ordinal);
        Assert.Contains(
            "stay different in every layer", Summary([.. words[..2], "attentionResidual=1", "branchScale=inverseSqrtDepth"]).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_says_so_and_that_a_smaller_step_may_help()
    {
        string summary = Summary([.. CommandLine.Tiny, "stepSize=100"]).Text;
        Assert.Contains("diverge", summary, StringComparison.Ordinal);
        Assert.Contains("smaller step size", summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("steps=3")]
    [InlineData("steps=50")]
    [InlineData("steps=400")]
    [InlineData("stepSize=100")]
    [InlineData("attentionResidual=0")]
    public void No_name_of_the_program_is_printed_for_an_outcome(string setting)
    {
        string summary = Summary([.. CommandLine.Tiny.Where(word => word.Split('=')[0] != setting.Split('=')[0]), setting]).Text;
        string[] names = [
            .. Enum.GetNames<RateOutcome>().Concat(Enum.GetNames<StopReason>()).Where(name => name.Skip(1).Any(char.IsUpper))];
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.DoesNotContain(name, summary, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"\dE[+-]\d", summary);
    }

    [Fact]
    public void Nearly_equal_tokens_are_not_called_different_and_a_loss_that_does_not_move_is_not_sent_further()
    {
        string summary = Summary(["attentionResidual=0", "steps=3"]).Text;
        Assert.Matches(@"The tokens of a sample are nearly equal", summary);
        string still = Summary([.. CommandLine.Tiny, "gradientClip=1e-300"]).Text;
        Assert.Contains("the loss has not moved", still, StringComparison.Ordinal);
        Assert.DoesNotContain("more steps", still, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, 51, "must have a row for step 20, which the run made on its way to step 50, but ends before it")]
    [InlineData(3, 20, "must have a row for step 3, but step 20 follows the one before")]
    public void Telemetry_that_was_cut_is_no_shorter_run(int from, int to, string problem)
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        File.WriteAllLines(run.Telemetry, File.ReadAllLines(run.Telemetry).Where((_, line) => line <= from || line > to));
        CommandOutcome shown = CommandLine.Invoke("show", run.Path);
        Assert.Equal(3, shown.ExitCode);
        Assert.Contains(problem, shown.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_behind_its_telemetry_is_told()
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        File.WriteAllText(run.Status, File.ReadAllText(run.Status).Replace("\"step\": 50", "\"step\": 20", StringComparison.Ordinal));
        CommandOutcome shown = CommandLine.Invoke("show", run.Path);
        Assert.Equal(3, shown.ExitCode);
        Assert.Contains(
            "says that the run is done at step 20 but its telemetry goes on to step 50", shown.Messages, StringComparison.Ordinal);
    }

    private (string Text, double First, double Share) Summary(string[] words)
    {
        RunFiles run = CommandLine.Run(_folder.Path, words);
        ReadOnlySpan<double> losses = RunAnalysis.Of(RunRecord.Read(run.Path)).Telemetry["loss"];
        CommandOutcome outcome = CommandLine.Invoke("show", run.Path);
        return (
            string.Join(' ', outcome.Results.Split('\n')), losses.IsEmpty ? double.NaN : losses[0],
            losses.IsEmpty ? double.NaN : losses[^1] / losses[0]);
    }
}
