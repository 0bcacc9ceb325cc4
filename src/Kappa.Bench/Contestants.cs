using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Kappa.Bench;

/// <summary>Something that can be timed in blocks of executions.</summary>
internal interface IContestant
{
    /// <summary>Who: <c>kappa</c>, <c>torch hand 1</c>, …</summary>
    string Side { get; }

    /// <summary>Executes that many times and returns the time of all.</summary>
    double Seconds(int executions);
}

/// <summary>Work of this process.</summary>
internal sealed class OwnWork(string side, Action work) : IContestant
{
    public string Side => side;

    public double Seconds(int executions)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < executions; i++)
        {
            work();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>Work that a PyTorch process holds ready in a slot.</summary>
internal sealed class TorchWork : IContestant
{
    private readonly TorchPeer _peer;

    /// <summary>Has the peer prepare the work.</summary>
    /// <param name="side">Who; with the peer's number of threads.</param>
    /// <param name="peer">The process.</param>
    /// <param name="request">What to prepare, without operation and slot.</param>
    /// <exception cref="TorchPeerException">It could not.</exception>
    public TorchWork(string side, TorchPeer peer, JsonObject request)
    {
        _peer = peer;
        Side = $"{side} {peer.Threads}";
        var prepare = (JsonObject)request.DeepClone();
        prepare["op"] = "prepare";
        prepare["slot"] = Side;
        _ = peer.Ask(prepare);
    }

    public string Side { get; }

    /// <summary>The reply to <c>check</c>: what the work computes.</summary>
    public JsonObject Check() => _peer.Ask(new JsonObject { ["op"] = "check", ["slot"] = Side });

    public double Seconds(int executions)
    {
        double seconds = TorchPeer.Number(
            _peer.Ask(new JsonObject { ["op"] = "time", ["slot"] = Side, ["executions"] = executions }), "seconds");
        return seconds > 0 ? seconds : throw new TorchPeerException($"torch must take a positive time but says {seconds} s.");
    }

    /// <summary>Has the peer forget everything it holds.</summary>
    public static void Clear(TorchPeer peer) => _ = peer.Ask(new JsonObject { ["op"] = "clear" });
}
