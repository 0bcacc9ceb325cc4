using System.Security.Cryptography;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What tests look at in a folder of sweeps.</summary>
internal static class SweepFiles
{
    private static readonly string[] Deterministic = [
        "spec.yaml", "telemetry.csv", "checkpoint.safetensors", "spectra.npy"];

    /// <summary>The run folders, in order.</summary>
    public static string[] Runs(string store) => !Directory.Exists(store) ? []
        : [
            .. Directory.GetDirectories(store)
                .Where(path => Path.GetFileName(path) is not ("sweeps" or "quarantine") && Path.GetFileName(path)[0] != '.')
                .Order(StringComparer.Ordinal)];

    /// <summary>The name of the only sweep.</summary>
    public static string Name(string store) => Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(store, "sweeps"))));

    /// <summary>Every file of every run that must be the same in every sweep.</summary>
    public static string Bytes(string store) =>
        string.Join(
            '\n',
            Runs(store).SelectMany(run =>
                Deterministic.Select(file =>
                    $"{Path.GetFileName(run)}/{file} {Hash(Path.Combine(run, file))}")));

    private static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>Freezes a sweep without running it, and returns its name.</summary>
    public static string Freeze(string store, params string[] words)
    {
        SweepReading reading = SweepReader.ReadText("test", "", words);
        Assert.Empty(reading.Problems);
        return SweepFolder.Freeze(store, reading.Plan!).Plan.Name;
    }
}
