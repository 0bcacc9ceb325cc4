using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary><c>stepSize: best(…)</c>: every factor is tried from the same start, and the run is made with the best.</summary>
public sealed class StepSizeSearchTests : IDisposable
{
    private static readonly string[] Small = ["depth=1", "width=8", "ffnWidth=16", "samples=2", "tokens=3", "steps=60", "seed=3"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("depth=1")]
    [InlineData("model.kind=kernelAttention")]
    [InlineData("model.kind=shallowEncoder")]
    [InlineData("heads=2 norm=pre")]
    [InlineData("depth=2 attentionResidual=0")]
    public void The_run_is_the_one_with_the_first_passage_and_then_the_lowest_end_of_all_that_were_tried(string words)
    {
        string[] keys = [.. Small.Where(word => !words.Contains(word.Split('=')[0], StringComparison.Ordinal)), .. words.Split(' ')];
        if (words.Contains("kind", StringComparison.Ordinal))
            keys = [words, "steps=60", "seed=3"];
        double[] factors = [0.1, 1.9, 0.5, 1e4];

        // Plainly: every factor to its end.
        (double Factor, double[] Losses)[] all = [
            .. factors.Select(factor => (factor, LossesOf(keys, FormattableString.Invariant($"auto({factor:R})"))))];
        (double Factor, double[] Losses)[] stable = [.. all.Where(run => run.Losses[^1] <= run.Losses[0])];
        (double expected, double[] losses) = stable.MinBy(run => (FirstPassage.Of(run.Losses, 1e-2) ?? int.MaxValue, run.Losses[^1]));

        using var experiment = Prepare(keys, "best(0.1,1.9,0.5,10000)");
        Assert.Equal(losses, LossesOf(experiment));
        Assert.Equal(StepSizeSpecification.Auto(expected), experiment.Trials!.Rule(factors));
        Assert.False(experiment.IsAdaptive);
        foreach (StepTrial trial in experiment.Trials!.Trials.Where(trial => trial.Outcome != StepTrial.Overtaken))
        {
            double[] own = all.Single(run => run.Factor == trial.Factor).Losses;
            Assert.Equal(FirstPassage.Of(own, 1e-2), (int?)trial.Passage);
            Assert.Equal(stable.Any(run => run.Factor == trial.Factor), trial.IsStable);
        }
    }

    [Fact]
    public void The_first_passage_wins_then_the_lowest_end_then_the_factor_named_first_and_only_if_stable()
    {
        Assert.Equal(1, Best(("0.1", 50, 1e-9), ("1", 10, 1e-3)));
        Assert.Equal(0.1, Best(("0.1", 50, 0.5), ("1", null, 0.2), ("2", 10, 1.5), ("4", 3, double.NaN)));
        Assert.Equal(1, Best(("0.1", null, 0.5), ("1", null, 0.2), ("2", null, 0.3)));
        Assert.Equal(2, Best(("2", 10, 0.2), ("1", 10, 0.2)));
        Assert.Null(Best(("1", 10, 1.5), ("2", null, double.NaN)));

        static double? Best(params (string Factor, long? Passage, double End)[] made)
        {
            double[] factors = [.. made.Select(trial => double.Parse(trial.Factor, System.Globalization.CultureInfo.InvariantCulture))];
            StepTrial[] trials = [
                .. made.Select((trial, k) => new StepTrial(factors[k], factors[k], trial.Passage, trial.End, 100, "StepBudget"))];
            return new StepTrials { LargestEigenvalue = 1, Trials = [.. trials.Reverse()] }.Best(factors)?.Factor;
        }
    }

