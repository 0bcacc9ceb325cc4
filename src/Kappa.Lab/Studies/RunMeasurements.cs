using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies;

/// <summary>What studies measured of a finished run beyond its telemetry:
/// <c>measured.json</c> in its folder, so that nothing is measured twice.</summary>
/// <remarks>It is added later, like the ladder, and no part of the run:
/// neither its name nor <c>kappa rerun --verify</c> looks at it.</remarks>
internal sealed record RunMeasurements
{
    /// <summary>Version of the layout of run folders.</summary>
    public int FormatVersion { get; init; } = RunFolder.FormatVersion;

    /// <summary>Numbers by study and name.</summary>
    public required SortedDictionary<string, SortedDictionary<string, double>> Studies { get; init; }

    /// <summary>The numbers of a study, measured if they are not there yet, and then kept.</summary>
    /// <param name="files">The folder of a run that is done; one caller for each run at a time.</param>
    /// <param name="study">Name of the study; its numbers must follow from the run and this name alone.</param>
    /// <param name="measure">Measures them.</param>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static IReadOnlyDictionary<string, double> FindOrMeasure(RunFiles files, string study, Func<Dictionary<string, double>> measure)
    {
        RunMeasurements known = Find(files);
        if (known.Studies.TryGetValue(study, out SortedDictionary<string, double>? found))
            return found;
        var made = new SortedDictionary<string, double>(measure(), StringComparer.Ordinal);
        known.Studies.Add(study, made);
        AtomicFile.WriteAllText(files.Measured, JsonSerializer.Serialize(known, RunMeasurementsJson.Default.RunMeasurements) + "\n");
        return made;
    }

    private static RunMeasurements Find(RunFiles files)
    {
        try
        {
            if (Path.Exists(files.Measured))
                return RunDocuments.ReadJson(files.Measured, RunMeasurementsJson.Default.RunMeasurements);
        }
        catch (BadInputException damage) when (!damage.IsOfTheDisk)
        {
            // Costs the time of measuring again.
        }

        return new RunMeasurements { Studies = [] };
    }
}

/// <summary>The JSON of measurements: every bit of a number, NaN and infinities in words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunMeasurements))]
internal sealed partial class RunMeasurementsJson : JsonSerializerContext;
