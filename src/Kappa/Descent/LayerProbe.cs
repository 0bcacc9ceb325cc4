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
    /// <summary>Pieces of the work that may be done at once: branch, output and Φ.</summary>
    public const int Parts = 3;

    private readonly LayerView _view;
    private readonly PartProbe _branch;
    private readonly PartProbe _output;
    private readonly SingularValues _hiddenFactorisation;
    private readonly double[] _hiddenValues;
    private readonly int _rows;
    private readonly int _ffnWidth;
    private readonly string _name;
    private Matrix _branchMatrix;
    private Matrix _outputMatrix;
    private Matrix _hiddenMatrix;
    private bool _isHiddenDue;

    public LayerProbe(ResidualTransformer model, int layer)
    {
        _view = model.Layer(layer);
        _name = $"l{layer}";
        (_rows, _ffnWidth) = (model.Rows, model.Shape.FfnWidth);
        _branch = new PartProbe($"{_name}.branch", _rows, model.Shape.Width, model.Samples);
        _output = new PartProbe($"{_name}.output", _rows, model.Shape.Width, model.Samples);
        _hiddenFactorisation = new SingularValues(_rows, _ffnWidth);
        _hiddenValues = new double[Math.Min(_rows, _ffnWidth)];
    }

    public IEnumerable<string> Columns => [.. _branch.Columns, .. _output.Columns, $"{_name}.hidden.sigmaMin"];

    public IEnumerable<(string Name, ReadOnlyMemory<double> SingularValues)> Spectra =>
        [($"{_name}.branch", _branch.SingularValues), ($"{_name}.output", _output.SingularValues), ($"{_name}.hidden", HiddenValues())];

    /// <summary>Looks up the matrices, on the thread of the evaluator.</summary>
    public void Begin()
    {
        (_branchMatrix, _outputMatrix) = (_view.AttentionBranch, _view.AttentionOutput);
        _hiddenMatrix = _rows > _ffnWidth ? default : _view.Hidden;
        _isHiddenDue = true;
    }

    /// <summary>Does one of the <see cref="Parts"/>.</summary>
    public void Measure(int part)
    {
        switch (part)
        {
            case 0:
                _branch.Measure(_branchMatrix);
                break;
            case 1:
                _output.Measure(_outputMatrix);
                break;
            default:
                ComputeHidden();
                break;
        }
    }

    /// <summary>Writes the layer's quantities, all parts of which are measured, and returns how many.</summary>
    public int Write(Span<double> row)
    {
        int next = _branch.Write(row);
        next += _output.Write(row[next..]);
        row[next++] = _rows > _ffnWidth ? 0 : SpectrumSummary.Of(_hiddenValues, _rows, _ffnWidth).SigmaMinRow;
        return next;
    }

    private void ComputeHidden()
    {
        if (_isHiddenDue && _rows <= _ffnWidth)
        {
            _hiddenFactorisation.Compute(_hiddenMatrix, _hiddenValues);
            _isHiddenDue = false;
        }
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
