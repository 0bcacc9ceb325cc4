using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Queries, keys and values of a head, and their tangents.</summary>
internal readonly record struct MovingHead<T>(HeadMatrices<T> Value, HeadMatrices<T> Tangent)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>One head of attention along a direction: O = S V forward (G.7) and its way back (G.10), of any kernel and mask.</summary>
/// <remarks>
/// L are the exponents of S (or S itself of a linear kernel), dL the derivative by them. Sample after sample, n × n numbers in full
/// whatever n is: a product with the kernel or the Hessian costs a few passes. One instance per thread.
/// </remarks>
internal sealed class HeadTangent<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly AttentionKernel _kernel;
    private readonly T _scale;
    private readonly KernelWeights<T> _function;
    private readonly bool _isCausal;
    private readonly int _tokens;
    private readonly Matrix<T> _weights;
    private readonly Matrix<T> _weightsTangent;
    private readonly Matrix<T> _gradient;
    private readonly Matrix<T> _gradientTangent;
    private readonly Matrix<T> _sums;

    /// <summary>Reserves the memory.</summary>
    public HeadTangent(TransformerShape shape, int tokens)
    {
        (_kernel, _tokens, _isCausal) = (shape.Kernel, tokens, shape.Mask == AttentionMask.Causal);
        double scale = shape.Kernel.Scale(shape.KeyWidth);
        _scale = T.CreateTruncating(scale);
        _function = new KernelWeights<T>(shape.Kernel, _isCausal, scale, tokens);
        (_weights, _weightsTangent, _gradient, _gradientTangent) = (Square(), Square(), Square(), Square());
        _sums = Matrix<T>.Allocate(4, tokens);
        Matrix<T> Square() => Matrix<T>.Allocate(tokens, tokens);
    }

    private bool IsGaussian => _kernel.Kind == AttentionKernelKind.Gaussian;

    /// <summary>Ȯ = Ṡ V + S V̇ for every sample (G.7).</summary>
    /// <param name="head">Q, K, V and their tangents, samples stacked.</param>
    /// <param name="output">Ȯ [g·n, d_v], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to; empty for all.</param>
    public void Tangent(in MovingHead<T> head, in Matrix<T> output, ReadOnlySpan<int> lengths)
    {
        for (int first = 0; first < output.Rows; first += _tokens)
        {
            MovingHead<T> sample = Of(head, first);
            Weights(sample, LengthOf(first, lengths));
            Matrix<T> rows = output.RowRange(first, _tokens);
            Products.Multiply(_weightsTangent, sample.Value.Value, rows);
            Products.Multiply(_weights, sample.Tangent.Value, rows, beta: 1);
        }
    }

    /// <summary>The tangents of dQ, dK and dV for every sample (G.10).</summary>
    /// <param name="head">Q, K, V and their tangents.</param>
    /// <param name="dOutput">dO and its tangent [g·n, d_v].</param>
    /// <param name="result">Overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void BackwardTangent(in MovingHead<T> head, in Moving<T> dOutput, in HeadMatrices<T> result, ReadOnlySpan<int> lengths)
    {
        for (int first = 0; first < dOutput.Value.Rows; first += _tokens)
        {
            int length = LengthOf(first, lengths);
            MovingHead<T> sample = Of(head, first);
            Moving<T> dRows = dOutput.Rows(first, _tokens);
            HeadMatrices<T> to = result.Sample(first / _tokens, _tokens);
            Weights(sample, length);

            // (G.10)  dV˙ = Ṡᵀ dO + Sᵀ dO˙,  dS = dO Vᵀ,  dS˙ = dO˙ Vᵀ + dO V̇ᵀ
            Products.TransposedMultiply(_weightsTangent, dRows.Value, to.Value);
            Products.TransposedMultiply(_weights, dRows.Tangent, to.Value, beta: 1);
            Products.MultiplyByTransposed(dRows.Value, sample.Value.Value, _gradient);
            Products.MultiplyByTransposed(dRows.Tangent, sample.Value.Value, _gradientTangent);
            Products.MultiplyByTransposed(dRows.Value, sample.Tangent.Value, _gradientTangent, beta: 1);
            ExponentGradients(length);

            // (G.10)  dQ˙ = τ (dL˙ K + dL K̇ − (dL˙ 1) ∘ Q − (dL 1) ∘ Q̇), the last two of a Gaussian; dK˙ alike with dLᵀ
            double scale = double.CreateTruncating(_scale);
            Products.Multiply(_gradientTangent, sample.Value.Key, to.Query, scale);
            Products.Multiply(_gradient, sample.Tangent.Key, to.Query, scale, beta: 1);
            Products.TransposedMultiply(_gradientTangent, sample.Value.Query, to.Key, scale);
            Products.TransposedMultiply(_gradient, sample.Tangent.Query, to.Key, scale, beta: 1);
            if (IsGaussian)
            {
                SubtractSquares(sample, to);
            }
        }
    }

    // S and Ṡ of one sample.
    private void Weights(in MovingHead<T> sample, int length)
    {
        // (G.7)  L˙ = τ (Q̇ Kᵀ + Q K̇ᵀ), of a Gaussian less τ (⟨q_j, q̇_j⟩ + ⟨k_k, k̇_k⟩)   [n, n]
        (HeadMatrices<T> at, HeadMatrices<T> along) = sample;
        double scale = double.CreateTruncating(_scale);
        Products.MultiplyByTransposed(at.Query, at.Key, _weights);
        Products.MultiplyByTransposed(along.Query, at.Key, _weightsTangent, scale);
        Products.MultiplyByTransposed(at.Query, along.Key, _weightsTangent, scale, beta: 1);
        _function.Take(at.Query, at.Key);
        _function.Weigh(_weights, new WeightPlace(0, 0, 0, length));
        Span<T> columns = _sums.Row(0);
        for (int k = 0; k < _tokens && IsGaussian; k++)
        {
            columns[k] = TensorPrimitives.Dot<T>(at.Key.Row(k), along.Key.Row(k));
        }

        for (int j = 0; j < _tokens; j++)
        {
            Span<T> s = _weights.Row(j), tangent = _weightsTangent.Row(j);
            T own = IsGaussian ? TensorPrimitives.Dot<T>(at.Query.Row(j), along.Query.Row(j)) : T.Zero;
            for (int k = 0; k < s.Length; k++)
            {
                tangent[k] = !Sees(j, k, length) ? T.Zero : IsGaussian ? tangent[k] - (_scale * (own + columns[k])) : tangent[k];
            }

            // (G.7)  Ṡ = S ∘ L˙, less its share of the row where rows sum to one; of a linear kernel L˙ itself
            if (_kernel.Kind != AttentionKernelKind.Linear)
            {
                T mean = _kernel.HasUnitRows ? TensorPrimitives.Dot<T>(s, tangent) : T.Zero;
                TensorPrimitives.Subtract(tangent, mean, tangent);
                TensorPrimitives.Multiply<T>(tangent, s, tangent);
            }
        }
    }

    // (G.10)  dL = S ∘ (dS − r), dL˙ = Ṡ ∘ (dS − r) + S ∘ (dS˙ − ṙ), r = ⟨S, dS⟩ and ṙ = ⟨Ṡ, dS⟩ + ⟨S, dS˙⟩ where rows sum to one,
    // otherwise 0
    private void ExponentGradients(int length)
    {
        for (int j = 0; j < _tokens; j++)
        {
            Span<T> value = _gradient.Row(j), tangent = _gradientTangent.Row(j);
            ReadOnlySpan<T> s = _weights.Row(j), moved = _weightsTangent.Row(j);
            bool isLinear = _kernel.Kind == AttentionKernelKind.Linear;
            T mean = _kernel.HasUnitRows ? TensorPrimitives.Dot<T>(s, value) : T.Zero;
            T meanTangent = _kernel.HasUnitRows ? TensorPrimitives.Dot<T>(moved, value) + TensorPrimitives.Dot<T>(s, tangent) : T.Zero;
            for (int k = 0; k < value.Length; k++)
            {
                if (!Sees(j, k, length))
                {
                    (value[k], tangent[k]) = (T.Zero, T.Zero);
                }
                else if (!isLinear)
                {
                    tangent[k] = (moved[k] * (value[k] - mean)) + (s[k] * (tangent[k] - meanTangent));
                    value[k] = s[k] * (value[k] - mean);
                }
            }
        }
    }

    // (G.10)  the terms of ‖q‖² and ‖k‖².
    private void SubtractSquares(in MovingHead<T> sample, in HeadMatrices<T> to)
    {
        _sums.Fill(T.Zero);
        Span<T> rows = _sums.Row(0), rowTangents = _sums.Row(1), columns = _sums.Row(2), columnTangents = _sums.Row(3);
        for (int j = 0; j < _tokens; j++)
        {
            rows[j] = _scale * TensorPrimitives.Sum<T>(_gradient.Row(j));
            rowTangents[j] = _scale * TensorPrimitives.Sum<T>(_gradientTangent.Row(j));
            TensorPrimitives.MultiplyAddEstimate(_gradient.Row(j), _scale, columns, columns);
            TensorPrimitives.MultiplyAddEstimate(_gradientTangent.Row(j), _scale, columnTangents, columnTangents);
        }

        GaussianWeights.SubtractScaledRows(to.Query, rowTangents, sample.Value.Query);
        GaussianWeights.SubtractScaledRows(to.Query, rows, sample.Tangent.Query);
        GaussianWeights.SubtractScaledRows(to.Key, columnTangents, sample.Value.Key);
        GaussianWeights.SubtractScaledRows(to.Key, columns, sample.Tangent.Key);
    }

    private bool Sees(int token, int other, int length) => other < length && (!_isCausal || other <= token);

    private int LengthOf(int row, ReadOnlySpan<int> lengths) => lengths.IsEmpty ? _tokens : lengths[row / _tokens];

    private MovingHead<T> Of(in MovingHead<T> head, int row) => new(head.Value.Sample(row / _tokens, _tokens),
        head.Tangent.Sample(row / _tokens, _tokens));
}
