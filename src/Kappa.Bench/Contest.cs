using System.Diagnostics;
using System.Runtime;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>How one contestant fared.</summary>
/// <param name="Side">Who.</param>
/// <param name="Seconds">Of one execution.</param>
/// <param name="Ratio">Its time over that of the first contestant in the same round; null for the first.</param>
/// <param name="ShareOfPeak">Of the first contestant: its rate over the peak measured right before and after its block.</param>
/// <param name="Rounds">Rounds that were timed.</param>
internal sealed record Standing(string Side, Quartiles Seconds, Quartiles? Ratio, double? ShareOfPeak, int Rounds);

/// <summary>Times several contestants in turns, a block of each in every round, so that a
/// noisy neighbour slows all alike and ratios within a round stay meaningful.</summary>
/// <param name="clock">The conditions.</param>
internal sealed class Contest(ContestClock clock)
{
    private const int PeakIterations = 60_000;

    // On a busy machine compilation in the background comes late. Steady is who got no
    // faster, with nothing compiled meanwhile, for some blocks of a fifth of the warm-up.
    private const int LongestWarmUp = 8;
    private const int SteadyBlocks = 3;

    // In lead-ins: a turn so long has its own beginning, and does not notice it.
    private const int LongTurn = 20;

    /// <summary>Holds the contest.</summary>
    /// <param name="contestants">The first is the one whose share of the peak is asked; one whose peer fails leaves the contest.</param>
    /// <param name="operations">Floating-point operations of one execution; null when they are not counted.</param>
    /// <param name="precision">Which peak counts.</param>
    /// <param name="findings">Receives a sentence about each contestant that left.</param>
    public IReadOnlyList<Standing> Hold(
        IReadOnlyList<IContestant> contestants, double? operations, Precision precision, List<string> findings)
    {
        List<Entrant> entrants = [];
        foreach (IContestant contestant in contestants)
        {
            Try(contestant, findings, () => entrants.Add(new Entrant(contestant, Calibrate(contestant))));
        }

        List<double> shares = [];
        double round = entrants.Sum(entrant => entrant.Turn);
        int rounds = Math.Clamp((int)(clock.Budget / round), Math.Min(clock.FewestRounds, clock.Rounds), clock.Rounds);
        double before = Peak(precision);
        for (int k = 0; k < rounds; k++)
        {
            foreach (Entrant entrant in entrants.ToArray())
            {
                if (!Try(entrant.Contestant, findings, () => entrant.TakeTurn(clock.LeadIn)))
                {
                    _ = entrants.Remove(entrant);
                }

                if (ReferenceEquals(entrant.Contestant, contestants[0]))
                {
                    double after = Peak(precision);
                    shares.Add((operations ?? 0) / entrant.Times[^1] / 1e9 / Math.Max(before, after));
                }
            }

            before = Peak(precision);
        }

        return [.. entrants.Select(entrant => entrant.Standing(entrants[0], operations is null ? null : Quartiles.Of(shares).Median))];
    }

    private double Peak(Precision precision)
    {
        double peak = FmaPeak.Measure(clock.VectorBits, precision, PeakIterations);
        clock.Peaks[precision].Add(peak);
        return peak;
    }

    // Warm means compiled with full optimisation as well: in tiers that takes some executions and a few tenths of a second.
    private Calibration Calibrate(IContestant contestant)
    {
        (double seconds, double beside) = Timed(contestant, 1);
        double spent = seconds + beside;
        for (int steadyBlocks = 0; spent < clock.WarmUp || (steadyBlocks < SteadyBlocks && spent < LongestWarmUp * clock.WarmUp);)
        {
            long compiled = JitInfo.GetCompiledMethodCount();
            int executions = Math.Clamp((int)(0.2 * clock.WarmUp / seconds), 1, 100_000);
            (double block, beside) = Timed(contestant, executions);
            bool isSteady = block / executions > 0.9 * seconds && JitInfo.GetCompiledMethodCount() == compiled;
            steadyBlocks = isSteady ? steadyBlocks + 1 : 0;
            seconds = block / executions;
            spent += block + beside;
        }

        int timed = Math.Max(1, (int)Math.Round(clock.Block / seconds));
        return new Calibration(timed, seconds, (timed * seconds) + beside);
    }

    // What it says, and how much longer it took: a sweep runs whole however few run-steps are asked for, and says their share of its time.
    private static (double Seconds, double Beside) Timed(IContestant contestant, int executions)
    {
        long start = Stopwatch.GetTimestamp();
        double seconds = contestant.Seconds(executions);
        return (seconds, Math.Max(0, Stopwatch.GetElapsedTime(start).TotalSeconds - seconds));
    }

    private static bool Try(IContestant contestant, List<string> findings, Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (TorchPeerException failure)
        {
            findings.Add($"{contestant.Side}: {failure.Message}");
            return false;
        }
    }

    // Executions of a block, seconds of one, and how long a turn takes.
    private sealed record Calibration(int Executions, double Seconds, double Turn);

    private sealed class Entrant(IContestant contestant, Calibration calibration)
    {
        public IContestant Contestant => contestant;

        public int Executions => calibration.Executions;

        public double Turn => calibration.Turn;

        public List<double> Times { get; } = [];

        // Untimed at first: the other side's threads may still be watching for work
        // on this side's cores, and this side's matrices have left the caches.
        public void TakeTurn(double leadIn)
        {
            int leading = (int)Math.Min(Executions, leadIn / calibration.Seconds);
            _ = leading > 0 && Turn < LongTurn * leadIn ? contestant.Seconds(leading) : 0;
            Times.Add(contestant.Seconds(Executions) / Executions);
        }

        public Standing Standing(Entrant first, double? share)
        {
            bool isFirst = ReferenceEquals(this, first);
            Quartiles? ratio = isFirst ? null : Quartiles.Of([.. Times.Zip(first.Times, (mine, theirs) => mine / theirs)]);
            return new Standing(contestant.Side, Quartiles.Of(Times), ratio, isFirst ? share : null, Times.Count);
        }
    }
}

/// <summary>How a contest is timed.</summary>
internal sealed record ContestClock
{
    /// <summary>Most rounds.</summary>
    public int Rounds { get; init; } = 21;

    /// <summary>Fewest rounds, however long one takes: five still have a median and quartiles.</summary>
    public int FewestRounds { get; init; } = 5;

    /// <summary>Seconds of one block.</summary>
    public double Block { get; init; } = 5e-3;

    /// <summary>Seconds that a contestant runs untimed at the beginning of each turn, if an execution is that short.</summary>
    public double LeadIn { get; init; } = 5e-3;

    /// <summary>Seconds that a contestant runs before it is timed.</summary>
    public double WarmUp { get; init; } = 0.4;

    /// <summary>Seconds of all rounds together, if the fewest rounds allow.</summary>
    public double Budget { get; init; } = 8;

    /// <summary>Registers that the peak is measured with.</summary>
    public int VectorBits { get; init; } = FmaPeak.WidestBits;

    /// <summary>Every peak measured so far, GFLOP/s of one core.</summary>
    public IReadOnlyDictionary<Precision, List<double>> Peaks { get; } = new Dictionary<Precision, List<double>>
    { [Precision.Double] = [], [Precision.Single] = [] };
}
