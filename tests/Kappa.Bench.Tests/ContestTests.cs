using Kappa.Numerics;
using Xunit;

namespace Kappa.Bench.Tests;

public sealed class ContestTests
{
    private static readonly ContestClock Clock = new() { Rounds = 5, WarmUp = 0 };

    // The neighbour slows both sides of a round alike; the medians over rounds are of different rounds, the ratio is not.
    [Fact]
    public void A_ratio_is_taken_within_its_round()
    {
        double[] noise = [1, 9, 1, 4, 2];
        IReadOnlyList<Standing> standings = new Contest(Clock).Hold(
            [new Scripted("kappa", 1, noise), new Scripted("other", 3, noise)], operations: null, Precision.Double, []);
        Assert.Equal(new Quartiles(1, 1, 2, 4), standings[0].Seconds);
        Assert.Null(standings[0].Ratio);
        Assert.Equal(new Quartiles(3, 3, 3, 3), standings[1].Ratio);
        Assert.Equal(5, standings[1].Rounds);
    }

    [Fact]
    public void A_contestant_that_fails_leaves_with_a_finding()
    {
        List<string> findings = [];
        IReadOnlyList<Standing> standings = new Contest(Clock).Hold(
            [new Scripted("kappa", 1, [1, 1, 1, 1, 1]), new Scripted("other", 1, [1, 1])], operations: null, Precision.Double, findings);
        Assert.Equal(["kappa"], standings.Select(standing => standing.Side));
        Assert.Equal(["other: it ended."], findings);
    }

    [Fact]
    public void Quartiles_lie_between_values_in_proportion()
    {
        Assert.Equal(new Quartiles(1, 1.75, 2.5, 3.25), Quartiles.Of([4, 2, 1, 3]));
        Assert.Equal(new Quartiles(7, 7, 7, 7), Quartiles.Of([7]));
        _ = Assert.Throws<ArgumentException>(() => Quartiles.Of([]));
    }

    [Fact]
    public void A_counter_of_this_thread_grows_with_its_work()
    {
        using InstructionCounter? counter = InstructionCounter.ProcessorTimeOfThisThread();
        if (counter is null)
        {
            Assert.False(InstructionCounter.IsAvailable);
            return;
        }

        // Compilation at the first call is work of this thread, too.
        _ = FmaPeak.Measure(128, Precision.Double, 10);
        double little = counter.Count(() => FmaPeak.Measure(128, Precision.Double, 10)),
            much = counter.Count(() => FmaPeak.Measure(128, Precision.Double, 1_000_000));
        Assert.True(
            much > little, $"A million turns must take more time on the processor than ten but took {much} ns against {little} ns.");
    }

    // The first time is that of calibration.
    private sealed class Scripted(string side, double factor, double[] times) : IContestant
    {
        private int _next = -1;

        public string Side => side;

        public double Seconds(int executions)
        {
            int k = _next++;
            return k < 0 ? factor : k < times.Length ? factor * times[k] * executions : throw new TorchPeerException("it ended.");
        }
    }
}
