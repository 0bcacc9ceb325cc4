using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>F_pre of model S (S.4) and the residual f − y in precise arithmetic with proven errors.</summary>
/// <remarks>
/// Theory: shallow encoder, S.11, with the errors of the rounding page. X, y, all weights, τ₀ and τ₁ are exact doubles. The logits go
/// through W_Qᵀ W_K, so that only differences of tokens, which are exact, stand for the keys.
/// </remarks>
internal sealed class PreciseEncoderFeatures
{
    /// <summary>Evaluates it.</summary>
    public PreciseEncoderFeatures(TransformerPoint point)
    {
        Transformer model = point.Model;
        int tokens = model.Tokens;
        PreciseMatrix input = PreciseMatrix.Exact(model.Inputs), differences = PreciseAttention.DifferencesOf(input, tokens);
        PreciseMatrix query = MultiplyByPrecise(model.Inputs, Merged(point.Parameters["query"], point.Parameters["key"]));
        PreciseMatrix mixed = new PreciseAttention(query, differences, model.Shape.LogitScale, input, differences, tokens).Mixed;
        Features = Pool(mixed.Multiply(Transposition.Of(point.Parameters["value"])), tokens, PoolingScale(model.Shape, tokens));

        // (S.1)  f − y = F_pre w_O − y
        var residual = EnclosedMatrix.Of(
            Features.Multiply(Transposition.Of(point.Parameters["readout"])).AddScaled(-1, PreciseMatrix.Exact(model.Targets)));
        ResidualNorm = UpperBound.FrobeniusNorm(residual.Values) + residual.Error;
    }

    /// <summary>F_pre [N, d_m].</summary>
    public PreciseMatrix Features { get; }

    /// <summary>√(2ℓ_0) = ‖f − y‖ of the summed loss at most.</summary>
    public UpperBound ResidualNorm { get; }

    private static DoubleDouble PoolingScale(TransformerShape shape, int tokens) =>
        shape.Pooling == TokenPooling.Sum ? shape.OutputScale : (DoubleDouble)shape.OutputScale / tokens;

    // W_Qᵀ W_K [d, d]
    private static PreciseMatrix Merged(in Matrix query, in Matrix key) => PreciseMatrix.Exact(Transposition.Of(query)).Multiply(key);

    // X G for doubles X and a precise G: both have errors of their own.
    private static PreciseMatrix MultiplyByPrecise(in Matrix left, PreciseMatrix right)
    {
        PreciseMatrix product = PreciseMatrix.Allocate(left.Rows, right.Columns);
        double[] none = new double[left.Columns];
        UpperBound error = UpperBound.Norm(right.RowError),
            norm = ((1 + UpperBound.Gamma(1)) * UpperBound.FrobeniusNorm(right.High)) + error;
        for (int row = 0; row < left.Rows; row++)
        {
            PreciseMatrix.MultiplyRow(left.Row(row), none, right.High, right.Low, product.High.Row(row), product.Low.Row(row));
            UpperBound length = UpperBound.Norm(left.Row(row));
            product.RowError[row] = (length * ((2 * PreciseMatrix.ProductUnit(left.Columns) * norm) + error))
                + PreciseMatrix.UnderflowOf(left.Columns, right.Columns);
        }

        return product;
    }

    // (S.4)  τ₁ Σ_i ReLU(p_i), or the mean: ReLU is exact on a double-double and 1-Lipschitz.
    private static PreciseMatrix Pool(PreciseMatrix preactivation, int tokens, DoubleDouble scale)
    {
        PreciseMatrix pooled = PreciseMatrix.Allocate(preactivation.Rows / tokens, preactivation.Columns);
        for (int sample = 0; sample < pooled.Rows; sample++)
        {
            UpperBound error = default, size = default;
            for (int token = sample * tokens; token < (sample + 1) * tokens; token++)
            {
                error += preactivation.RowError[token];
                size += preactivation.RowNorm(token);
            }

            for (int column = 0; column < pooled.Columns; column++)
            {
                DoubleDouble sum = 0;
                for (int token = sample * tokens; token < (sample + 1) * tokens; token++)
                {
                    sum += Positive(preactivation[token, column]);
                }

                pooled[sample, column] = sum * scale;
            }

            UpperBound factor = (1 + UpperBound.Gamma(1)) * (UpperBound)scale.High;
            pooled.RowError[sample] = (factor * (error + ((tokens + 4) * (UpperBound)DoubleDouble.Unit * size)))
                + (pooled.Columns * (UpperBound)DoubleDouble.Underflow);
        }

        return pooled;
    }

    // NaN stays NaN.
    private static DoubleDouble Positive(DoubleDouble x) => x.High <= 0 ? 0 : x;
}
