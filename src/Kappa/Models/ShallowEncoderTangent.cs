using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>J v of model S (S.10), sample after sample.</summary>
internal static class ShallowEncoderTangent
{
    /// <summary>Computes it.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="inputs">X [N·d_s, d].</param>
    /// <param name="tokens">d_s.</param>
    /// <param name="at">θ.</param>
    /// <param name="along">v.</param>
    /// <param name="tangent">J v [N, 1], overwritten.</param>
    public static void Compute(ShallowEncoderShape shape, in Matrix inputs, int tokens, ModelParameters at, ModelParameters along, in Matrix tangent)
    {
        var head = new AttentionTangent(AttentionKernel.Softmax, shape.LogitScale, tokens);
        Matrix mixed = Matrix.Allocate(tokens, shape.InputWidth), dMixed = Matrix.Allocate(tokens, shape.InputWidth);
        Matrix hidden = Matrix.Allocate(tokens, shape.Width), dHidden = Matrix.Allocate(tokens, shape.Width);
        double factor = shape.OutputScale * shape.PoolingFactor(tokens);
        ReadOnlySpan<double> readout = at["readout"].Span, dReadout = along["readout"].Span;
        for (int sample = 0; sample < tangent.Rows; sample++)
        {
            // (S.10)  u_i = Xᵀβ_i and its derivative                          [d_s, d]
            Matrix x = inputs.RowRange(sample * tokens, tokens);
            head.Apply(Logits(x, at), Logits(x, along) with { Value = default }, mixed, dMixed);

            // (S.10)  P = U W_Vᵀ, dP = dU W_Vᵀ + U dW_Vᵀ                      [d_s, d_m]
            Products.MultiplyByTransposed(mixed, at["value"], hidden);
            Products.MultiplyByTransposed(dMixed, at["value"], dHidden);
            Products.MultiplyByTransposed(mixed, along["value"], dHidden, beta: 1);

            // (S.10)  df = τ₁ Σ_i (dw_O·ReLU(P_i) + w_O·(ReLU'(P_i) ∘ dP_i))
            double sum = 0;
            for (int token = 0; token < tokens; token++)
            {
                ReadOnlySpan<double> p = hidden.Row(token), dp = dHidden.Row(token);
                for (int k = 0; k < p.Length; k++)
                {
                    sum += p[k] > 0 ? (dReadout[k] * p[k]) + (readout[k] * dp[k]) : 0;
                }
            }

            tangent[sample, 0] = factor * sum;
        }
    }

    // W_Q and W_K are [d_m, d]: Q = X W_Qᵀ, K = X W_Kᵀ, and the values are X itself.
    private static HeadMatrices<double> Logits(in Matrix x, ModelParameters parameters)
    {
        Matrix query = Matrix.Allocate(x.Rows, parameters["query"].Rows), key = Matrix.Allocate(x.Rows, parameters["key"].Rows);
        Products.MultiplyByTransposed(x, parameters["query"], query);
        Products.MultiplyByTransposed(x, parameters["key"], key);
        return new HeadMatrices<double>(query, key, x);
    }
}
