using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One head of attention along a direction: O = S V and dO = dS V + S dV for one sample (G.7), of either kernel.</summary>
/// <remarks>Theory: kernel attention, G.7. In full, n × n numbers a sample, and on one thread: a product with the kernel costs a few passes.</remarks>
internal sealed class AttentionTangent
{
    private readonly AttentionKernel _kernel;
    private readonly double _scale;
    private readonly Matrix _weights;
    private readonly Matrix _dWeights;
    private readonly double[] _halves;
    private readonly double[] _dHalves;

    /// <summary>Reserves the memory.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="scale">τ.</param>
    /// <param name="tokens">n.</param>
    public AttentionTangent(AttentionKernel kernel, double scale, int tokens)
    {
        (_kernel, _scale) = (kernel, scale);
        (_weights, _dWeights) = (Matrix.Allocate(tokens, tokens), Matrix.Allocate(tokens, tokens));
        (_halves, _dHalves) = (new double[tokens], new double[tokens]);
    }

    /// <summary>O and dO of one sample.</summary>
    /// <param name="at">Q, K [n, d_k] and V [n, d_v].</param>
    /// <param name="along">dQ, dK and dV; dV empty for none.</param>
    /// <param name="output">O [n, d_v], overwritten.</param>
    /// <param name="dOutput">dO [n, d_v], overwritten.</param>
    public void Apply(in HeadMatrices<double> at, in HeadMatrices<double> along, in Matrix output, in Matrix dOutput)
    {
        // (G.7)  L = τ Q Kᵀ, dL = τ (dQ Kᵀ + Q dKᵀ)                           [n, n]
        Products.MultiplyByTransposed(at.Query, at.Key, _weights, _scale);
        Products.MultiplyByTransposed(along.Query, at.Key, _dWeights, _scale);
        Products.MultiplyByTransposed(at.Query, along.Key, _dWeights, _scale, beta: 1);
        if (_kernel.Kind == AttentionKernelKind.Gaussian)
        {
            SubtractSquares(at, along);
        }

        // (G.7)  S and dS, S ∘ dL, less its share of the row where rows sum to one
        if (_kernel.HasUnitRows)
        {
            RowSoftmax.Apply(_weights, 1, _weights);
            RowSoftmax.Backward(_weights, _dWeights, 1, _dWeights);
        }
        else
        {
            TensorPrimitives.Exp(_weights.Span, _weights.Span);
            TensorPrimitives.Multiply(_weights.Span, _dWeights.Span, _dWeights.Span);
        }

        // (G.7)  O = S V, dO = dS V + S dV                                    [n, d_v]
        Products.Multiply(_weights, at.Value, output);
        Products.Multiply(_dWeights, at.Value, dOutput);
        if (along.Value.Rows > 0)
        {
            Products.Multiply(_weights, along.Value, dOutput, beta: 1);
        }
    }

    // (G.7)  −τ(‖q_j‖² + ‖k_k‖²)/2 in the exponent of a Gaussian, and −τ(⟨q_j, dq_j⟩ + ⟨k_k, dk_k⟩) in its derivative.
    private void SubtractSquares(in HeadMatrices<double> at, in HeadMatrices<double> along)
    {
        for (int k = 0; k < _halves.Length; k++)
        {
            (_halves[k], _dHalves[k]) = (0.5 * Vectors.SquaredNorm(at.Key.Row(k)), Vectors.Dot(at.Key.Row(k), along.Key.Row(k)));
        }

        for (int j = 0; j < _weights.Rows; j++)
        {
            double own = 0.5 * Vectors.SquaredNorm(at.Query.Row(j)), dOwn = Vectors.Dot(at.Query.Row(j), along.Query.Row(j));
            Span<double> weights = _weights.Row(j), dWeights = _dWeights.Row(j);
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] -= _scale * (own + _halves[k]);
                dWeights[k] -= _scale * (dOwn + _dHalves[k]);
            }
        }
    }
}
