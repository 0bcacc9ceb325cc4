using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

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

/// <summary>Takes group after group of a batch's samples forward and back; shards of the batch go
/// to the threads and their gradients are added, first shard first, in double precision.</summary>
internal sealed class BatchPass<T> : IBatchPass, IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Two threads share the smallest batches evenly; more shards of fewer rows would spend their time on adding up gradients.
    private const int LeastRows = 64;
    private const int RowsPerPairOfShards = 512;
    private const int MaximumShards = 8;

    private readonly ParameterLayout _layout;
    private readonly WorkerTeam _team;
    private readonly TransformerFactors<T> _factors;
    private readonly Func<TransformerFactors<T>> _newDirection;
    private readonly TransformerPass<T>[] _passes;
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
    private TransformerFactors<T>? _direction;
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
        ParameterLayout layout, WorkerTeam team, TransformerFactors<T> factors, TransformerPass<T>[] passes, ISampleLoss loss, int tokens,
        int outputRows,
        Func<TransformerFactors<T>> newDirection)
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
            _direction ??= _newDirection();
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
        TransformerPass<T> pass = _passes[worker];
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
    private double Compute(TransformerPass<T> pass, ReadOnlySpan<int> samples, int start, in Matrix<T> gradient, double old)
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
