using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Models;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Records what the claims need of every step of a run.</summary>
internal sealed class ArmRecorder
{
    private readonly TelemetryProbe _probe;
    private readonly double[] _row;
    private readonly int[] _sigmaMinColumns;
    private readonly int _conditionNumber;
    private readonly int _branchConditionNumber;
    private readonly List<double> _losses = [];
    private readonly List<double> _conditionNumbers = [];
    private readonly List<double> _branchConditionNumbers = [];
    private readonly List<double> _sigmaMinRatios = [];
    private readonly List<double>[]? _layerSigmaMins;
    private double[] _firstSigmaMins = [];

    public ArmRecorder(Experiment experiment, bool keepsLayers)
    {
        _probe = new TelemetryProbe(experiment.Model, experiment.Trained);
        _row = new double[_probe.Columns.Count];
        int depth = experiment.Residual.Shape.Depth;
        _sigmaMinColumns = [.. Enumerable.Range(0, depth).Select(layer => Column($"l{layer}.output.sigmaMin"))];
        _conditionNumber = Column($"l{depth - 1}.output.conditionNumber");
        _branchConditionNumber = Column($"l{depth - 1}.branch.conditionNumber");
        _layerSigmaMins = keepsLayers ? [.. _sigmaMinColumns.Select(_ => new List<double>())] : null;
    }

    /// <summary>What the steps have to fill.</summary>
    public LayerRecord? Record => _probe.Record;

    public void Observe(DescentStep step)
    {
        _probe.Measure(step, _row);
        if (_losses.Count == 0)
        {
            _firstSigmaMins = [.. _sigmaMinColumns.Select(column => _row[column])];
        }

        _losses.Add(step.Loss);
        _conditionNumbers.Add(_row[_conditionNumber]);
        _branchConditionNumbers.Add(_row[_branchConditionNumber]);
        double smallest = double.PositiveInfinity;
        for (int layer = 0; layer < _sigmaMinColumns.Length; layer++)
        {
            double sigmaMin = _row[_sigmaMinColumns[layer]];
            smallest = Math.Min(smallest, sigmaMin / _firstSigmaMins[layer]);
            _layerSigmaMins?[layer].Add(sigmaMin);
        }

        _sigmaMinRatios.Add(smallest);
    }

    public ArmPath Path() => new([.. _losses], [.. _conditionNumbers], [.. _branchConditionNumbers], [.. _sigmaMinRatios], _layerSigmaMins?.Select(layer => layer.ToArray()).ToArray());

    private int Column(string name) => Array.IndexOf([.. _probe.Columns], name);
}
