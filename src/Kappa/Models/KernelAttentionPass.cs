using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model G for a group of samples: one layer of attention and nothing else.</summary>
internal sealed class KernelAttentionPass<T> : ISamplePass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int RowsPerGroup = 128;

    private readonly KernelAttentionFactors<T> _factors;
    private readonly MultiHeadAttention<T> _attention;
    private readonly AttentionCache<T> _cache;
    private readonly Matrix<T> _inputs;
    private readonly Matrix<T> _input;
    private readonly Matrix<T> _output;
    private readonly int _tokens;
    private int _rows;

    /// <summary>Reserves the memory.</summary>
    public KernelAttentionPass(KernelAttentionShape shape, KernelAttentionFactors<T> factors, in Matrix<T> inputs, int tokens)
    {
        (_factors, _inputs, _tokens) = (factors, inputs, tokens);
        LargestGroup = Math.Max(1, RowsPerGroup / tokens);
        _attention = new MultiHeadAttention<T>(shape.Sizes, tokens, LargestGroup);
        _cache = _attention.NewCache();
        _input = Matrix<T>.Allocate(LargestGroup * tokens, shape.Width);
        _output = Matrix<T>.Allocate(LargestGroup * tokens, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public int LargestGroup { get; }

    /// <inheritdoc/>
    public Matrix<T> Forward(ReadOnlySpan<int> samples)
    {
        _rows = samples.Length * _tokens;
        Matrix<T> input = _input.RowRange(0, _rows), output = _output.RowRange(0, _rows);
        SampleRows.Gather(_inputs, samples, _tokens, input);
        _attention.Forward(_factors.Attention, input, residual: 0, output, _cache, output);
        return output;
    }

    /// <inheritdoc/>
    public void Backward(in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old) =>
        _attention.Backward(_factors.Attention, _input.RowRange(0, _rows), _cache, dOutput, isTrained, gradient, old, dInput: default);
}

/// <summary>The weights of model G as factors.</summary>
internal sealed class KernelAttentionFactors<T>(KernelAttentionShape shape, ParameterLayout layout) : IModelFactors
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The factors of the one layer.</summary>
    public AttentionFactors<T> Attention { get; } = new(shape.Sizes, shape.Parts(layout));

    /// <inheritdoc/>
    public void Take(ModelParameters parameters) => Attention.Take(parameters);
}

/// <summary>The token rows of chosen samples.</summary>
internal static class SampleRows
{
    /// <summary>Copies the rows of the samples, one sample after the other.</summary>
    public static void Gather<T>(in Matrix<T> source, ReadOnlySpan<int> samples, int tokens, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < samples.Length; k++)
        {
            source.RowRange(samples[k] * tokens, tokens).CopyTo(target.RowRange(k * tokens, tokens));
        }
    }
}
