using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>The telemetry of a run: what a probe measures at a step, and for a classifier its tests.</summary>
/// <remarks>Quantities: docs/quantities.md. Measuring allocates nothing but in a test. One caller at a time.</remarks>
internal sealed class RunTelemetry
{
    private static readonly string[] Tests = [Quantities.TestLoss.Name, Quantities.TestAccuracy.Name];

    private readonly Experiment _experiment;
    private readonly TelemetryProbe _probe;
    private readonly int? _testEvery;
    private readonly bool _isFullBatch;
    private readonly double[] _all;
    private readonly int[] _places;
    private readonly double[] _row;

    /// <summary>Prepares the columns.</summary>
    /// <param name="experiment">The experiment whose steps are measured.</param>
    /// <param name="isFullBatch">Whether its layers are looked at over all samples and not over those of a step.</param>
    public RunTelemetry(Experiment experiment, bool isFullBatch = false)
    {
        (_experiment, _isFullBatch) = (experiment, isFullBatch || experiment.IsFullBatch);
        _testEvery = experiment.Specification.Telemetry.TestEvery;
        Func<string, bool> isWanted = experiment.Specification.Telemetry.Quantities.Includes;
        _probe = new TelemetryProbe(
            experiment.Model, experiment.Trained, experiment.Specification.Telemetry.Quantities.HasSpectra,
            _isFullBatch ? null : experiment.Options.BatchSize, movement: experiment.Model is not ResidualTransformer, isWanted);
        string[] known = [.. _probe.Columns, .. _testEvery is null ? [] : Tests];
        _all = new double[known.Length];
        _places = [.. Enumerable.Range(0, known.Length).Where(place => isWanted(known[place]))];
        Columns = [.. _places.Select(place => known[place])];
        _row = new double[_places.Length];
    }

    /// <summary>The name of each number that <see cref="Measure"/> returns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The last step that was tested, and what the test gave; null before the first.</summary>
    public (long Step, (double Loss, double Accuracy) Result)? LastTest { get; private set; }

    /// <summary>What the steps have to fill; null when no layer is looked at.</summary>
    public LayerRecord? Record => _probe.Record;

    /// <summary>The quantities of a step, all taken before the update; valid until the next call.</summary>
    public ReadOnlySpan<double> Measure(DescentStep step)
    {
        _probe.Measure(step, _all.AsSpan(0, _probe.Columns.Count));
        if (_testEvery is int every)
        {
            (double Loss, double Accuracy)? test = step.Step % every == 0 ? _experiment.Test(step.Parameters) : null;
            (_all[^2], _all[^1]) = test ?? (double.NaN, double.NaN);
            LastTest = test is null ? LastTest : (step.Step, test.Value);
        }

        for (int k = 0; k < _places.Length; k++)
        {
            _row[k] = _all[_places[k]];
        }

        return _row;
    }

    /// <summary>All singular values at the last measurement, by name, with the number that there
    /// are over all samples; those of a batch may be fewer. Empty when no layer is looked at.</summary>
    /// <param name="step">The step that was measured.</param>
    public (string Name, int Length, ReadOnlyMemory<double> Values)[] Spectra(DescentStep step)
    {
        IModel model = _experiment.Model;
        return
        [
            .. from part in _probe.Spectra(step.Parameters, _isFullBatch ? model.AllSamples : _experiment.Descent.BatchOf(step.Step))
               let rows = (long)model.Samples * part.Matrix.RowsPerSample
               select (part.Matrix.Name, (int)Math.Min(rows, part.Matrix.Columns), part.SingularValues),
        ];
    }
}
