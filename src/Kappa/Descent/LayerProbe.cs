using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Descent;

/// <summary>Measures the layers of one record: what each head adds, attention branch
/// and output, before and after a normalisation, and the row side σ_M of Φ.</summary>
/// <remarks>
/// With M &gt; m, σ_M of Φ [M, m] is 0 by its shape, and no factorisation is needed for it: an observed step has a finite loss, so Φ is
/// finite. Workspaces are of one number of samples; batches of another one have probes of their own.
/// </remarks>
internal sealed class LayerProbe
{
    private readonly Entry[] _entries;

    /// <summary>Reserves the workspaces.</summary>
    /// <param name="matrices">The matrices to be measured, in the order of the columns.</param>
    /// <param name="samples">Samples of a batch.</param>
    /// <param name="isWanted">Whether a column will be read.</param>
    public LayerProbe(IEnumerable<LayerMatrix> matrices, int samples, Func<string, bool> isWanted) =>
        _entries = [.. matrices.Select(matrix => Entry.Of(matrix, samples, isWanted))];

    /// <summary>The columns of a part.</summary>
    public static IEnumerable<string> ColumnsOf(LayerMatrix matrix) =>
        matrix.Part == LayerPart.Hidden ? [Quantities.HiddenSigmaMin.Of(matrix.Name)] : PartProbe.ColumnsOf(matrix.Name);

    /// <summary>Pieces of the work that may be done at once.</summary>
    public int Parts => _entries.Length;

    /// <summary>The names of the numbers that <see cref="Write"/> writes.</summary>
    public IEnumerable<string> Columns => _entries.SelectMany(entry => entry.Columns);

    /// <summary>All singular values; those of Φ only with M ≤ m.</summary>
    public IEnumerable<(LayerMatrix Matrix, double[] SingularValues)> Spectra =>
        _entries.Select(entry => (entry.Matrix, entry.SingularValues));

    /// <summary>The parts of a model that are measured, in the order of the columns.</summary>
    /// <param name="offered">What the model can keep.</param>
    public static IEnumerable<LayerMatrix> MeasuredOf(IReadOnlyList<LayerMatrix> offered)
    {
        LayerPart[] order =
        [
            LayerPart.AttentionNorm, LayerPart.HeadBranch, LayerPart.AttentionBranch, LayerPart.AttentionOutput,
            LayerPart.AttentionOutputNorm,
            LayerPart.Hidden, LayerPart.OutputNorm,
        ];
        return offered.Where(matrix => order.Contains(matrix.Part)).OrderBy(matrix => matrix.Layer)
            .ThenBy(matrix => Array.IndexOf(order, matrix.Part)).ThenBy(matrix => matrix.Head);
    }

    /// <summary>Whether the spectrum of a matrix is measured at every step, and not only where it is asked for.</summary>
    public static bool IsMeasuredAlways(LayerMatrix matrix, int samples) =>
        matrix.Part != LayerPart.Hidden || samples * matrix.RowsPerSample <= matrix.Columns;

    /// <summary>Looks up the matrices, on the thread of the model.</summary>
    public void Begin(LayerRecord record)
    {
        foreach (Entry entry in _entries)
        {
            entry.Begin(record);
        }
    }

    /// <summary>Does one of the <see cref="Parts"/>.</summary>
    public void Measure(int part) => _entries[part].Measure();

    /// <summary>Writes the quantities, all parts of which are measured.</summary>
    public void Write(Span<double> row)
    {
        foreach (Entry entry in _entries)
        {
            row = row[entry.Write(row)..];
        }
    }

    private abstract class Entry(LayerMatrix matrix)
    {
        public LayerMatrix Matrix { get; } = matrix;

        public abstract IEnumerable<string> Columns { get; }

        public abstract double[] SingularValues { get; }

        public static Entry Of(LayerMatrix matrix, int samples, Func<string, bool> isWanted) =>
            matrix.Part == LayerPart.Hidden ? new HiddenEntry(matrix, samples) : new PartEntry(matrix, samples, isWanted);

        public abstract void Begin(LayerRecord record);

        public abstract void Measure();

        public abstract int Write(Span<double> row);
    }

    private sealed class PartEntry(LayerMatrix matrix, int samples, Func<string, bool> isWanted) : Entry(matrix)
    {
        private readonly PartProbe _probe = new(matrix.Name, samples * matrix.RowsPerSample, matrix.Columns, samples, isWanted);
        private Matrix _values;

        public override IEnumerable<string> Columns => ColumnsOf(Matrix);

        public override double[] SingularValues => _probe.SingularValues;

        public override void Begin(LayerRecord record) => _values = record[Matrix];

        public override void Measure() => _probe.Measure(_values);

        public override int Write(Span<double> row) => _probe.Write(row);
    }

    private sealed class HiddenEntry(LayerMatrix matrix, int samples) : Entry(matrix)
    {
        private readonly int _rows = samples * matrix.RowsPerSample;
        private readonly SingularValues _factorisation = new(samples * matrix.RowsPerSample, matrix.Columns);
        private readonly double[] _singularValues = new double[Math.Min(samples * matrix.RowsPerSample, matrix.Columns)];
        private Matrix _values;

        public override IEnumerable<string> Columns => ColumnsOf(Matrix);

        public override double[] SingularValues => _singularValues;

        private bool IsWide => _rows <= Matrix.Columns;

        public override void Begin(LayerRecord record) => _values = record.Keeps(Matrix.Layer, Matrix.Part) ? record[Matrix] : default;

        public override void Measure()
        {
            if (_values.Rows > 0)
            {
                _factorisation.Compute(_values, _singularValues);
            }
        }

        public override int Write(Span<double> row)
        {
            row[0] = IsWide ? SpectrumSummary.Of(_singularValues, _rows, Matrix.Columns).SigmaMinRow : 0;
            return 1;
        }
    }
}
