using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>How losses of samples make the loss of a batch.</summary>
public enum LossReduction
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their sum divided by their number.</summary>
    Mean,
}

/// <summary>A loss that is a sum over samples.</summary>
internal interface ISampleLoss
{
    /// <summary>The factor of the sum for a batch of some size: 1, or one over the size.</summary>
    double Weight(int batch);

    /// <summary>The sum over samples, without the factor; with a gradient, F is overwritten by weight·∂/∂F.</summary>
    /// <param name="samples">Sample numbers.</param>
    /// <param name="output">F [g·rows, columns].</param>
    /// <param name="weight">The factor.</param>
    /// <param name="wantsGradient">Whether the gradient is wanted.</param>
    double Evaluate<T>(ReadOnlySpan<int> samples, in Matrix<T> output, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The derivative of weight·∂/∂F along Ḟ.</summary>
    /// <param name="samples">Sample numbers.</param>
    /// <param name="gradient">The gradient that <see cref="Evaluate"/> wrote; Ḟ on entry and its derivative on return.</param>
    /// <param name="weight">The factor.</param>
    void GradientTangent<T>(ReadOnlySpan<int> samples, in Moving<T> gradient, double weight)
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>½‖F_i − Y_i‖² for each sample (R.4, S.2).</summary>
internal sealed class SquaredLoss(Matrix targets, int rows, LossReduction reduction) : ISampleLoss
{
    /// <inheritdoc/>
    public double Weight(int batch) => reduction == LossReduction.Sum ? 1 : 1.0 / batch;

    /// <inheritdoc/>
    public double Evaluate<T>(ReadOnlySpan<int> samples, in Matrix<T> output, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < samples.Length; k++)
        {
            Matrix<T> part = output.RowRange(k * rows, rows);
            Matrix expected = targets.RowRange(samples[k] * rows, rows);
            for (int row = 0; row < rows; row++)
            {
                sum += AddRow(part.Row(row), expected.Row(row), weight, wantsGradient);
            }
        }

        return sum / 2;
    }

    /// <inheritdoc/>
    public void GradientTangent<T>(ReadOnlySpan<int> samples, in Moving<T> gradient, double weight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> tangent = gradient.Tangent.Span;
        System.Numerics.Tensors.TensorPrimitives.Multiply(tangent, T.CreateTruncating(weight), tangent);
    }

    private static double AddRow<T>(Span<T> output, ReadOnlySpan<double> targets, double weight, bool wantsGradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int j = 0; j < output.Length; j++)
        {
            double difference = double.CreateTruncating(output[j]) - targets[j];
            sum += difference * difference;
            if (wantsGradient)
            {
                output[j] = T.CreateTruncating(weight * difference);
            }
        }

        return sum;
    }
}
