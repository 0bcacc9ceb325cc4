using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Some of the samples in a Hessian product (R.7): the tangents
/// of the whole model over these rows, and the second pass back.</summary>
/// <remarks>Like <see cref="FullShard"/>, shards touch disjoint rows and their own gradient, so they may run at once.</remarks>
internal sealed class SampleCurvature
{
    private readonly BlockCache<double>[] _caches;
    private readonly CurvatureCache[] _tangents;
    private readonly CurvatureScratch _scratch;
    private readonly ResidualBlockCurvature _block;
    private readonly MovingGradient _output;
    private readonly int _start;

    public SampleCurvature(ResidualTransformerShape shape, BlockCache<double>[] caches, int firstSample, int samples, int tokens)
    {
        _start = firstSample * tokens;
        int rows = samples * tokens;
        _caches = [.. caches.Select(cache => cache.Samples(firstSample, samples))];
        _tangents = new CurvatureCache[caches.Length];
        Matrix inputTangent = default;
        for (int layer = 0; layer < caches.Length; layer++)
        {
            _tangents[layer] = new CurvatureCache(shape, rows, tokens, inputTangent);
            inputTangent = _tangents[layer].OutputTangent;
        }

        _scratch = new CurvatureScratch(shape, rows, tokens);
        _block = new ResidualBlockCurvature(shape, samples);
        _output = MovingGradient.Allocate(rows, shape.OutputWidth);
        Result = new ResidualTransformerWeights(shape);
    }

    /// <summary>This shard's part of H v; only the trained matrices are written.</summary>
    public ResidualTransformerWeights Result { get; }

    /// <summary>Computes <see cref="Result"/>.</summary>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="direction">v; only the trained matrices are read.</param>
    /// <param name="residual">E of all samples [N·n, d_out].</param>
    /// <param name="trained">Which matrices are trained.</param>
    public void Compute(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix residual, ResolvedTrainedSet trained)
    {
        for (int layer = trained.Lowest; layer < _caches.Length; layer++)
        {
            _block.Forward(weights.Block(layer), direction.Block(layer), _caches[layer], TrainingOf(trained, layer), _tangents[layer]);
        }

        MovingGradient dOutput = OutputBackward(weights, direction, residual, trained);
        for (int layer = _caches.Length - 1; layer >= trained.Lowest; layer--)
        {
            MovingGradient dInput = _scratch.InputOf(layer);
            _block.Backward(
                weights.Block(layer), direction.Block(layer), _caches[layer], _tangents[layer], dOutput, TrainingOf(trained, layer),
                Result.Block(layer), _scratch, dInput);
            dOutput = dInput;
        }
    }

    // (D, Ḋ) at the last block's output: D = E and Ḋ = Ḟ = J v, or with a readout D = E W_Uᵀ and Ḋ = Ḟ W_Uᵀ + E Ẇ_Uᵀ.
    private MovingGradient OutputBackward(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix residual, ResolvedTrainedSet trained)
    {
        residual.RowRange(_start, _output.Value.Rows).CopyTo(_output.Value);
        bool moves = trained.Lowest < _caches.Length;
        if (weights.Readout is not Matrix readout)
        {
            _tangents[^1].OutputTangent.CopyTo(_output.Tangent);
            return _output;
        }

        // (R.4)  Ḟ = Ż^L W_U + Z^L Ẇ_U                                        [M, d_out]
        _output.Tangent.Fill(0);
        if (moves)
        {
            Products.Multiply(_tangents[^1].OutputTangent, readout, _output.Tangent);
        }

        if (trained.Readout)
        {
            Products.Multiply(_caches[^1].Output, direction.Readout!.Value, _output.Tangent, beta: 1);

            // (R.6)  dW_U = (Z^L)ᵀ E                                          [d, d_out]
            Products.TransposedMultiply(_caches[^1].Output, _output.Tangent, Result.Readout!.Value);
            if (moves)
            {
                Products.TransposedMultiply(_tangents[^1].OutputTangent, _output.Value, Result.Readout!.Value, beta: 1);
            }
        }

        MovingGradient dOutput = _scratch.InputOf(_caches.Length);
        Products.MultiplyByTransposed(_output.Value, readout, dOutput.Value);
        Products.MultiplyByTransposed(_output.Tangent, readout, dOutput.Tangent);
        if (trained.Readout)
        {
            Products.MultiplyByTransposed(_output.Value, direction.Readout!.Value, dOutput.Tangent, beta: 1);
        }

        return dOutput;
    }

    private static BlockTraining TrainingOf(ResolvedTrainedSet trained, int layer) =>
        trained.Blocks[layer] with { Input = layer > trained.Lowest };
}
