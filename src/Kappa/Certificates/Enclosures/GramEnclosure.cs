using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>A Gram matrix J Jᵀ of a Jacobian, as computed, and how far the exact one may be from it (C.37).</summary>
/// <param name="Values">[M·d, M·d].</param>
/// <param name="Error">‖exact − values‖ (Frobenius) at most.</param>
internal readonly record struct GramEnclosure(Matrix Values, UpperBound Error)
{
    /// <summary>‖J‖₂ = √‖J Jᵀ‖₂ at most.</summary>
    public UpperBound RootNorm(SpectralNorm norms) => UpperBound.Sqrt(norms.Of(Values) + Error);

    /// <summary>σ_min(J) on the row side at least; 0 where nothing can be shown, as a rule below 1e-7 σ_max(J).</summary>
    public LowerBound RootFloor() => LowerBound.Sqrt(SingularValueFloor.OfSymmetric(Values) - Error);

    /// <summary>J Jᵀ = Σ_b J_b J_bᵀ over the chosen blocks.</summary>
    public static GramEnclosure Sum(IReadOnlyList<GramEnclosure> grams, IReadOnlyList<bool> isChosen)
    {
        Matrix sum = Matrix.Allocate(grams[0].Values.Rows, grams[0].Values.Columns);
        UpperBound error = default, sizes = default;
        for (int b = 0; b < grams.Count; b++)
        {
            if (isChosen[b])
            {
                Vectors.AddScaled(sum.Span, 1, grams[b].Values.Span);
                error += grams[b].Error;
                sizes += UpperBound.FrobeniusNorm(grams[b].Values);
            }
        }

        return new GramEnclosure(sum, error + (UpperBound.Gamma(grams.Count) * sizes));
    }

    /// <summary>diag(w) J Jᵀ diag(w), w constant over the columns of each token row.</summary>
    /// <param name="rowWeights">w [M].</param>
    public GramEnclosure Weighted(UpperBound[] rowWeights)
    {
        int width = Values.Rows / rowWeights.Length;
        Matrix weighted = Matrix.Allocate(Values.Rows, Values.Columns);
        Values.CopyTo(weighted);
        for (int i = 0; i < weighted.Rows; i++)
        {
            Span<double> row = weighted.Row(i);
            for (int s = 0; s < rowWeights.Length; s++)
            {
                Vectors.Scale(row.Slice(s * width, width), rowWeights[i / width].Value * rowWeights[s].Value);
            }
        }

        // Two roundings of each element; a product of weights that underflows is multiplied by the element.
        UpperBound rounding = (UpperBound.Gamma(2) * UpperBound.FrobeniusNorm(weighted))
            + (UpperBound.Lost(1) * UpperBound.FrobeniusNorm(Values)) + EnclosedMatrix.Underflow;
        return new GramEnclosure(weighted, (UpperBound.Square(UpperBound.Max(rowWeights)) * Error) + rounding);
    }
}