    [Fact]
    public void Where_every_factor_diverges_the_run_is_the_adaptive_one()
    {
        using var experiment = Prepare(Small, "best(100000,10000)");
        double[] losses = LossesOf(experiment);
        Assert.True(experiment.IsAdaptive);
        Assert.Equal(LossesOf(Small, "adaptive(1)"), losses);
        Assert.All(experiment.Trials!.Trials, trial => Assert.False(trial.IsStable));
        Assert.Contains("is adaptive(1)", experiment.Trials.Words(experiment.Specification.Descent.StepSize), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_tried_before_an_interruption_is_not_tried_again()
    {
        string[] keys = [.. Small, "stepSize=best(0.1,0.5,1)"];
        RunFiles whole = Run(_folder.At("whole"), keys);
        foreach (int stop in (int[])[1, 2, 3])
        {
            using var cancellation = new CancellationTokenSource();
            int told = 0;
            string store = _folder.At($"stopped{stop}");
            using (var experiment = Prepare(Small, "best(0.1,0.5,1)"))
            {
                _ = Assert.ThrowsAny<OperationCanceledException>(() => experiment.Decide(
                    tell: trials =>
                    {
                        _ = Directory.CreateDirectory(store);
                        trials.Write(new RunFiles(store));
                        if (++told == stop)
                            cancellation.Cancel();
                    },
                    watch: _ => cancellation.Token.ThrowIfCancellationRequested(),
                    cancellation: stop == 3 ? new CancellationToken(canceled: true) : cancellation.Token));
            }

            // What was told is not tried again.
            StepTrials? known = StepTrials.Find(new RunFiles(store));
            using var again = Prepare(Small, "best(0.1,0.5,1)");
            int tried = 0;
            again.Decide(known, _ => tried++, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(3 - (known?.Trials.Count ?? 0), tried);
            Assert.Equal(File.ReadAllText(whole.StepSize), again.Trials!.Text() + "\n");
        }
    }

    [Theory]
    [InlineData("best()", "must try 1 to 16 factors")]
    [InlineData("best(1,0)", "must try finite factors greater than 0")]
    [InlineData("best(-1)", "must try finite factors greater than 0")]
    [InlineData("best(1,NaN)", "must try finite factors greater than 0")]
    [InlineData("best(1,1)", "must try each factor once")]
    [InlineData("best(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17)", "must try 1 to 16 factors")]
    [InlineData("best(1,)", "must be a number, auto(c), adaptive(c), best(c,c,…) or same(RUN)")]
    public void What_cannot_be_tried_is_refused_in_one_line(string value, string reason)
    {
        SpecificationReading reading = SpecificationReader.Read(null, [$"stepSize={value}"]);
        Assert.Contains(reason, Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_whose_losses_may_rise_take_no_best_step()
    {
        foreach (string other in (string[])["method=momentum", "method=adam", "warmUp=3", "weightDecay=0.1", "batchSize=1"])
            _ = Assert.Single(SpecificationReader.Read(null, ["stepSize=best(0.1,1)", other]).Problems);
    }

    private static Experiment Prepare(string[] keys, string stepSize)
    {
        SpecificationReading reading = SpecificationReader.Read(null, [.. keys, $"stepSize={stepSize}"]);
        Assert.Empty(reading.Problems);
        return Experiment.Prepare(reading.Specification!);
    }

    private static double[] LossesOf(string[] keys, string stepSize)
    {
        using var experiment = Prepare(keys, stepSize);
        return LossesOf(experiment);
    }

    // The last one may be infinite: the loss at which the run diverged.
    private static double[] LossesOf(Experiment experiment)
    {
        var losses = new List<double>();
        DescentState start = experiment.Start();
        DescentOutcome outcome = experiment.Descent.Run(
            start, step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
        return outcome.Reason == StopReason.NonFinite ? [.. losses, double.PositiveInfinity] : [.. losses];
    }

    private static RunFiles Run(string store, string[] keys)
    {
        using var prepared = PreparedRun.Of(SpecificationReader.Read(null, keys).Specification!);
        using RunFolder folder = RunFolder.Create(
            store, "run", prepared.Specification, RunEnvironment.Current([], 1, TimeProvider.System), TimeProvider.System);
        _ = prepared.Execute(folder, cancellation: TestContext.Current.CancellationToken);
        return folder.Files;
    }
}
