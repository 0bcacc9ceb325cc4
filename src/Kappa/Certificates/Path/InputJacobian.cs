using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>The Jacobian of one block's Z⁺ or H in its input at θ_0, sample by sample, with its error (C.17, C.37).</summary>
/// <remarks>
/// ∂h_r/∂z_j = p_j W_V + τ p_j (z_r M)ᵀ (z̃_j W_V) + δ_rj (ρ_a I + τ W_Q W_Kᵀ Cov_r W_V) with M = W_Q W_Kᵀ: from the logits of row r, whose
/// change in z_j is τ z_r M dz_jᵀ and in z_r τ dz_r M z̃_jᵀ as Σ_j p_j z̃_j = 0. For Z⁺ each is multiplied by T_r. A row vector times a
/// matrix is the convention of the whole model.
/// </remarks>
internal sealed class InputJacobian
{
    private readonly Matrix _jacobian;
    private readonly int _samples;
    private readonly UpperBound _error;

    private InputJacobian(Matrix jacobian, int samples, UpperBound error)
    {
        (_jacobian, _samples, _error) = (jacobian, samples, error);
    }

    /// <summary>Of Z⁺, or of H.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="centre">The block at θ_0, with its stacks.</param>
    /// <param name="toAttentionOutput">Whether H stands in the place of Z⁺.</param>
    public static InputJacobian Of(ResidualTransformerShape shape, LayerAtCentre centre, bool toAttentionOutput)
    {
        int tokens = centre.Tokens, width = shape.Width, rows = centre.Input.Values.Rows;
        TokenRowStacks stacks = centre.Rows.Stacks!;
        Matrix jacobian = Matrix.Allocate(rows * width, tokens * width), own = Matrix.Allocate(width, tokens * width);
        var errors = new UpperBound[rows];
        for (int row = 0; row < rows; row++)
        {
            Matrix target = jacobian.RowRange(row * width, width);
            UpperBound error = Attention(shape, centre, stacks, row, toAttentionOutput ? target : own);
            if (!toAttentionOutput)
            {
                // T_rᵀ times what H does                                   [d, n·d]
                Matrix transfer = stacks.Transfer.Values.RowRange(row * width, width);
                Products.Multiply(transfer, own, target);
                error = EnclosedMatrix.ProductError(
                    UpperBound.FrobeniusNorm(transfer), stacks.Transfer.Errors[row], UpperBound.FrobeniusNorm(own), error, width);
            }

            errors[row] = error;
        }

        return new InputJacobian(jacobian, centre.Samples, UpperBound.Norm(errors));
    }

    /// <summary>max_i ‖∂Z⁺_i/∂Z_i‖₂ at most.</summary>
    public UpperBound Norm(SpectralNorm norms) => Enumerable.Range(0, _samples).Max(i => norms.Of(Of(i))) + _error;

    /// <summary>T K Tᵀ: the Gram matrix of an earlier block's Jacobian carried through this block.</summary>
    /// <param name="gram">K [M·d, M·d].</param>
    public GramEnclosure Carry(GramEnclosure gram)
    {
        int size = _jacobian.Columns;
        Matrix left = Matrix.Allocate(gram.Values.Rows, gram.Values.Columns), both = Matrix.Allocate(gram.Values.Rows, gram.Values.Columns);
        Products.MultiplyEach(_samples, _jacobian, gram.Values, left);
        for (int i = 0; i < _samples; i++)
        {
            Products.MultiplyByTransposed(left.ColumnRange(i * size, size), Of(i), both.ColumnRange(i * size, size));
        }

        UpperBound norm = UpperBound.FrobeniusNorm(_jacobian);
        UpperBound leftError = EnclosedMatrix.ProductError(norm, _error, UpperBound.FrobeniusNorm(gram.Values), gram.Error, size);
        return new GramEnclosure(both, EnclosedMatrix.ProductError(UpperBound.FrobeniusNorm(left), leftError, norm, _error, size));
    }

    private Matrix Of(int sample) => _jacobian.RowRange(sample * _jacobian.Columns, _jacobian.Columns);

