using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The cross-entropy of classes, log Σ_c e^{z_c} − z_y for each sample
/// (E.5), its mean over a batch, and its gradient (softmax z − e_y)/batch.</summary>
/// <remarks>The largest logit is subtracted first, so logits of any finite size give a finite loss.
/// A NaN or infinite logit makes the loss NaN. Double precision whatever that of z.</remarks>
/// <param name="labels">y [N·rows], each a class.</param>
/// <param name="rows">Rows of logits of a sample: 1, or one for each token.</param>
internal sealed class CrossEntropy(int[] labels, int rows = 1) : ISampleLoss
{
    /// <inheritdoc/>
    public double Weight(int batch) => 1.0 / ((double)batch * rows);

    /// <inheritdoc/>
    public double Evaluate<T>(ReadOnlySpan<int> samples, in Matrix<T> output, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < output.Rows; k++)
        {
            sum += OfRow(output.Row(k), Label(samples, k), weight, wantsGradient);
        }

        return sum;
    }

    /// <inheritdoc/>
    public void GradientTangent<T>(ReadOnlySpan<int> samples, in Moving<T> gradient, double weight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // (T.6)  p = softmax z,  (p − e_y)˙ = p ∘ (ż − ⟨p, ż⟩)
        for (int k = 0; k < gradient.Value.Rows; k++)
        {
            Span<T> slope = gradient.Value.Row(k), tangent = gradient.Tangent.Row(k);
            int label = Label(samples, k);
            double mean = 0;
            for (int c = 0; c < slope.Length; c++)
            {
                mean += Probability(slope, c, label, weight) * double.CreateTruncating(tangent[c]);
            }

            for (int c = 0; c < slope.Length; c++)
            {
                tangent[c] = T.CreateTruncating(
                    weight * Probability(slope, c, label, weight) * (double.CreateTruncating(tangent[c]) - mean));
            }
        }
    }

    private static double Probability<T>(Span<T> slope, int c, int label, double weight)
        where T : unmanaged, IFloatingPointIeee754<T> => (double.CreateTruncating(slope[c]) / weight) + (c == label ? 1 : 0);

    private int Label(ReadOnlySpan<int> samples, int row) => labels[(samples[row / rows] * rows) + (row % rows)];

    private static double OfRow<T>(Span<T> logits, int label, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double largest = double.NegativeInfinity, total = 0;
        foreach (T logit in logits)
        {
            // Math.Max keeps a NaN.
            largest = Math.Max(largest, double.CreateTruncating(logit));
        }

        foreach (T logit in logits)
        {
            total += Math.Exp(double.CreateTruncating(logit) - largest);
        }

        // (E.5)  log Σ e^{z_c} − z_y
        double loss = Math.Log(total) - (double.CreateTruncating(logits[label]) - largest);
        for (int c = 0; c < logits.Length && wantsGradient; c++)
        {
            double probability = Math.Exp(double.CreateTruncating(logits[c]) - largest) / total;
            logits[c] = T.CreateTruncating(weight * (probability - (c == label ? 1 : 0)));
        }

        return loss;
    }
}
