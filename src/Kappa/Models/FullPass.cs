using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The passes that keep every matrix of every block over all samples: outputs,
/// transposed Jacobian products (R.6), Jacobian and Hessian products.</summary>
/// <remarks>Memory is about L·(8d + 2m + n)·M doubles. Groups of samples go through in the order of
/// <see cref="SampleDivision"/>, so a gradient has the bits of <see cref="GradientPass{T}"/>.</remarks>
internal sealed class FullPass
{
    private readonly ResidualTransformerShape _shape;
    private readonly BlockCache<double>[] _caches;
    private readonly FullShard[] _shards;
    private readonly ShardGradient<double>[] _gradients;
    private readonly GradientSum<double> _sum;
    private readonly ModelFactors<double> _factors;
    private readonly QueryKeyTangents _tangents;
    private readonly WorkerTeam _team;
    private readonly ForwardWork _forward;
    private readonly BackwardWork _backward;
    private readonly TangentWork _tangent;
    private readonly int _samples;
    private HessianProducts? _hessianProducts;

    /// <summary>Reserves the memory.</summary>
    public FullPass(ResidualTransformerShape shape, in Matrix inputs, int samples, LogitRoute route, WorkerTeam team)
    {
        (_shape, _samples, _team) = (shape, samples, team);
        int tokens = inputs.Rows / samples;
        _caches = AllocateCaches(shape, inputs, tokens, route);
        TakeInputs();
        Output = shape.ReadoutWidth is int width ? Matrix.Allocate(inputs.Rows, width) : _caches[^1].Output;
        SampleDivision division = SampleDivision.Of(samples, tokens);
        ParameterLayout layout = ParameterLayout.For(shape);
        _gradients = [.. division.Shards.Select(_ => new ShardGradient<double>(shape, layout, route))];
        _shards = [.. division.Shards.Select(groups => new FullShard(shape, groups, _caches, Output, tokens, route))];
        _sum = new GradientSum<double>(shape, layout, _gradients, route);
        _factors = new ModelFactors<double>(shape, route);
        _tangents = new QueryKeyTangents(shape, route);
        _forward = new ForwardWork(_shards, _factors);
        _backward = new BackwardWork(_shards, _factors, _gradients);
        _tangent = new TangentWork(_shards, _factors, _tangents);
    }

    /// <summary>F [M, d_out].</summary>
    public Matrix Output { get; }

    /// <summary>What block <paramref name="layer"/> computed.</summary>
    public BlockCache<double> Cache(int layer) => _caches[layer];

    /// <summary>Takes what the memory of the inputs holds now.</summary>
    public void TakeInputs() => Transposition.CopyEach(_samples, _caches[0].Input, _caches[0].InputTransposed);

    /// <summary>R.1–R.4.</summary>
    public void Forward(ResidualTransformerWeights weights)
    {
        _factors.Take(_team, weights);
        _team.Run(_forward, _shards.Length);
    }

    /// <summary>R.6 from ∂ℒ/∂F.</summary>
    public void Backward(
        ResidualTransformerWeights weights, in Matrix outputGradient, ResidualTransformerWeights gradient, ResolvedTrainedSet trained)
    {
        _backward.Set(outputGradient, trained);
        _team.Run(_backward, _shards.Length);
        _sum.Compute(_team, weights, gradient, trained, afterwards: null);
    }

    /// <summary>The derivative of F along a direction.</summary>
    public void Tangent(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix outputTangent, ResolvedTrainedSet trained)
    {
        _tangents.Compute(weights, direction, trained);
        _tangent.Set(weights, direction, outputTangent, trained);
        _team.Run(_tangent, _shards.Length);
    }

    /// <summary>H v (R.7).</summary>
    public void HessianProduct(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix residual, ResidualTransformerWeights result,
        ResolvedTrainedSet trained)
    {
        _hessianProducts ??= new HessianProducts(_shape, _caches, _samples, _caches[0].Attention.Columns, _shards.Length);
        _hessianProducts.Compute(_team, weights, direction, residual, result, trained);
    }

    private static BlockCache<double>[] AllocateCaches(ResidualTransformerShape shape, Matrix inputs, int tokens, LogitRoute route)
    {
        var caches = new BlockCache<double>[shape.Depth];
        Matrix input = inputs;
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            caches[layer] = BlockCache<double>.Allocate(shape, input, tokens, route, RowMemory.Contiguous);
            input = caches[layer].Output;
        }

        return caches;
    }

    private sealed class ForwardWork(FullShard[] shards, ModelFactors<double> factors) : IDividedWork
    {
        public void Compute(int part, int worker) => shards[part].Forward(factors);
    }

    private sealed class BackwardWork(FullShard[] shards, ModelFactors<double> factors, ShardGradient<double>[] gradients) : IDividedWork
    {
        private Matrix _outputGradient;
        private ResolvedTrainedSet _trained = null!;

        public void Set(in Matrix outputGradient, ResolvedTrainedSet trained) => (_outputGradient, _trained) = (outputGradient, trained);

        public void Compute(int part, int worker) => shards[part].Backward(factors, _outputGradient, _trained, gradients[part]);
    }

    private sealed class TangentWork(FullShard[] shards, ModelFactors<double> factors, QueryKeyTangents tangents) : IDividedWork
    {
        private ResidualTransformerWeights _weights = null!;
        private ResidualTransformerWeights _direction = null!;
        private Matrix _outputTangent;
        private ResolvedTrainedSet _trained = null!;

        public void Set(
            ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix outputTangent,
            ResolvedTrainedSet trained) =>
            (_weights, _direction, _outputTangent, _trained) = (weights, direction, outputTangent, trained);

        public void Compute(int part, int worker) =>
            shards[part].Tangent(_weights, _direction, factors, tangents, _trained, _outputTangent);
    }
}
