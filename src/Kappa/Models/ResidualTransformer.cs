using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model R on fixed inputs: the output (R.1–R.4), the transposed Jacobian times a vector (R.6) and the Jacobian times a vector.</summary>
/// <remarks>
/// Theory: model R. It owns every intermediate matrix, so that a step allocates nothing; memory is about L·(6d + 2m + n)·M doubles, and (6d + m + n)·M for the way back.
/// The samples are divided into shards whose number depends on the sizes alone and whose gradients are added in a fixed order, so a result has the same bits for
/// any number of threads. One caller at a time; two evaluators may run at once.
/// </remarks>
public sealed class ResidualTransformer : IDisposable
{
    // A shard of fewer rows would spend a noticeable part of its time on adding up its gradient: P additions against about 6·rows·P multiply-adds.
    private const int RowsPerShard = 256;
    private const int MaximumShards = 8;

    private readonly BlockCache[] _caches;
    private readonly LayerView[] _layers;
    private readonly SampleShard[] _shards;
    private readonly GradientSum _gradientSum;
    private readonly QueryKeyProducts _queryKeyProducts;
    private readonly WorkerTeam _team;
    private readonly ForwardWork _forwardWork;
    private readonly BackwardWork _backwardWork;
    private readonly TangentWork _tangentWork;
    private readonly ParameterLayout _layout;
    private TrainedBlocks? _trained;
    private HessianProducts? _hessianProducts;

    /// <summary>Reserves everything for the given inputs.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, d], the token rows of all samples stacked; copied.</param>
    /// <param name="samples">Number of samples N.</param>
    /// <param name="threads">Number of threads, at least 1; more than the number of shards are not used.</param>
    /// <exception cref="ArgumentException">The shape is not valid or the inputs do not fit it.</exception>
    public ResidualTransformer(ResidualTransformerShape shape, Matrix inputs, int samples, int threads = 1)
    {
        _layout = ParameterLayout.For(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        if (inputs.Columns != shape.Width || inputs.Rows == 0 || inputs.Rows % samples != 0)
        {
            throw new ArgumentException($"X must be [N·n, d] with N = {samples}, n at least 1 and d = {shape.Width} but is {inputs}.", nameof(inputs));
        }

        Shape = shape;
        Samples = samples;
        Tokens = inputs.Rows / samples;
        Inputs = Matrix.Allocate(inputs.Rows, inputs.Columns);
        inputs.CopyTo(Inputs);
        LogitRoute route = CheaperRoute(shape, samples, Tokens);
        _caches = AllocateCaches(shape, Inputs, Tokens, route);
        _layers = [.. _caches.Select(cache => new LayerView(cache))];
        Output = shape.ReadoutWidth is int width ? Matrix.Allocate(inputs.Rows, width) : _caches[^1].Output;
        _queryKeyProducts = new QueryKeyProducts(shape, route);
        _shards = CreateShards(shape, route);
        _gradientSum = new GradientSum(_layout, _shards, _queryKeyProducts);
        _team = new WorkerTeam(Math.Min(threads, _shards.Length));
        _forwardWork = new ForwardWork(_shards, _queryKeyProducts);
        _backwardWork = new BackwardWork(_shards, _queryKeyProducts);
        _tangentWork = new TangentWork(_shards, _queryKeyProducts);
    }

    /// <summary>The shape.</summary>
    public ResidualTransformerShape Shape { get; }

    /// <summary>Number of samples N.</summary>
    public int Samples { get; }

    /// <summary>Tokens of a sample n.</summary>
    public int Tokens { get; }

    /// <summary>X [M, d], M = N·n; not to be written.</summary>
    public Matrix Inputs { get; }

    /// <summary>F of the last forward pass (R.4) [M, d_out]; not to be written.</summary>
    public Matrix Output { get; }

    /// <summary>Number of shards that the samples are divided into; a function of the sizes alone.</summary>
    internal int Shards => _shards.Length;

    /// <summary>What block <paramref name="layer"/> computed in the last forward pass.</summary>
    /// <param name="layer">Block number from 0.</param>
    public LayerView Layer(int layer) => _layers[layer];

    /// <summary>F = Z^L or Z^L W_U (R.1–R.4) into <see cref="Output"/>, and every intermediate matrix.</summary>
    /// <param name="weights">Weights of this shape; not changed.</param>
    /// <remarks>Non-finite weights or overflow give non-finite outputs, no exception.</remarks>
    /// <exception cref="ArgumentException">The weights have another layout.</exception>
    public void Forward(ResidualTransformerWeights weights)
    {
        RequireLayout(weights, nameof(weights));
        _queryKeyProducts.Compute(weights);
        _forwardWork.Weights = weights;
        _team.Run(_forwardWork, _shards.Length);
    }

    /// <summary>Jᵀ u: the gradient of ⟨u, F(θ)⟩, by R.6, at the weights of the last <see cref="Forward"/>.</summary>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="outputGradient">u = ∂ℒ/∂F [M, d_out]; not changed.</param>
    /// <param name="gradient">Overwritten: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained; nothing below the lowest is computed.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void Backward(ResidualTransformerWeights weights, Matrix outputGradient, ResidualTransformerWeights gradient, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(gradient, nameof(gradient));
        RequireOutputShape(outputGradient, nameof(outputGradient));
        TrainedBlocks blocks = Resolve(trained);
        if (_shards.Length == 1)
        {
            _shards[0].Gradient = gradient;
        }

        _backwardWork.Set(weights, outputGradient, blocks);
        _team.Run(_backwardWork, _shards.Length);
        _gradientSum.Compute(_team, weights, gradient, blocks);
    }

