using System.Numerics.Tensors;
using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Gram matrices J_b J_bᵀ [M·d, M·d] of one block's Jacobians in its own weights
/// at θ_0, in closed form and with the error of computing them (C.17, C.37).</summary>
/// <remarks>
/// A change dW_b moves row r of the output by x_r dW_b B_r for some vector x_r and matrix B_r, so (J_b J_bᵀ)_{(r,a),(s,b)} = ⟨x_r, x_s⟩
/// (B_rᵀB_s)_{ab}: an outer Gram matrix spread over an inner one.
/// </remarks>
internal static class WeightJacobianGrams
{
    /// <summary>Of Z⁺ in W_Q, W_K, W_V, W_1, W_2.</summary>
    public static GramEnclosure[] OfOutput(LayerAtCentre centre, TokenRowStacks stacks, double temperature) =>
    [
        Spread(centre.Input, stacks.KeyCovarianceOutput, temperature),
        Spread(centre.Query, stacks.CovarianceOutput, temperature),
        Spread(centre.Mixed, stacks.Transfer, 1),
        Spread(centre.AttentionOutput, FfnOutStack(centre), 1),
        SpreadIdentity(centre.Hidden, centre.Input.Values.Columns),
    ];

    /// <summary>Of H in W_Q, W_K, W_V.</summary>
    public static GramEnclosure[] OfAttentionOutput(LayerAtCentre centre, TokenRowStacks stacks, double temperature) =>
    [
        Spread(centre.Input, stacks.KeyCovariance, temperature),
        Spread(centre.Query, stacks.Covariance, temperature),
        SpreadIdentity(centre.Mixed, centre.Input.Values.Columns),
    ];

    // Each element is a product of an outer and an inner one: |Δ(oi)| ≤ |Δo| |i| + |o| |Δi|, with the largest |o| and |Δo|.
    private static GramEnclosure Spread(EnclosedMatrix vectors, TokenRowStack stack, double scale)
    {
        (Matrix outer, UpperBound size, UpperBound outerError) = Gram(vectors);
        Matrix inner = Gram(stack.Values);
        int width = stack.Columns;
        UpperBound innerNorm = UpperBound.FrobeniusNorm(inner);
        double factor = scale * scale;
        for (int row = 0; row < inner.Rows; row++)
        {
            ReadOnlySpan<double> weights = outer.Row(row / width);
            for (int s = 0; s < weights.Length; s++)
            {
                Vectors.Scale(inner.Row(row).Slice(s * width, width), factor * weights[s]);
            }
        }

        UpperBound stackNorm = UpperBound.FrobeniusNorm(stack.Values), stackError = UpperBound.Norm(stack.Errors);
        UpperBound innerError = EnclosedMatrix.ProductError(stackNorm, stackError, stackNorm, stackError, stack.Values.Columns);
        UpperBound error = (outerError * ((stackNorm * stackNorm) + innerError)) + (size * innerError);

        // Where the factor or its product with an outer element underflows, what is lost is multiplied by what comes after.
        UpperBound lost = (UpperBound.Lost(1) * innerNorm * (1 + size)) + EnclosedMatrix.Underflow;
        return new GramEnclosure(
            inner, (UpperBound.Square((UpperBound)scale) * error) + (UpperBound.Gamma(4) * UpperBound.FrobeniusNorm(inner)) + lost);
    }

    private static GramEnclosure SpreadIdentity(EnclosedMatrix vectors, int width)
    {
        (Matrix outer, _, _) = Gram(vectors);
        Matrix result = Matrix.Allocate(outer.Rows * width, outer.Rows * width);
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

        UpperBound norm = UpperBound.FrobeniusNorm(vectors.Values);
        UpperBound error = EnclosedMatrix.ProductError(norm, vectors.Error, norm, vectors.Error, vectors.Values.Columns);

        // The singular values of X ⊗ I are those of X: the norm of the error does not grow with the width, its Frobenius norm by its root.
        return new GramEnclosure(result, UpperBound.Sqrt(width) * error);
    }

    // (diag(ψ'_r) W_2)ᵀ [M·d, m]
    private static TokenRowStack FfnOutStack(LayerAtCentre centre)
    {
        Matrix ffnOut = centre.Weights.FfnOut;
        int rows = centre.Input.Values.Rows;
        var stack = new TokenRowStack(rows, ffnOut.Columns, ffnOut.Rows);
        double[] column = new double[ffnOut.Rows];
        for (int a = 0; a < ffnOut.Columns; a++)
        {
            for (int j = 0; j < column.Length; j++)
            {
                column[j] = ffnOut[j, a];
            }

            for (int r = 0; r < rows; r++)
            {
                TensorPrimitives.Multiply(centre.HiddenDerivative.Values.Row(r), column, stack.Values.Row((r * ffnOut.Columns) + a));
            }
        }

        UpperBound largest = UpperBound.Max(centre.FfnOutRowNorms);
        for (int r = 0; r < rows; r++)
        {
            UpperBound size = UpperBound.FrobeniusNorm(stack.Values.RowRange(r * ffnOut.Columns, ffnOut.Columns));
            stack.Errors[r] = (largest * centre.HiddenDerivative.RowError[r]) + (UpperBound.Gamma(1) * size) + EnclosedMatrix.Underflow;
        }

        return stack;
    }

    // X Xᵀ, and of its exact elements the largest size and error.
    private static (Matrix Values, UpperBound Size, UpperBound Error) Gram(EnclosedMatrix vectors)
    {
        UpperBound size = default, error = UpperBound.Max(vectors.RowError);
        for (int row = 0; row < vectors.Values.Rows; row++)
        {
            size = UpperBound.Max(size, UpperBound.Norm(vectors.Values.Row(row)));
        }

        return (
            Gram(vectors.Values), UpperBound.Square(size + error),
            EnclosedMatrix.ProductError(size, error, size, error, vectors.Values.Columns));
    }

    private static Matrix Gram(in Matrix matrix)
    {
        Matrix gram = Matrix.Allocate(matrix.Rows, matrix.Rows);
        Products.MultiplyByTransposed(matrix, matrix, gram);
        return gram;
    }
}
