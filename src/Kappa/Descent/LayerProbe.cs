using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Descent;

/// <summary>Measures one layer: the attention branch (before the residual is added), the attention output (after it) and the smallest singular value of Φ.</summary>
internal sealed class LayerProbe
{
    private readonly LayerView _view;
    private readonly PartProbe _branch;
    private readonly PartProbe _output;
    private readonly SingularValues _hiddenFactorisation;
    private readonly double[] _hiddenValues;
    private readonly string _name;

    public LayerProbe(ResidualTransformer model, int layer)
    {
        _view = model.Layer(layer);
        _name = $"l{layer}";
        _branch = new PartProbe($"{_name}.branch", _view.AttentionBranch, model.Samples);
        _output = new PartProbe($"{_name}.output", _view.AttentionOutput, model.Samples);
        _hiddenFactorisation = new SingularValues(_view.Hidden.Rows, _view.Hidden.Columns);
        _hiddenValues = new double[Math.Min(_view.Hidden.Rows, _view.Hidden.Columns)];
    }

    public IEnumerable<string> Columns => [.. _branch.Columns, .. _output.Columns, $"{_name}.hidden.sigmaMin"];

    public IEnumerable<(string Name, ReadOnlyMemory<double> SingularValues)> Spectra =>
        [($"{_name}.branch", _branch.SingularValues), ($"{_name}.output", _output.SingularValues), ($"{_name}.hidden", _hiddenValues)];

    /// <summary>Writes the layer's quantities and returns how many.</summary>
    public int Measure(Span<double> row)
    {
        int next = _branch.Measure(_view.AttentionBranch, row);
        next += _output.Measure(_view.AttentionOutput, row[next..]);
        _hiddenFactorisation.Compute(_view.Hidden, _hiddenValues);
        row[next++] = SpectrumSummary.Of(_hiddenValues, _view.Hidden.Rows, _view.Hidden.Columns).SigmaMinRow;
        return next;
    }
}
