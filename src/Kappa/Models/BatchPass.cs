using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One thread's way through a model, for a few samples at a time.</summary>
internal interface ISamplePass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Most samples in a call.</summary>
    int LargestGroup { get; }

    /// <summary>F [g·rows, columns] of some samples, in memory of the pass.</summary>
    Matrix<T> Forward(ReadOnlySpan<int> samples);

    /// <summary>The gradients from dF of the samples of the last <see cref="Forward"/>, added to <paramref name="old"/> (0 or 1) times what is there.</summary>
    /// <param name="dOutput">dF [g·rows, columns].</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">All gradients, in layout order [1, P].</param>
    /// <param name="old">0 or 1.</param>
    void Backward(in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old);

    /// <summary>Ḟ of the samples of the last <see cref="Forward"/> along a direction, in memory of the pass.</summary>
    /// <param name="along">The direction in the form of the weights.</param>
    Matrix<T> Tangent(IModelFactors along) => throw new NotSupportedException();

    /// <summary>The derivative of <see cref="Backward"/> along the direction of the last <see cref="Tangent"/>.</summary>
    /// <param name="along">That direction.</param>
    /// <param name="dOutput">dF and its tangent.</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">The tangents of all gradients, in layout order [1, P].</param>
    /// <param name="old">0 or 1.</param>
    void BackwardTangent(IModelFactors along, in Moving<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old) => throw new NotSupportedException();

    /// <summary>Fills a record with what the last <see cref="Forward"/> computed.</summary>
    /// <param name="record">The record.</param>
    /// <param name="first">Place of the first sample in the batch.</param>
    void Record(LayerRecord record, int first)
    {
    }
}

/// <summary>The weights of a model in the form that its passes read.</summary>
internal interface IModelFactors
{
    /// <summary>Takes the parameters of the next pass.</summary>
    void Take(ModelParameters parameters);
}

/// <summary>What a <see cref="BatchPass{T}"/> is asked for; what is left out is not computed.</summary>
internal readonly ref struct BatchRequest
{
    /// <summary>θ.</summary>
    public required ModelParameters Parameters { get; init; }

    /// <summary>Sample numbers.</summary>
    public required ReadOnlySpan<int> Batch { get; init; }

    /// <summary>Whether the loss is wanted.</summary>
    public bool WantsLoss { get; init; }

    /// <summary>F [batch·rows, columns].</summary>
    public Matrix Output { get; init; }

    /// <summary>dF in place of the loss's own [batch·rows, columns].</summary>
    public Matrix OutputGradient { get; init; }

    /// <summary>All gradients in layout order, overwritten; null when not wanted.</summary>
    public double[]? Gradient { get; init; }

    /// <summary>For each matrix of the layout, whether it is trained.</summary>
    public bool[]? IsTrained { get; init; }

    /// <summary>v; null when nothing is differentiated along a direction. With a gradient asked for, it is that of ∇ℒ along v.</summary>
    public ModelParameters? Direction { get; init; }

    /// <summary>J v [batch·rows, columns]; empty when not wanted.</summary>
    public Matrix Tangent { get; init; }

    /// <summary>Where the layers' matrices go; null when nobody looks at them.</summary>
    public LayerRecord? Record { get; init; }
}

/// <summary>A batch through a model in either precision.</summary>
internal interface IBatchPass
{
    /// <summary>ℒ, when wanted, and the rest of the request.</summary>
    double Compute(in BatchRequest request);
}

