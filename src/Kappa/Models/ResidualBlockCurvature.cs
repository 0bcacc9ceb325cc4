using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One block's part of a Hessian product (R.7): the tangents of R.1–R.3,
/// kept, and then R.6 differentiated line by line along the same direction.</summary>
/// <remarks>
/// Each line X = f(Y, W) of R.6 becomes the pair (X, Ẋ): X again, for the way back needs it, and Ẋ by the product rule. Queries and keys
/// are formed by themselves whatever the route of the forward pass. About four times the products of a backward pass. Gradients are
/// overwritten. No allocation.
/// </remarks>
internal sealed class ResidualBlockCurvature(ResidualTransformerShape shape, int samples)
{
    private readonly bool _isCurved = shape.Activation.Kind is ActivationKind.SmoothLeakyRelu or ActivationKind.Gelu;

    /// <summary>The tangents of everything the block computes.</summary>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="direction">Ẇ; only the trained matrices are read.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="training">Which matrices move; <see cref="BlockTraining.Input"/>: whether Ż is not zero.</param>
    /// <param name="tangents">Ż [M, d]; the rest is overwritten.</param>
    public void Forward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, BlockTraining training, CurvatureCache tangents)
    {
        // (R.1)  q = Z W_Q, k = Z W_K and their tangents                      [M, d_k]
        Products.Multiply(cache.Input, weights.Query, tangents.Query);
        Products.Multiply(cache.Input, weights.Key, tangents.Key);
        Move(training.Input, tangents.InputTangent, weights.Query, training.Query, cache.Input, direction.Query, tangents.QueryTangent);
        Move(training.Input, tangents.InputTangent, weights.Key, training.Key, cache.Input, direction.Key, tangents.KeyTangent);

        // (R.1)  Ṡ = q̇ kᵀ + q k̇ᵀ,  Ȧ = τ A ∘ (Ṡ − ⟨A, Ṡ⟩)   per row          [n, n] each sample
        Products.MultiplyByTransposedEach(samples, tangents.QueryTangent, tangents.Key, tangents.AttentionTangent);
        Products.MultiplyByTransposedEach(samples, tangents.Query, tangents.KeyTangent, tangents.AttentionTangent, beta: 1);
        RowSoftmax.Backward(cache.Attention, tangents.AttentionTangent, shape.LogitScale, tangents.AttentionTangent);

        // (R.2)  (A Z)˙ = Ȧ Z + A Ż,  Ḣ = ρ_a Ż + (A Z)˙ W_V + A Z Ẇ_V         [M, d]
        Products.MultiplyEach(samples, tangents.AttentionTangent, cache.Input, tangents.MixedTangent);
        if (training.Input)
        {
            Products.MultiplyEach(samples, cache.Attention, tangents.InputTangent, tangents.MixedTangent, beta: 1);
        }

        Move(true, tangents.MixedTangent, weights.Value, training.Value, cache.Mixed, direction.Value, tangents.AttentionOutputTangent);
        if (training.Input)
        {
            Vectors.AddScaled(tangents.AttentionOutputTangent.Span, shape.AttentionResidual, tangents.InputTangent.Span);
        }

        HiddenForward(weights, direction, cache, training, tangents);
    }

    /// <summary>The pair (dZ, its tangent) from the pair (D, Ḋ), and the tangents of the trained gradients.</summary>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="direction">Ẇ; only the trained matrices are read.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="tangents">Of <see cref="Forward"/>.</param>
    /// <param name="dOutput">D = ∂ℒ/∂Z⁺ and Ḋ [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="result">The tangent of ∂ℒ/∂W for the trained matrices.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="dInput">dZ and its tangent [M, d], when wanted.</param>
    public void Backward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, CurvatureCache tangents, in MovingGradient dOutput,
        BlockTraining training,
        in BlockWeights result, CurvatureScratch scratch, in MovingGradient dInput)
    {
        // (R.6)  dW_2 = Φᵀ D                                                  [m, d]
        Gradient(training.FfnOut, cache.Hidden, tangents.HiddenTangent, dOutput, result.FfnOut);
        if (training.NeedsHidden)
        {
            HiddenBackward(weights, direction, cache, tangents, dOutput, training, result, scratch);
        }

        // (R.6)  dW_V = (A Z)ᵀ dH                                             [d, d]
        Gradient(training.Value, cache.Mixed, tangents.MixedTangent, scratch.AttentionOutput, result.Value);
        if (training.NeedsLogits)
        {
            AttentionBackward(weights, direction, cache, tangents, training, scratch);
            LogitsBackward(cache, tangents, training, result, scratch);
        }

        if (training.Input)
        {
            InputBackward(weights, direction, cache, tangents, training, scratch, dInput);
        }
    }

    private void HiddenForward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, BlockTraining training, CurvatureCache tangents)
    {
        // (R.3)  Ṗ = Ḣ W_1 + H Ẇ_1,  Φ̇ = ψ'(P) ∘ Ṗ,  ψ'(P)˙ = ψ''(P) ∘ Ṗ      [M, m]
        Move(
            true, tangents.AttentionOutputTangent, weights.FfnIn, training.FfnIn, cache.AttentionOutput, direction.FfnIn,
            tangents.HiddenTangent);
        Span<double> curvature = tangents.HiddenDerivativeTangent.Span;
        Span<double> hidden = tangents.HiddenTangent.Span;
        if (_isCurved)
        {
            Products.Multiply(cache.AttentionOutput, weights.FfnIn, tangents.HiddenDerivativeTangent);
            for (int i = 0; i < curvature.Length; i++)
            {
                curvature[i] = shape.Activation.SecondDerivative(curvature[i]) * hidden[i];
            }
        }
        else
        {
            curvature.Clear();
        }

        MultiplyBy(cache.HiddenDerivative.Span, hidden);

        // (R.3)  Ż⁺ = ρ_f Ḣ + Φ̇ W_2 + Φ Ẇ_2                                  [M, d]
        Move(true, tangents.HiddenTangent, weights.FfnOut, training.FfnOut, cache.Hidden, direction.FfnOut, tangents.OutputTangent);
        Vectors.AddScaled(tangents.OutputTangent.Span, shape.FfnResidual, tangents.AttentionOutputTangent.Span);
    }

    private void HiddenBackward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, CurvatureCache tangents, in MovingGradient dOutput,
        BlockTraining training,
        in BlockWeights result, CurvatureScratch scratch)
    {
        // (R.6)  dP = U ∘ ψ'(P) with U = D W_2ᵀ; its tangent U̇ ∘ ψ'(P) + U ∘ ψ'(P)˙   [M, m]
        MultiplyByTransposed(dOutput, weights.FfnOut, training.FfnOut, direction.FfnOut, scratch.Hidden);
        Span<double> value = scratch.Hidden.Value.Span;
        Span<double> tangent = scratch.Hidden.Tangent.Span;
        ReadOnlySpan<double> derivative = cache.HiddenDerivative.Span;
        ReadOnlySpan<double> curvature = tangents.HiddenDerivativeTangent.Span;
        for (int i = 0; i < value.Length; i++)
        {
            tangent[i] = (tangent[i] * derivative[i]) + (value[i] * curvature[i]);
            value[i] *= derivative[i];
        }

        // (R.6)  dW_1 = Hᵀ dP,  dH = ρ_f D + dP W_1ᵀ                          [M, d]
        Gradient(training.FfnIn, cache.AttentionOutput, tangents.AttentionOutputTangent, scratch.Hidden, result.FfnIn);
        MultiplyByTransposed(scratch.Hidden, weights.FfnIn, training.FfnIn, direction.FfnIn, scratch.AttentionOutput);
        AddScaled(scratch.AttentionOutput, shape.FfnResidual, dOutput);
    }

    private void AttentionBackward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, CurvatureCache tangents, BlockTraining training,
        CurvatureScratch scratch)
    {
        // (R.6)  d(A Z) = dH W_Vᵀ,  dA = d(A Z) Zᵀ                            [n, n] each sample
        MultiplyByTransposed(scratch.AttentionOutput, weights.Value, training.Value, direction.Value, scratch.Mixed);
        Products.MultiplyByTransposedEach(samples, scratch.Mixed.Value, cache.Input, scratch.Attention.Value);
        Products.MultiplyByTransposedEach(samples, scratch.Mixed.Tangent, cache.Input, scratch.Attention.Tangent);
        if (training.Input)
        {
            Products.MultiplyByTransposedEach(samples, scratch.Mixed.Value, tangents.InputTangent, scratch.Attention.Tangent, beta: 1);
        }

        SoftmaxBackward(cache.Attention, tangents.AttentionTangent, scratch.Attention);
    }

    // (R.6)  dS = τ A ∘ (dA − r), r = ⟨A, dA⟩; dṠ = τ [Ȧ ∘ (dA − r) + A ∘ (dȦ − ṙ)], ṙ = ⟨Ȧ, dA⟩ + ⟨A, dȦ⟩   per row
    private void SoftmaxBackward(in Matrix attention, in Matrix attentionTangent, in MovingGradient gradient)
    {
        double scale = shape.LogitScale;
        for (int row = 0; row < attention.Rows; row++)
        {
            ReadOnlySpan<double> a = attention.Row(row);
            ReadOnlySpan<double> aTangent = attentionTangent.Row(row);
            Span<double> value = gradient.Value.Row(row);
            Span<double> tangent = gradient.Tangent.Row(row);
            double mean = Vectors.Dot(a, value);
            double meanTangent = Vectors.Dot(aTangent, value) + Vectors.Dot(a, tangent);
            for (int j = 0; j < a.Length; j++)
            {
                tangent[j] = scale * ((aTangent[j] * (value[j] - mean)) + (a[j] * (tangent[j] - meanTangent)));
                value[j] = scale * a[j] * (value[j] - mean);
            }
        }
    }

    private void LogitsBackward(
        BlockCache<double> cache, CurvatureCache tangents, BlockTraining training, in BlockWeights result, CurvatureScratch scratch)
    {
        // (R.6)  dq = dS k,  dk = dSᵀ q                                       [n, d_k] each sample
        Products.MultiplyEach(samples, scratch.Attention.Value, tangents.Key, scratch.Query.Value);
        Products.MultiplyEach(samples, scratch.Attention.Tangent, tangents.Key, scratch.Query.Tangent);
        Products.MultiplyEach(samples, scratch.Attention.Value, tangents.KeyTangent, scratch.Query.Tangent, beta: 1);
        Products.TransposedMultiplyEach(samples, scratch.Attention.Value, tangents.Query, scratch.Key.Value);
        Products.TransposedMultiplyEach(samples, scratch.Attention.Tangent, tangents.Query, scratch.Key.Tangent);
        Products.TransposedMultiplyEach(samples, scratch.Attention.Value, tangents.QueryTangent, scratch.Key.Tangent, beta: 1);

        // (R.6)  dW_Q = Zᵀ dq,  dW_K = Zᵀ dk                                  [d, d_k]
        InputGradient(training.Query, cache, tangents, training.Input, scratch.Query, result.Query);
        InputGradient(training.Key, cache, tangents, training.Input, scratch.Key, result.Key);
    }

    private void InputBackward(
        in BlockWeights weights, in BlockWeights direction, BlockCache<double> cache, CurvatureCache tangents, BlockTraining training,
        CurvatureScratch scratch, in MovingGradient dInput)
    {
        // (R.6)  dZ = ρ_a dH + Aᵀ d(A Z) + dq W_Qᵀ + dk W_Kᵀ                  [M, d]
        MultiplyByTransposed(scratch.Query, weights.Query, training.Query, direction.Query, dInput);
        MultiplyByTransposed(scratch.Key, weights.Key, training.Key, direction.Key, dInput, beta: 1);
        Products.TransposedMultiplyEach(samples, cache.Attention, scratch.Mixed.Value, dInput.Value, beta: 1);
        Products.TransposedMultiplyEach(samples, cache.Attention, scratch.Mixed.Tangent, dInput.Tangent, beta: 1);
        Products.TransposedMultiplyEach(samples, tangents.AttentionTangent, scratch.Mixed.Value, dInput.Tangent, beta: 1);
        AddScaled(dInput, shape.AttentionResidual, scratch.AttentionOutput);
    }

    // Ẋ = Ẏ W + Y Ẇ, each part where it is not zero.
    private static void Move(
        bool moves, in Matrix tangent, in Matrix weights, bool trained, in Matrix value, in Matrix direction, in Matrix result)
    {
        if (moves)
        {
            Products.Multiply(tangent, weights, result);
        }

        if (trained)
        {
            Products.Multiply(value, direction, result, beta: moves ? 1 : 0);
        }

        if (!moves && !trained)
        {
            result.Fill(0);
        }
    }

    // dX = dY Wᵀ and its tangent dẎ Wᵀ + dY Ẇᵀ.
    private static void MultiplyByTransposed(
        in MovingGradient gradient, in Matrix weights, bool trained, in Matrix direction, in MovingGradient result, double beta = 0)
    {
        Products.MultiplyByTransposed(gradient.Value, weights, result.Value, beta: beta);
        Products.MultiplyByTransposed(gradient.Tangent, weights, result.Tangent, beta: beta);
        if (trained)
        {
            Products.MultiplyByTransposed(gradient.Value, direction, result.Tangent, beta: 1);
        }
    }

    // The tangent of dW = Xᵀ dY: Xᵀ dẎ + Ẋᵀ dY.
    private static void Gradient(bool wanted, in Matrix value, in Matrix tangent, in MovingGradient gradient, in Matrix result)
    {
        if (wanted)
        {
            Products.TransposedMultiply(value, gradient.Tangent, result);
            Products.TransposedMultiply(tangent, gradient.Value, result, beta: 1);
        }
    }

    private static void InputGradient(
        bool wanted, BlockCache<double> cache, CurvatureCache tangents, bool moves, in MovingGradient gradient, in Matrix result)
    {
        if (wanted && moves)
        {
            Gradient(true, cache.Input, tangents.InputTangent, gradient, result);
        }
        else if (wanted)
        {
            Products.TransposedMultiply(cache.Input, gradient.Tangent, result);
        }
    }

    private static void AddScaled(in MovingGradient sum, double factor, in MovingGradient term)
    {
        Vectors.AddScaled(sum.Value.Span, factor, term.Value.Span);
        Vectors.AddScaled(sum.Tangent.Span, factor, term.Tangent.Span);
    }

    private static void MultiplyBy(ReadOnlySpan<double> factors, Span<double> values) =>
        System.Numerics.Tensors.TensorPrimitives.Multiply(values, factors, values);
}
