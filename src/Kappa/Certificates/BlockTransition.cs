using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>The exact Jacobians of one block at θ_0 in its input, sample by sample, and the Gram matrices of its Jacobians in its own weights (C.17).</summary>
/// <remarks>Backward passes (R.6) of this block alone: n·d of them for the input, M·d for the weights.</remarks>
internal sealed class BlockTransition
{
    private readonly int _samples, _tokens, _width;

    private BlockTransition(Matrix jacobian, Matrix[] ownGrams, int samples, int tokens)
    {
        (_samples, _tokens, _width) = (samples, tokens, jacobian.Columns / tokens);
        Jacobian = jacobian;
        OwnGrams = ownGrams;
    }

    /// <summary>∂Z⁺_i/∂Z_i of each sample i, output numbers in rows [N·n·d, n·d].</summary>
    public Matrix Jacobian { get; }

    /// <summary>J_b J_bᵀ [M·d, M·d] for W_Q, W_K, W_V, W_1, W_2 of this block, or none.</summary>
    public Matrix[] OwnGrams { get; }

    /// <summary>The block as it is, or up to H.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">The block's weights.</param>
    /// <param name="centre">The block at θ_0.</param>
    /// <param name="toAttentionOutput">Whether H stands in the place of Z⁺.</param>
    /// <param name="withWeights">Whether to form <see cref="OwnGrams"/>.</param>
    public static BlockTransition Of(ResidualTransformerShape shape, in BlockWeights weights, LayerCentre centre, bool toAttentionOutput, bool withWeights)
    {
        int samples = centre.Samples, tokens = centre.Tokens, width = shape.Width, perSample = tokens * width;
        ResidualTransformerShape single = shape with { Depth = 1, ReadoutWidth = null, FfnResidual = toAttentionOutput ? 1 : shape.FfnResidual };
        var block = new ResidualTransformerWeights(single);
        Copy(weights, block.Block(0));
        if (toAttentionOutput)
        {
            // With ρ_f = 1 and W_2 = 0 the block's output is H.
            block.Block(0).FfnOut.Fill(0);
        }

        var evaluator = new ResidualBlock(single, samples, LogitRoute.Factored);
        BlockCache cache = BlockCache.Allocate(single, centre.Input, tokens, LogitRoute.Factored);
        evaluator.Forward(block.Block(0), default, cache);
        var pass = new Pass(evaluator, block, cache, BlockScratch.Allocate(single, centre.Input.Rows, tokens, LogitRoute.Factored), single);
        Matrix jacobian = Matrix.Allocate(samples * perSample, perSample);
        for (int output = 0; output < perSample; output++)
        {
            pass.InputGradient(output, samples, perSample, jacobian);
        }

        return new BlockTransition(jacobian, withWeights ? pass.Grams(centre.Input.Rows * width) : [], samples, tokens);
    }

    /// <summary>max_i ‖∂Z⁺_i/∂Z_i‖₂.</summary>
    public double Norm(SpectralNorm norms) => Enumerable.Range(0, _samples).Max(i => norms.UpperBound(Jacobian.RowRange(i * _tokens * _width, _tokens * _width)));

    /// <summary>T K Tᵀ: the Gram matrix of an earlier block's Jacobian carried through this block.</summary>
    /// <param name="gram">K [M·d, M·d].</param>
    public Matrix Carry(in Matrix gram)
    {
        int size = _tokens * _width;
        Matrix left = Matrix.Allocate(gram.Rows, gram.Columns), both = Matrix.Allocate(gram.Rows, gram.Columns);
        Products.MultiplyEach(_samples, Jacobian, gram, left);
        for (int i = 0; i < _samples; i++)
        {
            Products.MultiplyByTransposed(left.ColumnRange(i * size, size), Jacobian.RowRange(i * size, size), both.ColumnRange(i * size, size));
        }

        return both;
    }

    private static void Copy(in BlockWeights source, in BlockWeights target)
    {
        source.Query.CopyTo(target.Query);
        source.Key.CopyTo(target.Key);
        source.Value.CopyTo(target.Value);
        source.FfnIn.CopyTo(target.FfnIn);
        source.FfnOut.CopyTo(target.FfnOut);
    }

    /// <summary>Backward passes from unit vectors.</summary>
    private sealed class Pass(ResidualBlock evaluator, ResidualTransformerWeights weights, BlockCache cache, BlockScratch scratch, ResidualTransformerShape shape)
    {
        private readonly Matrix _unit = Matrix.Allocate(cache.Output.Rows, cache.Output.Columns);
        private readonly Matrix _input = Matrix.Allocate(cache.Output.Rows, cache.Output.Columns);
        private readonly ResidualTransformerWeights _gradient = new(shape);

        // Output number k of every sample at once: the samples do not meet.
        public void InputGradient(int k, int samples, int perSample, in Matrix jacobian)
        {
            for (int i = 0; i < samples; i++)
            {
                _unit.Span[(i * perSample) + k] = 1;
            }

            evaluator.Backward(weights.Block(0), default, cache, _unit, new BlockTraining(false, false, false, false, false, true), _gradient.Block(0), default, scratch, _input);
            for (int i = 0; i < samples; i++)
            {
                _unit.Span[(i * perSample) + k] = 0;
                _input.Span.Slice(i * perSample, perSample).CopyTo(jacobian.Row((i * perSample) + k));
            }
        }

        public Matrix[] Grams(int outputs)
        {
            Matrix[] jacobians = [.. _gradient.Layout.Blocks.Select(block => Matrix.Allocate(outputs, block.Length))];
            for (int output = 0; output < outputs; output++)
            {
                _unit.Span[output] = 1;
                evaluator.Backward(weights.Block(0), default, cache, _unit, new BlockTraining(true, true, true, true, true, false), _gradient.Block(0), default, scratch, _input);
                _unit.Span[output] = 0;
                for (int b = 0; b < jacobians.Length; b++)
                {
                    _gradient[_gradient.Layout.Blocks[b]].Span.CopyTo(jacobians[b].Row(output));
                }
            }

            return [.. jacobians.Select(Gram)];
        }

        private static Matrix Gram(Matrix jacobian)
        {
            Matrix gram = Matrix.Allocate(jacobian.Rows, jacobian.Rows);
            Products.MultiplyByTransposed(jacobian, jacobian, gram);
            return gram;
        }
    }
}
