using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The cross-entropy of classes, log Σ_c e^{z_c} − z_y for each sample (E.5), its mean over a batch, and its gradient (softmax z − e_y)/batch.</summary>
/// <remarks>The largest logit is subtracted first, so logits of any finite size give a finite loss. A NaN or infinite logit makes the loss NaN. Double precision whatever that of z.</remarks>
/// <param name="labels">y [N], each a class.</param>
internal sealed class CrossEntropy(int[] labels) : ISampleLoss
{
    /// <inheritdoc/>
    public double Weight(int batch) => 1.0 / batch;

    /// <inheritdoc/>
    public double Evaluate<T>(ReadOnlySpan<int> samples, in Matrix<T> output, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < samples.Length; k++)
        {
            sum += OfSample(output.Row(k), labels[samples[k]], weight, wantsGradient);
        }

        return sum;
    }

    private static double OfSample<T>(Span<T> logits, int label, double weight, bool wantsGradient)
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
