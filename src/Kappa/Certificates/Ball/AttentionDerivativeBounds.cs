using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>The rules of attention: logits, row softmax and mixing, which all work sample by sample (C.5, C.6).</summary>
/// <remarks>Theory: ball certificate. They are the product rule with what the block structure
/// saves: a sum over samples where a factor is squared, a maximum where it is not.</remarks>
internal static class AttentionDerivativeBounds
{
    // (C.5) ‖diag(p) − ppᵀ‖₂ ≤ ½, and the second derivative of a row has norm at most ½ + ½ = 1.
    private static readonly UpperBound SoftmaxFirst = (UpperBound)0.5;
    private static readonly UpperBound SoftmaxSecond = 1;

    /// <summary>G = A Z with A = row-softmax(τ Z W_Q W_Kᵀ Zᵀ), a sample at a time (C.5, C.6), as [M, d] matrix.</summary>
    /// <param name="calculus">The ball's rules.</param>
    /// <param name="input">Z [M, d]; its value is not looked at.</param>
    /// <param name="query">W_Q.</param>
    /// <param name="key">W_K.</param>
    /// <param name="logitScale">τ.</param>
    /// <param name="tokens">n.</param>
    /// <param name="centre">Norms at θ_0.</param>
    public static DerivativeBounds Mixed(
        BoundCalculus calculus, DerivativeBounds input, DerivativeBounds query, DerivativeBounds key, double logitScale, int tokens,
        LayerSpectralNorms centre)
    {
        UpperBound reach = calculus.Ball.Reach(input.First);
        DerivativeBounds largestSample = input.WithValue(UpperBound.Max(centre.Inputs) + reach);
        DerivativeBounds logits = Logits(
            BoundCalculus.Product(query, key), largestSample, FourthPower(centre.Inputs, reach), (UpperBound)logitScale);
        DerivativeBounds attention = calculus.Map(logits, SoftmaxFirst, SoftmaxSecond, centre.Attention);

        // ‖A_i‖₂ ≤ √n because its rows are probabilities.
        attention = attention.WithValue(UpperBound.Min(attention.Value, UpperBound.Sqrt(tokens)));

        // A is block-diagonal: ‖dA Z‖ ≤ max_i‖Z_i‖₂ ‖dA‖ and ‖A dZ‖ ≤ max_i‖A_i‖₂ ‖dZ‖.
        return calculus.About(centre.Mixed, BoundCalculus.Product(attention, largestSample));
    }

    // (C.6) S_i = τ Z_i M Z_iᵀ, M = W_Q W_Kᵀ, z = max_i‖Z_i‖₂, s = (Σ_i‖Z_i‖₂⁴)^½:
    // ℓ = τ [s ℓ(M) + 2z v(M) ℓ(Z)],  q = τ [s q(M) + 2z (ℓ(M)ℓ(Z)ᵀ + ℓ(Z)ℓ(M)ᵀ) + v(M)(2z q(Z) + 2ℓ(Z)ℓ(Z)ᵀ)].
    private static DerivativeBounds Logits(DerivativeBounds form, DerivativeBounds largestSample, UpperBound fourthPower, UpperBound scale)
    {
        UpperBound twice = 2 * scale * largestSample.Value;
        UpperBound[] first = BoundCalculus.Combine(scale * fourthPower, form.First, twice * form.Value, largestSample.First);
        UpperBound[] second = BoundCalculus.Combine(scale * fourthPower, form.Second, twice * form.Value, largestSample.Second);
        BoundCalculus.AddOuter(second, twice, form.First, largestSample.First);
        BoundCalculus.AddOuter(second, twice, largestSample.First, form.First);
        BoundCalculus.AddOuter(second, 2 * scale * form.Value, largestSample.First, largestSample.First);
        return new DerivativeBounds(UpperBound.Infinity, first, second);
    }

    // (Σ_i (‖Z_i⁰‖₂ + reach)⁴)^½, at most √N z².
    private static UpperBound FourthPower(UpperBound[] norms, UpperBound reach) =>
        UpperBound.Norm([.. norms.Select(norm => UpperBound.Square(norm + reach))]);
}
