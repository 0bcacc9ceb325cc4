namespace Kappa.Lab.Data.Correlated;

/// <summary>Labels that need attention: y = (1/(s n)) Σ_i v_{m(i)}, m(i) = argmax_j k_i k_j,
/// with the key k and the value v two coordinates of a token and s the token scale.</summary>
/// <remarks>
/// Token i asks with its own key and is answered by the token whose key matches it best: the largest key of the sample when its own is
/// positive, the smallest otherwise. Attention with logits c k_i k_j and a linear read-out of v gives y as c → ∞, so the model can
/// represent it. Uniform attention cannot: it sees the token mean alone, the values of every sample sum to zero, and turning the sign of
/// all values turns y and leaves the mean as it is, hence E[y | mean] = 0 and no predictor from the mean has a positive R².
/// </remarks>
internal static class AttentionLabels
{
    /// <summary>The coordinate of the key.</summary>
    internal const int KeyCoordinate = 0;

    /// <summary>The coordinate of the value; its sum over the tokens of a sample must be zero.</summary>
    internal const int ValueCoordinate = 1;

    /// <summary>Computes the labels.</summary>
    /// <param name="inputs">X [N·n, d].</param>
    /// <param name="tokens">n.</param>
    /// <param name="scale">s; 0 gives labels 0.</param>
    /// <param name="labels">y [N].</param>
    internal static void Fill(in Matrix inputs, int tokens, double scale, Span<double> labels)
    {
        for (int sample = 0; sample < labels.Length; sample++)
        {
            (int largest, int smallest, int positive) = (sample * tokens, sample * tokens, 0);
            for (int row = sample * tokens; row < (sample + 1) * tokens; row++)
            {
                double key = inputs[row, KeyCoordinate];
                largest = key > inputs[largest, KeyCoordinate] ? row : largest;
                smallest = key < inputs[smallest, KeyCoordinate] ? row : smallest;
                positive += key > 0 ? 1 : 0;
            }

            double sum = (positive * inputs[largest, ValueCoordinate]) + ((tokens - positive) * inputs[smallest, ValueCoordinate]);
            labels[sample] = scale > 0 ? sum / (scale * tokens) : 0;
        }
    }
}
