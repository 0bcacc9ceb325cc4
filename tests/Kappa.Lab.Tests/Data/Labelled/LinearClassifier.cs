using Kappa.Lab.Data.Labelled;

namespace Kappa.Lab.Tests.Data.Labelled;

/// <summary>Ridge regression of ±1 on features and a constant, by conjugate
/// gradients: the yardstick for what a linear look at the data can tell.</summary>
internal static class LinearClassifier
{
    private const int Iterations = 100;

    // Added to the Gram matrix's diagonal, a sample: enough that as many features as samples are no interpolation.
    private const double Ridge = 0.02;

    /// <summary>Share of samples whose sign is right, each half of the samples judged by what was fitted to the other half.</summary>
    /// <param name="features">Equally long.</param>
    /// <param name="labels">0 or 1.</param>
    internal static double CrossValidated(double[][] features, int[] labels)
    {
        int half = features.Length / 2;
        return (
            Accuracy(features[..half], labels[..half], features[half..], labels[half..])
            + Accuracy(features[half..], labels[half..], features[..half], labels[..half])) / 2;
    }

    /// <summary>Share of test samples whose sign is right.</summary>
    internal static double Accuracy(double[][] train, int[] trainLabels, double[][] test, int[] testLabels)
    {
        double[] weights = Fit([.. train.Select(WithConstant)], trainLabels, Ridge * train.Length);
        return test.Select((features, k) => (Dot(WithConstant(features), weights) > 0) == (testLabels[k] == 1) ? 1.0 : 0).Average();
    }

    /// <summary>Pixels over 255.</summary>
    internal static double[][] Pixels(LabelledImages images) =>
        [.. Enumerable.Range(0, images.Count).Select(k => images.Pixels(k).ToArray().Select(pixel => pixel / 255.0).ToArray())];

    private static double[] Fit(double[][] rows, int[] labels, double ridge)
    {
        double[] weights = new double[rows[0].Length];
        double[] residual = Transposed(rows, [.. labels.Select(label => (2.0 * label) - 1)]);
        double[] direction = [.. residual];
        double squared = Dot(residual, residual), start = squared;
        for (int k = 0; k < Iterations && squared > 1e-12 * start; k++)
        {
            double[] image = Transposed(rows, [.. rows.Select(row => Dot(row, direction))]);
            double step = squared / (Dot(direction, image) + (ridge * Dot(direction, direction)));
            for (int j = 0; j < weights.Length; j++)
            {
                weights[j] += step * direction[j];
                residual[j] -= step * (image[j] + (ridge * direction[j]));
            }

            double next = Dot(residual, residual);
            for (int j = 0; j < weights.Length; j++)
            {
                direction[j] = residual[j] + (next / squared * direction[j]);
            }

            squared = next;
        }

        return weights;
    }

    private static double[] WithConstant(double[] features) => [1, .. features];

    private static double[] Transposed(double[][] rows, double[] factors)
    {
        double[] sum = new double[rows[0].Length];
        for (int k = 0; k < rows.Length; k++)
        {
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += factors[k] * rows[k][j];
            }
        }

        return sum;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++)
        {
            sum += a[k] * b[k];
        }

        return sum;
    }
}