/// <summary>Takes group after group of a batch's samples forward and back; shards of the batch go to the threads and their gradients are added, first shard first, in double precision.</summary>
internal sealed class BatchPass<T> : IBatchPass, IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Two threads share the smallest batches evenly; more shards of fewer rows would spend their time on adding up gradients.
    private const int LeastRows = 64;
    private const int RowsPerPairOfShards = 512;
    private const int MaximumShards = 8;

    private readonly ParameterLayout _layout;
    private readonly WorkerTeam _team;
    private readonly IModelFactors _factors;
    private readonly Func<IModelFactors>? _newDirection;
    private readonly ISamplePass<T>[] _passes;
    private readonly ISampleLoss _loss;
    private readonly ShardSum<T> _sum;
    private readonly List<Matrix<T>> _gradients = [];
    private readonly double[] _losses = new double[MaximumShards];
    private readonly int _tokens;
    private readonly int _outputRows;
    private int[] _batch = [];
    private int _count;
    private int _shards;
    private bool _wantsLoss;
    private double _weight;
    private Matrix _output;
    private Matrix _outputGradient;
    private bool[]? _isTrained;
    private IModelFactors? _direction;
    private bool _isAlong;
    private Matrix _tangent;
    private LayerRecord? _record;

    /// <summary>Prepares the pass.</summary>
    /// <param name="layout">The layout of the gradient.</param>
    /// <param name="team">The threads.</param>
    /// <param name="factors">What the passes read.</param>
    /// <param name="passes">One for each thread.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="tokens">Token rows of a sample.</param>
    /// <param name="outputRows">Rows of F of a sample.</param>
    /// <param name="newDirection">Makes the memory for a direction.</param>
    public BatchPass(
        ParameterLayout layout, WorkerTeam team, IModelFactors factors, ISamplePass<T>[] passes, ISampleLoss loss, int tokens, int outputRows,
        Func<IModelFactors>? newDirection = null)
    {
        _newDirection = newDirection;
        (_layout, _team, _factors, _passes, _loss, _tokens, _outputRows) = (layout, team, factors, passes, loss, tokens, outputRows);
        _sum = new ShardSum<T>(layout);
    }

    /// <summary>Into how many shards a batch is divided.</summary>
    public static int Shards(int samples, int tokens)
    {
        long rows = (long)samples * tokens;
        long shards = rows < LeastRows ? 1 : Math.Clamp(2 * (rows / RowsPerPairOfShards), 2, MaximumShards);
        return (int)Math.Min(shards, samples);
    }

    /// <inheritdoc/>
    public double Compute(in BatchRequest request)
    {
        _count = request.Batch.Length;
        if (_batch.Length < _count)
        {
            _batch = new int[_count];
        }

        request.Batch.CopyTo(_batch);
        (_wantsLoss, _output, _outputGradient, _isTrained) = (request.WantsLoss, request.Output, request.OutputGradient, request.IsTrained);
        (_isAlong, _tangent, _record) = (request.Direction is not null, request.Tangent, request.Record);
        _weight = _loss.Weight(_count);
        _shards = Shards(_count, _tokens);
        while (_isTrained is not null && _gradients.Count < _shards)
        {
            _gradients.Add(Matrix<T>.Allocate(1, _layout.Length));
        }

        _factors.Take(request.Parameters);
        if (request.Direction is ModelParameters direction)
        {
            _direction ??= _newDirection!();
            _direction.Take(direction);
        }

        _team.Run(this, _shards);
        double loss = 0;
        for (int shard = 0; shard < _shards; shard++)
        {
            loss += _losses[shard];
        }

        if (_isTrained is not null)
        {
            _sum.Compute(_team, _gradients, _shards, _isTrained, request.Gradient!);
        }

        return loss * _weight;
    }

    /// <inheritdoc/>
    public void Compute(int part, int worker)
    {
        ISamplePass<T> pass = _passes[worker];
        int first = (int)((long)part * _count / _shards), end = (int)((long)(part + 1) * _count / _shards);
        double loss = 0;
        for (int start = first; start < end; start += pass.LargestGroup)
        {
            ReadOnlySpan<int> samples = _batch.AsSpan(start, Math.Min(pass.LargestGroup, end - start));
            loss += Compute(pass, samples, start, _isTrained is null ? default : _gradients[part], start == first ? 0 : 1);
        }

        _losses[part] = loss;
    }

    // One group: forward, what is asked for, backward.
    private double Compute(ISamplePass<T> pass, ReadOnlySpan<int> samples, int start, in Matrix<T> gradient, double old)
    {
        Matrix<T> output = pass.Forward(samples), tangent = _isAlong ? pass.Tangent(_direction!) : default;
        int row = start * _outputRows;
        if (_record is not null)
        {
            pass.Record(_record, start);
        }


        CopyWanted(output, _output, row);
        CopyWanted(tangent, _tangent, row);
        double loss = 0;
        if (_wantsLoss)
        {
            loss = _loss.Evaluate(samples, output, _weight, wantsGradient: _isTrained is not null);
        }
        else if (_isTrained is not null)
        {
            Precisions.Narrow(_outputGradient.RowRange(row, output.Rows), output);
        }

        if (_isTrained is null)
        {
            return loss;
        }

        if (_isAlong)
        {
            _loss.GradientTangent(samples, new Moving<T>(output, tangent), _weight);
            pass.BackwardTangent(_direction!, new(output, tangent), _isTrained, gradient, old);
        }
        else
        {
            pass.Backward(output, _isTrained, gradient, old);
        }

        return loss;
    }

    private static void CopyWanted(in Matrix<T> source, in Matrix target, int first)
    {
        for (int row = 0; row < source.Rows && target.Rows > 0; row++)
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<T, double>(source.Row(row), target.Row(first + row));
        }
    }
}
