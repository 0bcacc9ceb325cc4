using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Descent;

/// <summary>Measures one layer: the attention branch (before the residual is added), the attention output (after it) and the row side σ_M of Φ [M, m].</summary>
/// <remarks>
/// With M &gt; m, σ_M of Φ is 0 by its shape, and no factorisation is needed for it: an observed step has a finite loss, so Φ is finite. The
/// spectrum of Φ, larger than the others together, is then computed only when <see cref="Spectra"/> is read.
/// </remarks>
internal sealed class LayerProbe
{
    private readonly LayerView _view;
    private readonly PartProbe _branch;
    private readonly PartProbe _output;
    private readonly SingularValues _hiddenFactorisation;
    private readonly double[] _hiddenValues;
    private readonly string _name;
    private bool _isHiddenDue;

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
        [($"{_name}.branch", _branch.SingularValues), ($"{_name}.output", _output.SingularValues), ($"{_name}.hidden", HiddenValues())];

    /// <summary>Writes the layer's quantities and returns how many.</summary>
    public int Measure(Span<double> row)
    {
        int next = _branch.Measure(_view.AttentionBranch, row);
        next += _output.Measure(_view.AttentionOutput, row[next..]);
        _isHiddenDue = true;
        Matrix hidden = _view.Hidden;
        row[next++] = hidden.Rows > hidden.Columns ? 0 : SpectrumSummary.Of(HiddenValues(), hidden.Rows, hidden.Columns).SigmaMinRow;
        return next;
    }

    private double[] HiddenValues()
    {
        if (_isHiddenDue)
        {
            _hiddenFactorisation.Compute(_view.Hidden, _hiddenValues);
            _isHiddenDue = false;
        }

        return _hiddenValues;
    }
}
