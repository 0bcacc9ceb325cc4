using System.Globalization;

namespace Kappa.Bench;

/// <summary>What the suites of one benchmark run share.</summary>
internal sealed class BenchmarkContext(BenchmarkRequest request, TorchPeers peers, IProgress<BenchmarkRow>? progress)
{
    private readonly Dictionary<string, (double Worst, int Cases)> _agreements = [];

    public BenchmarkRequest Request => request;

    public TorchPeers Peers => peers;

    public ContestClock Clock { get; } = ClockOf(request);

    public List<BenchmarkRow> Rows { get; } = [];

    public List<string> Findings { get; } = [];

    /// <summary>Threads of the peers that take part against Kappa with that many threads: torch may be faster with one.</summary>
    public IEnumerable<TorchPeer> PeersAgainst(int threads) =>
        new[] { 1, threads }.Distinct().Select(peers.WithThreads).OfType<TorchPeer>();

    /// <summary>Adds how well each peer agreed with Kappa before it was timed.</summary>
    public void Conclude()
    {
        foreach ((string side, (double worst, int cases)) in _agreements.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Findings.Add(
                FormattableString.Invariant($"{side}: computes what Kappa computes, to {worst:0.0e+00} at worst in {cases} cases."));
        }
    }

    /// <summary>Times the contestants in turns and keeps a row of each.</summary>
    /// <param name="like">The row of Kappa, without numbers.</param>
    /// <param name="contestants">Kappa first.</param>
    /// <param name="operations">Of one execution.</param>
    /// <param name="clock">Other conditions than those of the rest.</param>
    public void Hold(BenchmarkRow like, IReadOnlyList<IContestant> contestants, double? operations, ContestClock? clock = null)
    {
        double? before = like.Threads > 1 ? CoreRoundTrip.Measure() : null;
        foreach (Standing standing in new Contest(clock ?? Clock).Hold(contestants, operations, like.Precision, Findings))
        {
            Add(like with
            {
                Side = standing.Side,
                Microseconds = standing.Seconds.Scaled(1e6),
                Gflops = operations / standing.Seconds.Median / 1e9,
                ShareOfPeak = standing.ShareOfPeak / like.Threads,
                Ratio = standing.Ratio,
                Bytes = standing.Ratio is null ? like.Bytes : null,
                Instructions = standing.Ratio is null ? like.Instructions : null,
                Rounds = standing.Rounds,
            });
        }

        if (before is double first && CoreRoundTrip.Measure() is double last)
        {
            Findings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{like.Work} {like.Size}, depth {like.Depth}, {like.Precision.ToString().ToLowerInvariant()}, {like.Threads} "
                        + $"threads: a round trip between two cores took {first:F0} ns before and {last:F0} ns after."));
        }

        Clear();
    }

    /// <summary>Keeps a row.</summary>
    public void Add(BenchmarkRow row)
    {
        Rows.Add(row);
        progress?.Report(row);
    }

    /// <summary>Prepares the work of a peer; null, with a finding, when it fails.</summary>
    public TorchWork? Prepare(string side, TorchPeer peer, System.Text.Json.Nodes.JsonObject work)
    {
        try
        {
            return new TorchWork(side, peer, work);
        }
        catch (TorchPeerException failure)
        {
            Findings.Add($"{side} {peer.Threads}: {failure.Message}");
            return null;
        }
    }

    /// <summary>Whether a peer computes the same numbers; if not, or if it fails, a finding says so.</summary>
    /// <param name="torch">The peer's work.</param>
    /// <param name="expected">Names and values of its reply to <c>check</c>.</param>
    /// <param name="tolerance">Largest relative difference.</param>
    /// <param name="what">What is compared, for the finding.</param>
    public bool Agrees(TorchWork torch, IEnumerable<(string Name, double Value)> expected, double tolerance, string what)
    {
        try
        {
            System.Text.Json.Nodes.JsonObject reply = torch.Check();
            double worst = expected.Max(pair => Math.Abs(TorchPeer.Number(reply, pair.Name) - pair.Value) / Math.Abs(pair.Value));
            if (worst <= tolerance)
            {
                (double before, int cases) = _agreements.GetValueOrDefault(torch.Side);
                _agreements[torch.Side] = (Math.Max(before, worst), cases + 1);
                return true;
            }

            Findings.Add(
                FormattableString.Invariant(
                    $"{torch.Side}: {what} must agree to {tolerance:0e+00} but differ by {worst:0.0e+00}: not timed."));
            return false;
        }
        catch (TorchPeerException failure)
        {
            Findings.Add($"{torch.Side}: {failure.Message}");
            return false;
        }
    }

    private void Clear()
    {
        foreach (TorchPeer peer in PeersAgainst(Request.Threads.Max()))
        {
            try
            {
                TorchWork.Clear(peer);
            }
            catch (TorchPeerException)
            {
                // Its failure has been recorded where it mattered.
            }
        }
    }

    private static ContestClock ClockOf(BenchmarkRequest request)
    {
        ContestClock clock = request.IsQuick
            ? new ContestClock { Rounds = 7, FewestRounds = 3, WarmUp = 0.25, Budget = 1.5 }
            : new ContestClock();
        return request.Rounds is int rounds ? clock with { Rounds = rounds, FewestRounds = Math.Min(rounds, clock.FewestRounds) } : clock;
    }
}
