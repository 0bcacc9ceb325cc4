using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Measures every telemetry quantity of a step: loss and gradient, and
/// for each layer the spectra of the parts that the model computes.</summary>
/// <remarks>
/// Quantities: docs/quantities.md. The names of <see cref="Columns"/> are a promise to every reader of a run folder. Singular values come
/// from an orthogonal route (P.1); the cost is one factorisation of each part [M, d], and of its samples' [n, d] parts; with M ≤ m also of
/// Φ [M, m]. On batches the parts are those of the batch. Measuring allocates nothing after the first batch of a size. One probe per model,
/// one thread.
/// </remarks>
public sealed class TelemetryProbe
{
    private static readonly (Quantity Quantity, Func<DescentStep, double> Value)[] OfStep =
    [
        (Quantities.Step, step => step.Step),
        (Quantities.Loss, step => step.Loss),
        (Quantities.GradientNorm, step => step.GradientNorm),
        (Quantities.PlRatio, step => step.PlRatio),
        (Quantities.StepSize, step => step.StepSize),
        (Quantities.StepRatio, step => step.StepRatio),
        (Quantities.Distance, step => step.Distance),
        (Quantities.PathLength, step => step.PathLength),
    ];

    private readonly IModel _model;
    private readonly TrainedSet _trained;
    private readonly Func<string, bool> _isWanted;
    private readonly ParameterKind[] _trainedKinds;
    private readonly ParameterKind[] _movingKinds;
    private readonly double[] _initialNorms;
    private readonly LayerMatrix[] _measured;
    private readonly Dictionary<int, LayerProbe> _probes = [];
    private readonly string[] _columns;
    private readonly bool[] _isRead;
    private readonly Action<int> _measurePart;
    private LayerProbe? _current;
    private bool _hasInitialNorms;

