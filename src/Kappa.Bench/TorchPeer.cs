using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kappa.Bench;

/// <summary>PyTorch did not do what was asked: a finding about the other side, not a failure of the measurement.</summary>
/// <param name="message">What happened.</param>
internal sealed class TorchPeerException(string message) : Exception(message);

/// <summary>A PyTorch process that answers requests line by line (benchmarks/peer), tuned as its README says.</summary>
/// <remarks>Nothing that it answers is trusted: a reply must be a JSON object in time, or the peer counts as failed.</remarks>
internal sealed class TorchPeer : IDisposable
{
    // Importing torch from a cold disk takes seconds; the longest timed block a second or two.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private TorchPeer(string python, string scriptFolder, int threads)
    {
        Threads = threads;
        ProcessStartInfo start = new(python, [Path.Combine(scriptFolder, "torch_peer.py"), threads.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string inherited in start.Environment.Keys.Where(name => name.StartsWith("OPENBLAS_", StringComparison.Ordinal)).ToArray())
        {
            _ = start.Environment.Remove(inherited);
        }

        foreach ((string name, string value) in Tuning(threads))
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start) ?? throw new TorchPeerException($"{python} did not start.");
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Threads of its operations.</summary>
    public int Threads { get; }

    /// <summary>What it says about its versions.</summary>
    public JsonObject Versions { get; private set; } = [];

    /// <summary>Starts a peer with the first Python that can import torch.</summary>
    /// <param name="scriptFolder">Where the scripts lie.</param>
    /// <param name="threads">Threads of its operations.</param>
    /// <param name="pythons">Commands to try in turn.</param>
    /// <param name="reason">Why there is none.</param>
    public static TorchPeer? TryStart(string scriptFolder, int threads, IReadOnlyList<string> pythons, out string reason)
    {
        reason = "no python3 found";
        foreach (string python in pythons)
        {
            TorchPeer? peer = null;
            try
            {
                peer = new TorchPeer(python, scriptFolder, threads);
                peer.Versions = peer.Ask(new JsonObject { ["op"] = "hello" });
                return peer;
            }
            catch (Exception failure) when (failure is TorchPeerException or System.ComponentModel.Win32Exception)
            {
                reason = failure.Message.Contains("ModuleNotFoundError", StringComparison.Ordinal)
                    ? "python3-torch not installed"
                    : failure.Message;
                peer?.Dispose();
            }
        }

        return null;
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <exception cref="TorchPeerException">The process has ended, answered no JSON object or not in time, or reports an error.</exception>
    public JsonObject Ask(JsonObject request)
    {
        try
        {
            _process.StandardInput.WriteLine(request.ToJsonString());
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; what it said before that is still to be read.
        }

        Task<string?> reply = _process.StandardOutput.ReadLineAsync();
        string? line = reply.Wait(Patience)
            ? reply.Result
            : throw new TorchPeerException($"torch did not answer within {Patience.TotalSeconds:F0} s.");
        return line is null ? throw new TorchPeerException($"torch ended: {LastError()}") : Parse(line);
    }

    /// <summary>A number of a reply.</summary>
    /// <exception cref="TorchPeerException">It is missing, or not a finite number.</exception>
    public static double Number(JsonObject reply, string name) =>
        reply[name] is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number)
            ? number
            : throw new TorchPeerException($"torch must answer a finite number '{name}' but answered {Short(reply.ToJsonString())}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(Farewell))
            {
                _process.Kill();
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    // What benchmarks/peer/README.md says, whatever the shell has set: results of two machines are to be comparable.
    private static IEnumerable<(string Name, string Value)> Tuning(int threads)
    {
        if (Avx512F.IsSupported)
        {
            yield return ("OPENBLAS_CORETYPE", "SkylakeX");
        }

        yield return ("OMP_WAIT_POLICY", "passive");
        yield return ("OMP_NUM_THREADS", threads.ToString(CultureInfo.InvariantCulture));
        yield return ("MALLOC_MMAP_THRESHOLD_", "1000000000");
        yield return ("MALLOC_TRIM_THRESHOLD_", "2000000000");
    }

    private static JsonObject Parse(string line)
    {
        JsonObject reply;
        try
        {
            reply = JsonNode.Parse(line) as JsonObject
                ?? throw new TorchPeerException($"torch must answer a JSON object but answered {Short(line)}.");
        }
        catch (JsonException)
        {
            throw new TorchPeerException($"torch must answer a JSON object but answered {Short(line)}.");
        }

        return reply["error"] is JsonNode error ? throw new TorchPeerException($"torch reports {Short(error.ToString())}") : reply;
    }

    private static string Short(string text) => text.Length <= 200 ? text : text[..200] + "…";

    private string LastError() =>
        _errors.Wait(Farewell)
            ? Short(_errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "it said nothing.")
            : "it said nothing.";
}
