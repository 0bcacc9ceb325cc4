using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Exact Gram matrices J_b J_bᵀ [M·d, M·d] of one block's Jacobians in its own weights at θ_0, in closed form (C.17).</summary>
/// <remarks>
/// A change dW_b moves row r of the output by x_r dW_b B_r for some vector x_r and matrix B_r, so (J_b J_bᵀ)_{(r,a),(s,b)} = ⟨x_r, x_s⟩ (B_rᵀB_s)_{ab}: an outer
/// Gram matrix spread over an inner one.
/// </remarks>
internal static class BlockGrams
{
    /// <summary>Of Z⁺ in W_Q, W_K, W_V, W_1, W_2.</summary>
    public static Matrix[] OfOutput(LayerCentre centre, RowStacks stacks, double temperature) =>
    [
        Spread(centre.Input, stacks.KeyCovarianceOutput, temperature * temperature),
        Spread(centre.Query, stacks.CovarianceOutput, temperature * temperature),
        Spread(centre.Mixed, stacks.Transfer, 1),
        Spread(centre.AttentionOutput, FfnOutStack(centre), 1),
        SpreadIdentity(centre.Hidden, centre.Input.Columns),
    ];

    /// <summary>Of H in W_Q, W_K, W_V.</summary>
    public static Matrix[] OfAttentionOutput(LayerCentre centre, RowStacks stacks, double temperature) =>
    [
        Spread(centre.Input, stacks.KeyCovariance, temperature * temperature),
        Spread(centre.Query, stacks.Covariance, temperature * temperature),
        SpreadIdentity(centre.Mixed, centre.Input.Columns),
    ];

    private static Matrix Spread(in Matrix vectors, in Matrix stack, double factor)
    {
        Matrix outer = Gram(vectors), inner = Gram(stack);
        int width = stack.Rows / vectors.Rows;
        for (int row = 0; row < inner.Rows; row++)
        {
            ReadOnlySpan<double> weights = outer.Row(row / width);
            for (int s = 0; s < weights.Length; s++)
            {
                Vectors.Scale(inner.Row(row).Slice(s * width, width), factor * weights[s]);
            }
        }

        return inner;
    }

    private static Matrix SpreadIdentity(in Matrix vectors, int width)
    {
        Matrix outer = Gram(vectors), result = Matrix.Allocate(vectors.Rows * width, vectors.Rows * width);
        for (int r = 0; r < outer.Rows; r++)
        {
            for (int s = 0; s < outer.Rows; s++)
            {
                for (int a = 0; a < width; a++)
                {
                    result[(r * width) + a, (s * width) + a] = outer[r, s];
                }
            }
        }

        return result;
    }

    // (diag(ψ'_r) W_2)ᵀ [M·d, m]
    private static Matrix FfnOutStack(LayerCentre centre)
    {
        Matrix ffnOut = centre.Weights.FfnOut;
        Matrix stack = Matrix.Allocate(centre.Input.Rows * ffnOut.Columns, ffnOut.Rows);
        double[] column = new double[ffnOut.Rows];
        for (int a = 0; a < ffnOut.Columns; a++)
        {
            for (int j = 0; j < column.Length; j++)
            {
                column[j] = ffnOut[j, a];
            }

            for (int r = 0; r < centre.Input.Rows; r++)
            {
                TensorPrimitives.Multiply(centre.HiddenDerivative.Row(r), column, stack.Row((r * ffnOut.Columns) + a));
            }
        }

        return stack;
    }

    private static Matrix Gram(in Matrix matrix)
    {
        Matrix gram = Matrix.Allocate(matrix.Rows, matrix.Rows);
        Products.MultiplyByTransposed(matrix, matrix, gram);
        return gram;
    }
}
