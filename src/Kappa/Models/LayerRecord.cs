using System.Numerics;

namespace Kappa.Models;

/// <summary>What an observer wants to see of the layers of one model: made by
/// it, handed to <see cref="IModel.LossAndGradient"/>, filled there.</summary>
/// <remarks>In double precision whatever that of the passes; rows in the order
/// of the batch. Valid until its next use. One pass at a time.</remarks>
public sealed class LayerRecord
{
    private static readonly int PartCount = BitOperations.Log2((uint)LayerPart.OutputNorm) + 1;

    private readonly IReadOnlyList<LayerMatrix> _offered;
    private readonly int[] _places;
    private readonly int _heads;
    private readonly Matrix[] _memory;
    private readonly LayerMatrix[] _kept;

    /// <summary>Reserves memory for the wanted parts of every layer.</summary>
    /// <param name="model">The model; parts that it has not are left out.</param>
    /// <param name="wanted">The parts.</param>
    /// <param name="samples">Most samples of a batch; all of the model unless given.</param>
    public LayerRecord(IModel model, LayerPart wanted, int? samples = null)
        : this(model, matrix => (matrix.Part & wanted) != 0, samples)
    {
    }

    /// <summary>Reserves memory for the wanted matrices.</summary>
    /// <param name="model">The model.</param>
    /// <param name="wants">Whether a matrix of <see cref="IModel.LayerMatrices"/> is wanted.</param>
    /// <param name="samples">Most samples of a batch; all of the model unless given.</param>
    public LayerRecord(IModel model, Func<LayerMatrix, bool> wants, int? samples = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(wants);
        Capacity = samples ?? model.Samples;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Capacity, nameof(samples));
        _offered = model.LayerMatrices;
        _kept = [.. _offered.Where(wants)];
        _memory = [.. _kept.Select(matrix => Matrix.Allocate(Capacity * matrix.RowsPerSample, matrix.Columns))];
        _heads = _offered.Select(matrix => (matrix.Head ?? 0) + 1).DefaultIfEmpty(1).Max();
        _places = new int[_offered.Select(matrix => matrix.Layer + 1).DefaultIfEmpty(0).Max() * PartCount * _heads];
        Array.Fill(_places, -1);
        for (int k = 0; k < _kept.Length; k++)
        {
            _places[Place(_kept[k].Layer, _kept[k].Part, _kept[k].Head ?? 0)] = k;
        }
    }

    /// <summary>The matrices that are kept, in the order of the model.</summary>
    public IReadOnlyList<LayerMatrix> Matrices => _kept;

    /// <summary>Most samples of a batch.</summary>
    public int Capacity { get; }

    /// <summary>Samples of the pass that filled it last; 0 before.</summary>
    public int Samples { get; private set; }

    /// <summary>Whether a matrix is kept.</summary>
    /// <param name="layer">Block number from 0.</param>
    /// <param name="part">One part.</param>
    /// <param name="head">Head number from 0; 0 for parts that no head has for itself.</param>
    public bool Keeps(int layer, LayerPart part, int head = 0) => Find(layer, part, head) >= 0;

    /// <summary>A kept matrix [samples·rows, columns], a view.</summary>
    /// <param name="layer">Block number from 0.</param>
    /// <param name="part">One part.</param>
    /// <param name="head">Head number from 0; 0 for parts that no head has for itself.</param>
    /// <exception cref="ArgumentException">It is not kept.</exception>
    public Matrix this[int layer, LayerPart part, int head = 0] => Rows(layer, part, head, 0, Samples);

    /// <summary>A kept matrix [samples·rows, columns], a view.</summary>
    /// <param name="matrix">One of <see cref="Matrices"/>.</param>
    /// <exception cref="ArgumentException">It is not kept.</exception>
    public Matrix this[LayerMatrix matrix]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(matrix);
            return this[matrix.Layer, matrix.Part, matrix.Head ?? 0];
        }
    }

    /// <summary>Begins a pass that fills it.</summary>
    /// <param name="offered">The matrices of the model that fills it.</param>
    /// <param name="samples">Samples of the batch.</param>
    /// <exception cref="ArgumentException">It was made for another model, or for fewer samples.</exception>
    internal void Begin(IReadOnlyList<LayerMatrix> offered, int samples)
    {
        if (!ReferenceEquals(offered, _offered) && !offered.SequenceEqual(_offered))
        {
            throw new ArgumentException("A record must be handed to the model that it was made for but was made for another one.");
        }

        if (samples > Capacity)
        {
            throw new ArgumentException(
                $"A record must have room for the batch of {samples} samples but has for {Capacity}; make it larger.");
        }

        Samples = samples;
    }

    /// <summary>The rows of some samples of the batch, to be written; empty where the matrix is not kept.</summary>
    internal Matrix Target(int layer, LayerPart part, int head, int firstSample, int samples) =>
        Keeps(layer, part, head) ? Rows(layer, part, head, firstSample, samples) : default;

    private Matrix Rows(int layer, LayerPart part, int head, int firstSample, int samples)
    {
        int index = Find(layer, part, head);
        if (index < 0)
        {
            throw new ArgumentException(
                $"The record must keep {part} of layer {layer}, head {head}, but does not; ask for it when making it.");
        }

        int rows = _kept[index].RowsPerSample;
        return _memory[index].RowRange(firstSample * rows, samples * rows);
    }

    private int Find(int layer, LayerPart part, int head)
    {
        int place = Place(layer, part, head);
        return layer >= 0 && head >= 0 && head < _heads && place < _places.Length ? _places[place] : -1;
    }

    private int Place(int layer, LayerPart part, int head) => (((layer * PartCount) + BitOperations.Log2((uint)part)) * _heads) + head;
}
