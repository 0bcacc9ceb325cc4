using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Some of the samples with their share of every cache: the passes of the whole model over these rows.</summary>
/// <remarks>Shards touch disjoint rows and their own gradient, so they may run at once.</remarks>
internal sealed class SampleShard
{
    private readonly BlockCache[] _caches;
    private readonly BlockScratch _scratch;
    private readonly ResidualBlock _block;
    private readonly ResidualBlockTangent _tangent;
    private readonly Matrix _output;
    private readonly int _start;
    private readonly int _rows;

    public SampleShard(ResidualTransformerShape shape, BlockCache[] caches, BlockScratch scratch, Matrix output, LogitRoute route, int firstSample, int samples, int tokens)
    {
        _start = firstSample * tokens;
        _rows = samples * tokens;
        _caches = [.. caches.Select(cache => cache.Rows(_start, _rows))];
        _scratch = scratch.Rows(_start, _rows);
        _output = output.RowRange(_start, _rows);
        _block = new ResidualBlock(shape, samples, route);
        _tangent = new ResidualBlockTangent(shape, samples, route);
    }

    /// <summary>∂ℒ/∂W summed over this shard's samples; the evaluator's destination itself when there is one shard.</summary>
    public ResidualTransformerWeights? Gradient { get; set; }

    /// <summary>∂ℒ/∂G of each block summed over this shard's samples (merged route).</summary>
    public Matrix[] QueryKeyGradients { get; init; } = [];

    /// <summary>R.1–R.4 for these rows.</summary>
    public void Forward(ResidualTransformerWeights weights, Matrix[] queryKeyProducts)
    {
        for (int layer = 0; layer < _caches.Length; layer++)
        {
            _block.Forward(weights.Block(layer), queryKeyProducts[layer], _caches[layer]);
        }

        // (R.4)  F = Z^L W_U                                                  [M, d_out]
        if (weights.Readout is Matrix readout)
        {
            Products.Multiply(_caches[^1].Output, readout, _output);
        }
    }

    /// <summary>R.6 for these rows, from the last block down to <paramref name="lowest"/>.</summary>
    public void Backward(ResidualTransformerWeights weights, Matrix[] queryKeyProducts, in Matrix outputGradient, BlockTraining[] training, int lowest, bool trainsReadout)
    {
        ResidualTransformerWeights gradient = Gradient!;
        Matrix dOutput = outputGradient.RowRange(_start, _rows);
        if (weights.Readout is Matrix readout)
        {
            // (R.6)  dW_U = (Z^L)ᵀ dF                                         [d, d_out]
            if (trainsReadout)
            {
                Products.TransposedMultiply(_caches[^1].Output, dOutput, gradient.Readout!.Value);
            }

            // (R.6)  dZ^L = dF W_Uᵀ                                           [M, d]
            if (lowest < _caches.Length)
            {
                Products.MultiplyByTransposed(dOutput, readout, _scratch.InputOf(_caches.Length));
                dOutput = _scratch.InputOf(_caches.Length);
            }
        }

        for (int layer = _caches.Length - 1; layer >= lowest; layer--)
        {
            Matrix dInput = _scratch.InputOf(layer);
            _block.Backward(weights.Block(layer), queryKeyProducts[layer], _caches[layer], dOutput, training[layer], gradient.Block(layer), QueryKeyGradients[layer], _scratch, dInput);
            dOutput = dInput;
        }
    }

    /// <summary>The derivative of the output of these rows along <paramref name="direction"/>.</summary>
    public void Tangent(
        ResidualTransformerWeights weights, ResidualTransformerWeights direction, Matrix[] queryKeyProducts, Matrix[] queryKeyDirections,
        BlockTraining[] training, int lowest, bool trainsReadout, in Matrix outputTangent)
    {
        Matrix dF = outputTangent.RowRange(_start, _rows);
        bool hasReadout = weights.Readout is not null;
        for (int layer = lowest; layer < _caches.Length; layer++)
        {
            bool isLast = layer == _caches.Length - 1;
            BlockTraining moving = training[layer] with { Input = layer > lowest };
            _tangent.Apply(
                weights.Block(layer), direction.Block(layer), queryKeyProducts[layer], queryKeyDirections[layer], _caches[layer], moving, _scratch,
                _scratch.InputOf(layer), isLast && !hasReadout ? dF : _scratch.InputOf(layer + 1));
        }

        // (R.4)  dF = dZ^L W_U + Z^L dW_U                                     [M, d_out]
        if (weights.Readout is Matrix readout)
        {
            dF.Fill(0);
            if (lowest < _caches.Length)
            {
                Products.Multiply(_scratch.InputOf(_caches.Length), readout, dF);
            }

            if (trainsReadout)
            {
                Products.Multiply(_caches[^1].Output, direction.Readout!.Value, dF, beta: 1);
            }
        }
    }
}
