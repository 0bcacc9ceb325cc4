using System.Globalization;

namespace Kappa.Lab.Store;

/// <summary>The names of the files in a run folder.</summary>
/// <param name="Path">The folder.</param>
public sealed record RunFiles(string Path)
{
    /// <summary>The resolved specification.</summary>
    public string Specification => At("spec.yaml");

    /// <summary>The machines and command lines.</summary>
    public string Environment => At("environment.json");

    /// <summary>State, step, heartbeat.</summary>
    public string Status => At("status.json");

    /// <summary>A row for every recorded step.</summary>
    public string Telemetry => At("telemetry.csv");

    /// <summary>The state to resume from.</summary>
    public string Checkpoint => At("checkpoint.safetensors");

    /// <summary>Verdicts.</summary>
    public string Claims => At("claims.json");

    /// <summary>What <c>stepSize: best(…)</c> tried; only in a run with that rule.</summary>
    public string StepSize => At("step-size.json");

    /// <summary>The rates from guaranteed to measured.</summary>
    public string Ladder => At("ladder.json");

    /// <summary>What studies measured beside it.</summary>
    public string Measured => At("measured.json");

    /// <summary>The self-contained report.</summary>
    public string Report => At("report.html");

    /// <summary>Folder of figures with their data.</summary>
    public string Figures => At("figures");

    /// <summary>Folder of full spectra.</summary>
    public string Spectra => At("spectra");

    internal string Lock => At(".lock");

    /// <summary>The full spectrum of one quantity at one step.</summary>
    /// <param name="step">Step number, at least 0.</param>
    /// <param name="quantity">For example <c>l0.output</c>: letters, digits, dots, underscores, hyphens.</param>
    /// <exception cref="ArgumentException">The quantity has other characters.</exception>
    public string Spectrum(long step, string quantity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentException.ThrowIfNullOrEmpty(quantity);
        if (!quantity.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'))
            throw new ArgumentException(
                $"quantity must consist of letters, digits, dots, underscores and hyphens but is '{quantity}'.", nameof(quantity));
        return System.IO.Path.Combine(Spectra, string.Create(CultureInfo.InvariantCulture, $"{quantity}.step{step}.npy"));
    }

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
