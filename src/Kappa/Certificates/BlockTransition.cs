using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>The exact Jacobian of one block's Z⁺ or H in its input at θ_0, sample by sample (C.17).</summary>
/// <remarks>n·d backward passes (R.6) of this block alone.</remarks>
internal sealed class BlockTransition
{
    private readonly Matrix _jacobian;
    private readonly int _samples;

    private BlockTransition(Matrix jacobian, int samples)
    {
        (_jacobian, _samples) = (jacobian, samples);
    }

    /// <summary>Of Z⁺, or of H.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="centre">The block at θ_0.</param>
    /// <param name="toAttentionOutput">Whether H stands in the place of Z⁺.</param>
    public static BlockTransition Of(ResidualTransformerShape shape, LayerCentre centre, bool toAttentionOutput)
    {
        int samples = centre.Samples, perSample = centre.Tokens * shape.Width;
        ResidualTransformerShape single = shape with { Depth = 1, ReadoutWidth = null, FfnResidual = toAttentionOutput ? 1 : shape.FfnResidual };
        BlockWeights weights = centre.Weights;
        if (toAttentionOutput)
        {
            // With ρ_f = 1 and W_2 = 0 the block's output is H.
            weights = weights with { FfnOut = Matrix.Allocate(weights.FfnOut.Rows, weights.FfnOut.Columns) };
        }

        var evaluator = new ResidualBlock<double>(single, samples, LogitRoute.Factored);
        var factors = new BlockFactors<double>(single, LogitRoute.Factored);
        factors.TakeLogits(weights.Matrices);
        factors.TakeBranches(weights.Matrices);
        var cache = BlockCache<double>.Allocate(single, centre.Input, centre.Tokens, LogitRoute.Factored, RowMemory.Contiguous);
        var scratch = BlockScratch<double>.Allocate(single, centre.Input.Rows, centre.Tokens, LogitRoute.Factored, RowMemory.Contiguous);
        Matrix unit = Matrix.Allocate(centre.Input.Rows, shape.Width), gradient = Matrix.Allocate(centre.Input.Rows, shape.Width);
        Matrix jacobian = Matrix.Allocate(samples * perSample, perSample);
        var wanted = new BlockTraining(false, false, false, false, false, Input: true);
        evaluator.Forward(factors, cache, isFirst: false);
        for (int output = 0; output < perSample; output++)
        {
            // Output number k of every sample at once: the samples do not meet.
            SetUnits(unit, samples, perSample, output, 1);
            evaluator.Backward(factors, cache, unit, wanted, default, default, old: 0, scratch, gradient);
            SetUnits(unit, samples, perSample, output, 0);
            for (int i = 0; i < samples; i++)
            {
                gradient.Span.Slice(i * perSample, perSample).CopyTo(jacobian.Row((i * perSample) + output));
            }
        }

        return new BlockTransition(jacobian, samples);
    }

    /// <summary>max_i ‖∂Z⁺_i/∂Z_i‖₂.</summary>
    public double Norm(SpectralNorm norms) => Enumerable.Range(0, _samples).Max(i => norms.UpperBound(Of(i)));

    /// <summary>T K Tᵀ: the Gram matrix of an earlier block's Jacobian carried through this block.</summary>
    /// <param name="gram">K [M·d, M·d].</param>
    public Matrix Carry(in Matrix gram)
    {
        int size = _jacobian.Columns;
        Matrix left = Matrix.Allocate(gram.Rows, gram.Columns), both = Matrix.Allocate(gram.Rows, gram.Columns);
        Products.MultiplyEach(_samples, _jacobian, gram, left);
        for (int i = 0; i < _samples; i++)
        {
            Products.MultiplyByTransposed(left.ColumnRange(i * size, size), Of(i), both.ColumnRange(i * size, size));
        }

        return both;
    }

    private Matrix Of(int sample) => _jacobian.RowRange(sample * _jacobian.Columns, _jacobian.Columns);

    private static void SetUnits(in Matrix unit, int samples, int perSample, int output, double value)
    {
        for (int i = 0; i < samples; i++)
        {
            unit.Span[(i * perSample) + output] = value;
        }
    }
}