    /// <summary>J v: the derivative of F along <paramref name="direction"/>, at the weights of the last <see cref="Forward"/>.</summary>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="direction">v; only its trained matrices are read.</param>
    /// <param name="outputTangent">Overwritten with J v [M, d_out].</param>
    /// <param name="trained">Which matrices are trained.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void Tangent(ResidualTransformerWeights weights, ResidualTransformerWeights direction, Matrix outputTangent, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(direction, nameof(direction));
        RequireOutputShape(outputTangent, nameof(outputTangent));
        TrainedBlocks blocks = Resolve(trained);
        _queryKeyProducts.ComputeTangent(weights, direction, blocks);
        _tangentWork.Set(weights, direction, outputTangent, blocks);
        _team.Run(_tangentWork, _shards.Length);
    }

    /// <summary>H v with H = ∇²ℒ of ℒ = ½‖F − Y‖²: Jᵀ J v + Σ_i E_i D²F_i v (R.7), at the weights of the last <see cref="Forward"/>; exact up to rounding.</summary>
    /// <remarks>ψ'' of ReLU and leaky ReLU counts as 0, also at the kink. The first call reserves memory; a product costs about five backward passes.</remarks>
    /// <param name="weights">The weights of the last forward pass; not changed.</param>
    /// <param name="direction">v; only its trained matrices are read.</param>
    /// <param name="residual">E = ∂ℒ/∂F = F − Y [M, d_out]; not changed. Zero leaves JᵀJ v, the Gauss–Newton part.</param>
    /// <param name="result">Overwritten: H v in each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained: H is taken in these.</param>
    /// <exception cref="ArgumentException">A layout or shape does not fit, or a trained name is not in the model.</exception>
    public void HessianProduct(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, Matrix residual, ResidualTransformerWeights result, TrainedSet trained)
    {
        RequireLayout(weights, nameof(weights));
        RequireLayout(direction, nameof(direction));
        RequireLayout(result, nameof(result));
        RequireOutputShape(residual, nameof(residual));
        TrainedBlocks blocks = Resolve(trained);
        _hessianProducts ??= new HessianProducts(Shape, _caches, Samples, Tokens, _shards.Length);
        _hessianProducts.Compute(_team, weights, direction, residual, result, blocks);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose() => _team.Dispose();

    /// <summary>The route with fewer multiply-adds in a forward and backward pass over M rows, the gradient of the input included.</summary>
    /// <remarks>Factored: 6Md·d_k + 3Mn·d_k. Merged: 3Md² + 3Mnd + 3d²·d_k.</remarks>
    internal static LogitRoute CheaperRoute(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens;
        double width = shape.Width;
        double keyWidth = shape.KeyWidth;
        double factored = 3 * rows * keyWidth * ((2 * width) + tokens);
        double merged = 3 * width * ((rows * (width + tokens)) + (width * keyWidth));
        return merged < factored ? LogitRoute.Merged : LogitRoute.Factored;
    }

    private static BlockCache[] AllocateCaches(ResidualTransformerShape shape, Matrix inputs, int tokens, LogitRoute route)
    {
        var caches = new BlockCache[shape.Depth];
        Matrix input = inputs;
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            caches[layer] = BlockCache.Allocate(shape, input, tokens, route);
            input = caches[layer].Output;
        }

        return caches;
    }

    private SampleShard[] CreateShards(ResidualTransformerShape shape, LogitRoute route)
    {
        int count = Math.Clamp(Inputs.Rows / RowsPerShard, 1, Math.Min(MaximumShards, Samples));
        BlockScratch scratch = BlockScratch.Allocate(shape, Inputs.Rows, Tokens, route);
        var shards = new SampleShard[count];
        for (int k = 0; k < count; k++)
        {
            int first = (int)((long)k * Samples / count);
            int end = (int)((long)(k + 1) * Samples / count);
            shards[k] = new SampleShard(shape, _caches, scratch, Output, route, first, end - first, Tokens)
            {
                Gradient = count == 1 ? null : new ResidualTransformerWeights(shape),
                QueryKeyGradients = _queryKeyProducts.AllocateGradients(),
            };
        }

        return shards;
    }

    private TrainedBlocks Resolve(TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (!ReferenceEquals(_trained?.Set, trained))
        {
            _trained = new TrainedBlocks(trained, _layout, Shape.Depth);
        }

        return _trained!;
    }

    private void RequireLayout(ResidualTransformerWeights weights, string name)
    {
        ArgumentNullException.ThrowIfNull(weights, name);
        if (!weights.Shape.HasLayoutOf(Shape))
        {
            throw new ArgumentException($"Weights must have the layout of {Shape} but belong to {weights.Shape}.", name);
        }
    }

    private void RequireOutputShape(in Matrix matrix, string name)
    {
        if (matrix.Rows != Output.Rows || matrix.Columns != Output.Columns || !matrix.IsContiguous)
        {
            throw new ArgumentException($"The matrix must be contiguous and of the output's shape {Output} but is {matrix} with stride {matrix.Stride}.", name);
        }
    }

    private sealed class ForwardWork(SampleShard[] shards, QueryKeyProducts products) : IDividedWork
    {
        public ResidualTransformerWeights Weights { get; set; } = null!;

        public void Compute(int part) => shards[part].Forward(Weights, products.Products);
    }

    private sealed class BackwardWork(SampleShard[] shards, QueryKeyProducts products) : IDividedWork
    {
        private ResidualTransformerWeights _weights = null!;
        private Matrix _outputGradient;
        private TrainedBlocks _trained = null!;

        public void Set(ResidualTransformerWeights weights, in Matrix outputGradient, TrainedBlocks trained) => (_weights, _outputGradient, _trained) = (weights, outputGradient, trained);

        public void Compute(int part) => shards[part].Backward(_weights, products.Products, _outputGradient, _trained.Blocks, _trained.Lowest, _trained.Readout);
    }

    private sealed class TangentWork(SampleShard[] shards, QueryKeyProducts products) : IDividedWork
    {
        private ResidualTransformerWeights _weights = null!;
        private ResidualTransformerWeights _direction = null!;
        private Matrix _outputTangent;
        private TrainedBlocks _trained = null!;

        public void Set(ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix outputTangent, TrainedBlocks trained) =>
            (_weights, _direction, _outputTangent, _trained) = (weights, direction, outputTangent, trained);

        public void Compute(int part) =>
            shards[part].Tangent(_weights, _direction, products.Products, products.Directions, _trained.Blocks, _trained.Lowest, _trained.Readout, _outputTangent);
    }
}
