using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The rows of a group of samples in the matrices of a record, in double precision whatever that of the pass.</summary>
/// <param name="record">The record.</param>
/// <param name="layer">Block number.</param>
/// <param name="first">Place of the first sample in the batch.</param>
/// <param name="samples">Samples of the group.</param>
/// <param name="scratch">Memory for what is computed for the record alone; empty as long as nothing is.</param>
internal ref struct RecordRows<T>(LayerRecord record, int layer, int first, int samples, ref T[] scratch)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ref T[] _scratch = ref scratch;
    private Matrix<T> _asked;

    /// <summary>Samples of the group.</summary>
    public readonly int Samples => samples;

    /// <summary>Whether the record keeps a part of the layer.</summary>
    public readonly bool Wants(LayerPart part, int head = 0) => record.Keeps(layer, part, head);

    /// <summary>Copies the first rows of a matrix where its part is wanted.</summary>
    public readonly void Take(LayerPart part, in Matrix<T> source, int head = 0)
    {
        if (!Wants(part, head))
        {
            return;
        }

        Matrix target = record.Target(layer, part, head, first, samples);
        for (int row = 0; row < target.Rows; row++)
        {
            TensorPrimitives.ConvertTruncating<T, double>(source.Row(row), target.Row(row));
        }
    }

    /// <summary>Memory for a matrix of as many rows as the group, to be filled and then taken.</summary>
    public Matrix<T> Scratch(int rows, int columns)
    {
        if (_scratch.Length < rows * columns)
        {
            _scratch = new T[rows * columns];
        }

        _asked = new Matrix<T>(_scratch, 0, rows, columns);
        return _asked;
    }

    /// <summary>Copies what was filled.</summary>
    public readonly void TakeScratch(LayerPart part, int head = 0) => Take(part, _asked, head);
}
