using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The weights of model S as factors, by the route with fewer operations: W_Qᵀ W_K [d, d] merged, or W_Q and W_K apart.</summary>
internal sealed class ShallowEncoderFactors<T> : IModelFactors
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Matrix<T>[] _narrow;
    private readonly Matrix<T> _readout;

    /// <summary>Reserves the memory.</summary>
    public ShallowEncoderFactors(ShallowEncoderShape shape, LogitRoute route)
    {
        (int d, int m) = (shape.InputWidth, shape.Width);
        IsMerged = route == LogitRoute.Merged;
        OutputScale = shape.OutputScale;
        _narrow = [.. Enumerable.Range(0, 3).Select(_ => Matrix<T>.Allocate(m, d))];
        _readout = Matrix<T>.Allocate(1, m);
        QueryKey = Matrix<T>.Allocate(IsMerged ? d : 0, d);
        Query = new PackedMatrix<T>(d, IsMerged ? d : m);
        Key = new PackedMatrix<T>(d, IsMerged ? 0 : m);
        Value = new PackedMatrix<T>(d, m);
        ValueTransposed = new PackedMatrix<T>(m, d);
    }

    /// <summary>Whether the merged route is taken.</summary>
    public bool IsMerged { get; }

    /// <summary>W_Qᵀ W_K [d, d] (merged).</summary>
    public Matrix<T> QueryKey { get; }

    /// <summary>What X is multiplied by for the queries: W_Qᵀ W_K [d, d], or W_Qᵀ [d, d_m].</summary>
    public PackedMatrix<T> Query { get; }

    /// <summary>W_Kᵀ [d, d_m]; in the merged route the keys are X itself.</summary>
    public PackedMatrix<T> Key { get; }

    /// <summary>W_Vᵀ [d, d_m].</summary>
    public PackedMatrix<T> Value { get; }

    /// <summary>W_V [d_m, d].</summary>
    public PackedMatrix<T> ValueTransposed { get; }

    /// <summary>τ₁ w_O [1, d_m].</summary>
    public Matrix<T> Readout => _readout;

    /// <summary>τ₁.</summary>
    public double OutputScale { get; }

    /// <inheritdoc/>
    public void Take(ModelParameters parameters)
    {
        IReadOnlyList<ParameterBlock> blocks = parameters.Layout.Blocks;
        for (int k = 0; k < _narrow.Length; k++)
        {
            Precisions.Narrow(parameters[blocks[k]], _narrow[k]);
        }

        Precisions.Narrow(parameters[blocks[3]], _readout);
        TensorPrimitives.Multiply(_readout.Span, T.CreateTruncating(OutputScale), _readout.Span);
        Value.TakeTransposed(_narrow[2]);
        ValueTransposed.Take(_narrow[2]);
        if (IsMerged)
        {
            Products.TransposedMultiply(_narrow[0], _narrow[1], QueryKey);
            Query.Take(QueryKey);
        }
        else
        {
            Query.TakeTransposed(_narrow[0]);
            Key.TakeTransposed(_narrow[1]);
        }
    }
}