    /// <summary>Reserves workspaces for a model.</summary>
    /// <param name="model">The model whose steps are measured.</param>
    /// <param name="trained">Its trained parameters: only their kinds get columns.</param>
    /// <param name="spectra">Whether the layers' spectra are measured; otherwise only what costs nothing.</param>
    /// <param name="batchSize">Samples of a step; all unless given.</param>
    /// <param name="movement">Whether it is measured how far each kind of matrix has moved, in units of its initial norm.</param>
    /// <param name="isWanted">
    /// Whether a column will be read. A part of a layer without such a column is not measured and has none; the other columns stay, and
    /// those that cost a computation of their own are NaN. All are wanted unless given.
    /// </param>
    /// <exception cref="ArgumentException">A trained name is not in the model.</exception>
    public TelemetryProbe(
        IModel model, TrainedSet trained, bool spectra = true, int? batchSize = null, bool movement = false,
        Func<string, bool>? isWanted = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trained);
        (_model, _trained, _isWanted) = (model, trained, isWanted ?? (_ => true));
        bool[] isTrained = trained.Resolve(model.Layout);
        ParameterKind[] kinds = [.. model.Layout.Blocks.Where((_, k) => isTrained[k]).Select(block => block.Kind).Distinct()];
        _trainedKinds = [.. kinds.Order()];
        _movingKinds = movement ? kinds : [];
        _initialNorms = new double[_movingKinds.Length];
        _measured = spectra
            ? [.. LayerProbe.MeasuredOf(model.LayerMatrices).Where(matrix => LayerProbe.ColumnsOf(matrix).Any(_isWanted))]
            : [];
        int samples = Math.Min(batchSize ?? model.Samples, model.Samples);
        Record = _measured.Length > 0
            ? new LayerRecord(model, matrix => _measured.Contains(matrix) && LayerProbe.IsMeasuredAlways(matrix, samples), samples) : null;
        _measurePart = part => _current!.Measure(part);
        _columns =
        [
            .. OfStep.Select(scalar => scalar.Quantity.Name),
            .. _trainedKinds.Select(kind => Quantities.GradientNormOfKind.Of(WordOf(kind))),
            .. _movingKinds.Select(kind => Quantities.Movement.Of(WordOf(kind))),
            .. _measured.Length > 0 ? ProbeOf(samples).Columns : [],
        ];
        _isRead = [.. _columns.Take(OfStep.Length + _trainedKinds.Length + _movingKinds.Length).Select(_isWanted)];
    }

    /// <summary>The name of each number that <see cref="Measure"/> writes.</summary>
    public IReadOnlyList<string> Columns => _columns;

    /// <summary>What the steps that are measured have to fill; <c>null</c> without spectra.</summary>
    public LayerRecord? Record { get; }

    /// <summary>Writes the quantities of step k, all taken before the update.</summary>
    /// <param name="step">The step, from the observer of a <see cref="GradientDescent"/> that fills <see cref="Record"/>.</param>
    /// <param name="row">Destination of as many numbers as there are columns.</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    public void Measure(DescentStep step, Span<double> row)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (row.Length != _columns.Length)
        {
            throw new ArgumentException($"The row must have {_columns.Length} numbers but has {row.Length}.", nameof(row));
        }

        int next = 0;
        foreach ((_, Func<DescentStep, double> value) in OfStep)
        {
            row[next] = _isRead[next++] ? value(step) : double.NaN;
        }

        foreach (ParameterKind kind in _trainedKinds)
        {
            row[next] = _isRead[next++] ? step.GradientNormOf(kind) : double.NaN;
        }

        if (!_hasInitialNorms)
        {
            TakeInitialNorms(step.State.InitialParameters);
        }

        for (int k = 0; k < _movingKinds.Length; k++)
        {
            row[next] = _isRead[next++] ? step.DistanceOf(_movingKinds[k]) / _initialNorms[k] : double.NaN;
        }

        if (Record is not null)
        {
            _current = ProbeOf(Record.Samples);
            _current.Begin(Record);
            _model.RunParts(_current.Parts, _measurePart);
            _current.Write(row[next..]);
        }
    }

    /// <summary>All singular values at the last <see cref="Measure"/>, by
    /// the matrix that they are of; empty without spectra.</summary>
    /// <remarks>Those of Φ, which no column needs when M &gt; m, are computed here in a pass of their own.</remarks>
    /// <param name="parameters">θ of that step.</param>
    /// <param name="batch">Its samples.</param>
    public IEnumerable<(LayerMatrix Matrix, ReadOnlyMemory<double> SingularValues)> Spectra(
        ModelParameters parameters, ReadOnlySpan<int> batch)
    {
        if (_current is null)
        {
            return [];
        }

        LayerMatrix[] due = [.. _measured.Where(matrix => !Record!.Keeps(matrix.Layer, matrix.Part, matrix.Head ?? 0))];
        var others = new Dictionary<LayerMatrix, double[]>();
        if (due.Length > 0)
        {
            var record = new LayerRecord(_model, due.Contains, batch.Length);
            _model.Fill(parameters, batch, record);
            foreach (LayerMatrix matrix in due)
            {
                Matrix values = record[matrix];
                others[matrix] = new double[Math.Min(values.Rows, values.Columns)];
                new SingularValues(values.Rows, values.Columns).Compute(values, others[matrix]);
            }
        }

        return _current.Spectra.Select(part =>
            (part.Matrix, (ReadOnlyMemory<double>)others.GetValueOrDefault(part.Matrix, part.SingularValues)));
    }

    private LayerProbe ProbeOf(int samples)
    {
        if (!_probes.TryGetValue(samples, out LayerProbe? probe))
        {
            probe = new LayerProbe(_measured, samples, _isWanted);
            _probes.Add(samples, probe);
        }

        return probe;
    }

    private void TakeInitialNorms(ModelParameters initial)
    {
        for (int k = 0; k < _movingKinds.Length; k++)
        {
            _initialNorms[k] = Math.Sqrt(initial.Layout.Blocks.Where(block => block.Kind == _movingKinds[k] && _trained.Includes(block))
                .Sum(block => Vectors.SquaredNorm(initial[block].Span)));
        }

        _hasInitialNorms = true;
    }

    private static string WordOf(ParameterKind kind) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
