using System.Diagnostics.CodeAnalysis;
using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>The telemetry of a run: what a probe measures at a step, and for a classifier its tests.</summary>
/// <remarks>
/// Quantities: docs/quantities.md. A run that is continued keeps the columns that its file began with, also where today's would be more.
/// Measuring allocates nothing but in a test. One caller at a time.
/// </remarks>
internal sealed class RunTelemetry
{
    private static readonly string[] Tests = [Quantities.TestLoss.Name, Quantities.TestAccuracy.Name];

    private readonly Experiment _experiment;
    private TelemetryProbe _probe;
    private readonly int? _testEvery;
    private readonly bool _isFullBatch;
    private string[] _known;
    private double[] _all;
    private int[] _places;
    private double[] _row;

    /// <summary>Prepares the columns.</summary>
    /// <param name="experiment">The experiment whose steps are measured.</param>
    /// <param name="isFullBatch">Whether its layers are looked at over all samples and not over those of a step.</param>
    public RunTelemetry(Experiment experiment, bool isFullBatch = false)
    {
        (_experiment, _isFullBatch) = (experiment, isFullBatch || experiment.IsFullBatch);
        _testEvery = experiment.Specification.Telemetry.TestEvery;
        Take(experiment.Specification.Telemetry.Quantities.HasSpectra);
    }

    /// <summary>The name of each number that <see cref="Measure"/> returns.</summary>
    public IReadOnlyList<string> Columns { get; private set; }

    /// <summary>What the steps have to fill; null when no layer is looked at.</summary>
    public LayerRecord? Record => _probe.Record;

    /// <summary>Measures only what a file has columns for, in its order, if all of them are known.</summary>
    public void KeepColumnsOf(string path)
    {
        if (!File.Exists(path) || !TelemetryFile.HasHeader(path))
        {
            return;
        }

        string[] found = TelemetryFile.Columns(path);
        if (_probe.Record is not null && !found.Any(column => column.StartsWith("l0.", StringComparison.Ordinal)))
        {
            Take(spectra: false);
        }

        int[] places = [.. found.Select(column => Array.IndexOf(_known, column))];
        if (Array.TrueForAll(places, place => place >= 0))
        {
            (Columns, _places, _row) = (found, places, new double[found.Length]);
        }
    }

    /// <summary>The quantities of a step, all taken before the update; valid until the next call.</summary>
    public ReadOnlySpan<double> Measure(DescentStep step)
    {
        _probe.Measure(step, _all.AsSpan(0, _probe.Columns.Count));
        if (_testEvery is int every)
        {
            (_all[^2], _all[^1]) = step.Step % every == 0 && _experiment.Test(step.Parameters) is { } test
                ? test
                : (double.NaN, double.NaN);
        }

        for (int k = 0; k < _places.Length; k++)
        {
            _row[k] = _all[_places[k]];
        }

        return _row;
    }

    /// <summary>All singular values at the last measurement, by name; empty when no layer is looked at.</summary>
    /// <param name="step">The step that was measured.</param>
    public (string Name, ReadOnlyMemory<double> SingularValues)[] Spectra(DescentStep step) =>
        [.. _probe.Spectra(step.Parameters, _isFullBatch ? _experiment.Model.AllSamples : _experiment.Descent.BatchOf(step.Step))];

    [MemberNotNull(nameof(_probe), nameof(_known), nameof(_all), nameof(_places), nameof(_row), nameof(Columns))]
    private void Take(bool spectra)
    {
        _probe = new TelemetryProbe(
            _experiment.Model, _experiment.Trained, spectra, _isFullBatch ? null : _experiment.Options.BatchSize,
            movement: _experiment.Model is not ResidualTransformer, isWanted: _experiment.Specification.Telemetry.Quantities.Includes);
        _known = [.. _probe.Columns, .. _testEvery is null ? [] : Tests];
        _all = new double[_known.Length];
        _places = [
            .. Enumerable.Range(0, _known.Length).Where(place => _experiment.Specification.Telemetry.Quantities.Includes(_known[place]))];
        Columns = [.. _places.Select(place => _known[place])];
        _row = new double[_places.Length];
    }
}