    // Element (a, (j, c)): the derivative of h_ra in z_jc. Returns the error (Frobenius).
    private static UpperBound Attention(
        ResidualTransformerShape shape, LayerAtCentre centre, TokenRowStacks stacks, int row, in Matrix target)
    {
        int tokens = centre.Tokens, width = shape.Width;
        double temperature = shape.LogitScale;
        Matrix value = centre.Weights.Value, values = stacks.Values.RowRange(row * tokens, tokens);
        ReadOnlySpan<double> direction = centre.Rows.QueryKeyRows.High.Row(row);
        for (int a = 0; a < width; a++)
        {
            Span<double> derivative = target.Row(a);
            for (int j = 0; j < tokens; j++)
            {
                double weight = centre.Attention[row, j], through = temperature * Math.Sqrt(weight) * values[j, a];
                for (int c = 0; c < width; c++)
                {
                    derivative[(j * width) + c] = (weight * value[c, a]) + (through * direction[c]);
                }
            }
        }

        return AddOwn(shape, centre, stacks, row, target) + ErrorOfOthers(centre, stacks, row, (UpperBound)temperature);
    }

    // + ρ_a I + τ W_Q (W_Kᵀ Cov_r W_V) in the columns of token r itself
    private static UpperBound AddOwn(ResidualTransformerShape shape, LayerAtCentre centre, TokenRowStacks stacks, int row, in Matrix target)
    {
        int width = shape.Width, first = row % centre.Tokens * width;
        Matrix covariance = stacks.KeyCovariance.Values.RowRange(row * width, width), logits = Matrix.Allocate(width, width);
        Products.MultiplyByTransposed(covariance, centre.Weights.Query, logits);
        for (int a = 0; a < width; a++)
        {
            Span<double> own = target.Row(a).Slice(first, width);
            Vectors.AddScaled(own, shape.LogitScale, logits.Row(a));
            own[a] += shape.AttentionResidual;
        }

        UpperBound error = EnclosedMatrix.ProductError(
            UpperBound.FrobeniusNorm(covariance), stacks.KeyCovariance.Errors[row], UpperBound.FrobeniusNorm(centre.Weights.Query), 0,
            shape.KeyWidth);
        UpperBound scale = (UpperBound)shape.LogitScale;
        UpperBound sizes = (scale * UpperBound.FrobeniusNorm(logits)) + ((UpperBound)shape.AttentionResidual * UpperBound.Sqrt(width))
            + UpperBound.FrobeniusNorm(target);
        return (scale * error) + (UpperBound.Gamma(4) * sizes) + UpperBound.Lost((double)width * width);
    }

    // Weights used exceed A by a share; √p_j z̃_j W_V and z_r M have errors of their own; each element takes a few roundings.
    private static UpperBound ErrorOfOthers(LayerAtCentre centre, TokenRowStacks stacks, int row, UpperBound temperature)
    {
        Matrix values = stacks.Values.RowRange(row * centre.Tokens, centre.Tokens);
        UpperBound share = centre.ShareOfWeights(row) + UpperBound.Gamma(8), valueNorm = UpperBound.FrobeniusNorm(values),
            valueError = stacks.ValueErrors[row];
        UpperBound direction = centre.Rows.QueryKey[row];
        PreciseMatrix rows = centre.Rows.QueryKeyRows;
        UpperBound directionError = rows.RowError[row] + UpperBound.Norm(rows.Low.Row(row));
        UpperBound weights = UpperBound.Norm(centre.Attention.Row(row)) * UpperBound.FrobeniusNorm(centre.Weights.Value);
        UpperBound logits = (directionError * (valueNorm + valueError)) + (direction * (valueError + (share * (valueNorm + valueError))));

        // Weights next to 0 stand with their roots in both factors of the second
        // term. A product that underflows is multiplied by what comes after.
        UpperBound vanishing = UpperBound.Sqrt(PreciseAttention.VanishingWeight) * 2 * (
            (UpperBound.Sqrt(centre.Tokens) * UpperBound.FrobeniusNorm(centre.Weights.Value))
            + (temperature * direction * (valueNorm + valueError)));
        UpperBound lost = UpperBound.Lost(1) * (
            (direction * (valueNorm + (values.Rows * values.Columns))) + (values.Rows * (UpperBound)values.Columns * values.Columns));
        return (share * weights) + (temperature * logits) + vanishing + lost;
    }
}
