using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Sweeps;

/// <summary>Names of runs. Data from outside are read once for each
/// description of them, not once for each run. One caller at a time.</summary>
internal sealed class RunNames
{
    private readonly Dictionary<string, string?> _fingerprints = new(StringComparer.Ordinal);

    /// <summary>The name of a run.</summary>
    /// <param name="specification">Resolved or not.</param>
    /// <exception cref="BadInputException">The data cannot be read, or contradict the model.</exception>
    public string Of(ExperimentSpecification specification)
    {
        ExperimentSpecification resolved = specification.Resolve();
        return RunName.Of(resolved, ExperimentData.IsExternal(resolved) ? Fingerprint(resolved) : null);
    }

    private string? Fingerprint(ExperimentSpecification resolved)
    {
        ModelSpecification model = resolved.Model;
        string data = $"{resolved.Data} {resolved.Form} {model.InputColumns} {model.OutputWidth} {model.Readout} {model.Loss}";
        if (_fingerprints.TryGetValue(data, out string? fingerprint))
            return fingerprint;
        using var run = PreparedRun.Of(resolved, 1, OtherRuns.Rehearsed());
        return _fingerprints[data] = run.ExternalData;
    }
}
