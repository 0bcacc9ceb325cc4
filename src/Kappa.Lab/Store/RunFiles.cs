namespace Kappa.Lab.Store;

/// <summary>The names of the files in a run folder.</summary>
/// <param name="Path">The folder.</param>
public sealed record RunFiles(string Path)
{
    /// <summary>The resolved specification.</summary>
    public string Specification => At("spec.yaml");

    /// <summary>State, step, heartbeat, and who worked on it.</summary>
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

    /// <summary>The full spectra at the chosen steps.</summary>
    public string Spectra => At("spectra.npy");

    internal string Lock => At(".lock");

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