/// <summary>Model S for a group of samples, forward (S.1) and backward (S.8). The gradient of the logits' matrices is that of W_Qᵀ W_K in the merged route.</summary>
internal sealed class ShallowEncoderPass<T> : ISamplePass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int RowsPerGroup = 128;
    private const int LeastRows = 32;

    // The hidden rows of a group, their derivatives and the weights W_V share a second-level cache.
    private const int HiddenElements = 1 << 17;

    private readonly ShallowEncoderFactors<T> _factors;
    private readonly ParameterLayout _layout;
    private readonly KernelHead<T> _head;
    private readonly Activation _activation = new(ActivationKind.Relu);
    private readonly Matrix<T> _inputs;
    private readonly Matrix<T> _input;
    private readonly Matrix<T> _query;
    private readonly Matrix<T> _key;
    private readonly Matrix<T> _weights;
    private readonly Matrix<T> _mixed;
    private readonly Matrix<T> _derivative;
    private readonly Matrix<T> _hidden;
    private readonly Matrix<T> _pooled;
    private readonly Matrix<T> _output;
    private readonly Matrix<T> _dMixed;
    private readonly Matrix<T> _dQuery;
    private readonly Matrix<T> _dKey;
    private readonly T[] _dPooled;
    private readonly T _poolingFactor;
    private readonly int _tokens;
    private int _samples;

    /// <summary>Reserves the memory.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="factors">The weights.</param>
    /// <param name="layout">The layout of the gradient: <c>query-key</c> in the merged route.</param>
    /// <param name="inputs">X [N·d_s, d].</param>
    /// <param name="tokens">d_s.</param>
    public ShallowEncoderPass(ShallowEncoderShape shape, ShallowEncoderFactors<T> factors, ParameterLayout layout, in Matrix<T> inputs, int tokens)
    {
        (_factors, _layout, _inputs, _tokens) = (factors, layout, inputs, tokens);
        (int d, int m, int keyWidth) = (shape.InputWidth, shape.Width, factors.IsMerged ? shape.InputWidth : shape.Width);
        LargestGroup = Math.Max(1, Math.Clamp(HiddenElements / m, LeastRows, RowsPerGroup) / tokens);
        int rows = LargestGroup * tokens;
        _poolingFactor = T.CreateTruncating(shape.PoolingFactor(tokens));
        _head = new KernelHead<T>(AttentionKernel.Softmax, tokens, LargestGroup, keyWidth, d, shape.LogitScale);
        _input = Matrix<T>.Allocate(rows, d);
        _query = Matrix<T>.Allocate(rows, keyWidth);
        _key = factors.IsMerged ? _input : Matrix<T>.Allocate(rows, keyWidth);
        _weights = Matrix<T>.Allocate(_head.KeepsWeights ? rows : 0, tokens);
        (_mixed, _dMixed) = (Matrix<T>.Allocate(rows, d), Matrix<T>.Allocate(rows, d));
        (_derivative, _hidden) = (Matrix<T>.Allocate(rows, m), Matrix<T>.Allocate(rows, m));
        (_pooled, _output) = (Matrix<T>.Allocate(LargestGroup, m), Matrix<T>.Allocate(LargestGroup, 1));
        (_dQuery, _dKey) = (Matrix<T>.Allocate(rows, keyWidth), Matrix<T>.Allocate(factors.IsMerged ? 0 : rows, keyWidth));
        _dPooled = new T[m];
    }

    /// <inheritdoc/>
    public int LargestGroup { get; }

    /// <summary>Σ_i ReLU(W_V Xᵀβ_i), or their mean, of each sample of the last <see cref="Forward"/> [g, d_m]: the row of F_pre but for τ₁ (S.4).</summary>
    public Matrix<T> Pooled => _pooled.RowRange(0, _samples);

    private Matrix<T> Kept => _weights.Rows == 0 ? _weights : _weights.RowRange(0, _samples * _tokens);

    /// <inheritdoc/>
    public Matrix<T> Forward(ReadOnlySpan<int> samples)
    {
        _samples = samples.Length;
        int rows = _samples * _tokens;
        Matrix<T> input = _input.RowRange(0, rows), mixed = _mixed.RowRange(0, rows), derivative = _derivative.RowRange(0, rows);
        SampleRows.Gather(_inputs, samples, _tokens, input);

        // (S.1)  Xᵀβ_i with β_i = softmax(τ₀ X W_Kᵀ W_Q x_i), token by token  [d_s, d] each sample
        Products.Multiply(input, _factors.Query, _query.RowRange(0, rows));
        if (!_factors.IsMerged)
        {
            Products.Multiply(input, _factors.Key, _key.RowRange(0, rows));
        }

        _head.Forward(_samples, Head(input), Kept, mixed);

        // (S.1)  ReLU(W_V Xᵀβ_i)                                              [g·d_s, d_m]
        Products.Multiply(mixed, _factors.Value, derivative);
        _activation.ApplyWithDerivative<T>(derivative.Span, _hidden.RowRange(0, rows).Span, derivative.Span);

        // (S.1)  f = τ₁ w_Oᵀ Σ_i ReLU(W_V Xᵀβ_i)                              [g, 1]
        Pool();
        Matrix<T> output = _output.RowRange(0, _samples);
        Products.MultiplyByTransposed(Pooled, _factors.Readout, output);
        return output;
    }

    /// <inheritdoc/>
    public void Backward(in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        int rows = _samples * _tokens, last = isTrained.Length - 1;
        Matrix<T> input = _input.RowRange(0, rows), dHidden = _derivative.RowRange(0, rows), dMixed = _dMixed.RowRange(0, rows);

        // (S.8)  dw_O = τ₁ Σ_n df_n (pool of n)                               [1, d_m]
        if (isTrained[last])
        {
            Matrix<T> dReadout = View(gradient, _layout.Blocks[last]);
            Products.TransposedMultiply(dOutput, Pooled, dReadout, _factors.OutputScale, old);
        }

        bool wantsLogits = isTrained[0] || (!_factors.IsMerged && isTrained[1]);
        if (!wantsLogits && !isTrained[last - 1])
        {
            return;
        }

        // (S.8)  dP = df_n τ₁ w_O ∘ ReLU'(P), each row; dW_V = dPᵀ (Xᵀβ)      [d_m, d]
        SpreadOutputGradient(dOutput);
        if (isTrained[last - 1])
        {
            Products.TransposedMultiply(dHidden, _mixed.RowRange(0, rows), View(gradient, _layout.Blocks[last - 1]), beta: old);
        }

        if (!wantsLogits)
        {
            return;
        }

        // (S.8)  d(Xᵀβ) = dP W_V, then through the softmax                    [g·d_s, d]
        Products.Multiply(dHidden, _factors.ValueTransposed, dMixed);
        bool wantsKey = !_factors.IsMerged && isTrained[1];
        _head.Backward(_samples, Head(input), Kept, dMixed, new HeadMatrices<T>(_dQuery.RowRange(0, rows), wantsKey ? _dKey.RowRange(0, rows) : default, default), new HeadTraining(isTrained[0], wantsKey, Value: false));
        LogitGradients(input, isTrained, gradient, old, rows);
    }

    private static Matrix<T> View(in Matrix<T> vector, ParameterBlock block) => new(vector.Buffer, vector.Offset + block.Offset, block.Rows, block.Columns);

    private HeadMatrices<T> Head(in Matrix<T> input) => new(_query.RowRange(0, input.Rows), _key.RowRange(0, input.Rows), input);

    private void LogitGradients(in Matrix<T> input, bool[] isTrained, in Matrix<T> gradient, double old, int rows)
    {
        Matrix<T> dQuery = _dQuery.RowRange(0, rows);
        if (_factors.IsMerged)
        {
            // (S.8)  d(W_Qᵀ W_K) = Xᵀ dQ                                      [d, d]
            Products.TransposedMultiply(input, dQuery, View(gradient, _layout.Blocks[0]), beta: old);
            return;
        }

        // (S.8)  dW_Q = dQᵀ X, dW_K = dKᵀ X                                   [d_m, d]
        if (isTrained[0])
        {
            Products.TransposedMultiply(dQuery, input, View(gradient, _layout.Blocks[0]), beta: old);
        }

        if (isTrained[1])
        {
            Products.TransposedMultiply(_dKey.RowRange(0, rows), input, View(gradient, _layout.Blocks[1]), beta: old);
        }
    }

    private void Pool()
    {
        for (int sample = 0; sample < _samples; sample++)
        {
            Span<T> pool = _pooled.Row(sample);
            _hidden.Row(sample * _tokens).CopyTo(pool);
            for (int token = 1; token < _tokens; token++)
            {
                TensorPrimitives.Add(pool, _hidden.Row((sample * _tokens) + token), pool);
            }

            TensorPrimitives.Multiply(pool, _poolingFactor, pool);
        }
    }

    private void SpreadOutputGradient(in Matrix<T> dOutput)
    {
        for (int sample = 0; sample < _samples; sample++)
        {
            TensorPrimitives.Multiply(_factors.Readout.Span, dOutput[sample, 0] * _poolingFactor, _dPooled);
            for (int token = 0; token < _tokens; token++)
            {
                Span<T> derivative = _derivative.Row((sample * _tokens) + token);
                TensorPrimitives.Multiply(derivative, _dPooled, derivative);
            }
        }
    }
}
