using System.Reflection;
using System.Text.Json.Nodes;

namespace Kappa.Bench;

/// <summary>The PyTorch processes of one benchmark run, one for each number of threads, or the reason why there is none.</summary>
/// <remarks>The scripts are resources of this assembly and are written into
/// a temporary folder, so that the program needs no checkout.</remarks>
internal sealed class TorchPeers : IDisposable
{
    private const string Prefix = "peer/";

    /// <summary>The distribution's Python first: another one on the path seldom has its packages.</summary>
    private static readonly string[] s_pythons = ["/usr/bin/python3", "python3"];

    private readonly Dictionary<int, TorchPeer?> _peers = [];
    private readonly string? _folder;

    private TorchPeers(string? folder, string reason) => (_folder, Reason) = (folder, reason);

    /// <summary>Why there is no peer; empty when there is one.</summary>
    public string Reason { get; private set; }

    /// <summary>Whether a comparison is possible.</summary>
    public bool IsAvailable => Reason.Length == 0;

    /// <summary>What the first peer says about its versions.</summary>
    public JsonObject? Versions => _peers.Values.FirstOrDefault(peer => peer is not null)?.Versions;

    /// <summary>Peers of this machine's Python.</summary>
    public static TorchPeers Start()
    {
        TorchPeers peers = new(WriteScripts(), "");
        _ = peers.WithThreads(1);
        return peers;
    }

    /// <summary>No comparison.</summary>
    /// <param name="reason">Why.</param>
    public static TorchPeers None(string reason) => new(null, reason);

    /// <summary>The peer with that many threads, started when first asked for; null without one.</summary>
    public TorchPeer? WithThreads(int threads)
    {
        if (!IsAvailable)
        {
            return null;
        }

        if (!_peers.TryGetValue(threads, out TorchPeer? peer))
        {
            peer = TorchPeer.TryStart(_folder!, threads, s_pythons, out string reason);
            _peers[threads] = peer;
            Reason = peer is null ? reason : "";
        }

        return peer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TorchPeer? peer in _peers.Values)
        {
            peer?.Dispose();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string WriteScripts()
    {
        string folder = Directory.CreateTempSubdirectory("kappa-peer-").FullName;
        Assembly assembly = typeof(TorchPeers).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream script = assembly.GetManifestResourceStream(name)!;
            using FileStream file = File.Create(Path.Combine(folder, name[Prefix.Length..]));
            script.CopyTo(file);
        }

        return folder;
    }
}
