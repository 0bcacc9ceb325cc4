using System.Numerics;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>The kernels of a step that are not products, on 4 KiB of each
/// operand, which stay in the first-level cache; one thread.</summary>
internal static class ElementwiseSuite
{
    private const int Bytes = 4096;

    /// <summary>Times each kernel in the precisions that are asked for.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach (Precision precision in context.Request.Precisions)
        {
            foreach (
                (string name, Action work) in precision == Precision.Double
                    ? Kernels<double>().Concat(Updates())
                    : Kernels<float>().Concat(Conversions()))
            {
                BenchmarkRow row = new()
                {
                    Suite = "elementwise",
                    Work = name,
                    Size = $"{Bytes} bytes",
                    Precision = precision,
                    Side = "kappa",
                    Microseconds = default,
                };
                context.Hold(row, [new OwnWork("kappa", work)], operations: null);
            }
        }
    }

    private static IEnumerable<(string Name, Action Work)> Kernels<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int length = Bytes / (typeof(T) == typeof(double) ? sizeof(double) : sizeof(float));

        Matrix<T> x = Gaussian<T>(1, length), value = Matrix<T>.Allocate(1, length), derivative = Matrix<T>.Allocate(1, length),
            zero = Matrix<T>.Allocate(1, length);
        foreach (ActivationKind kind in new[] { ActivationKind.LeakyRelu, ActivationKind.SmoothLeakyRelu, ActivationKind.Gelu })
        {
            Activation activation = new(kind);
            yield return ($"{kind} both", () => activation.ApplyWithDerivative<T>(x.Span, value.Span, derivative.Span));
            yield return ($"{kind} value", () => activation.Apply<T>(x.Span, value.Span));
        }

        foreach (int columns in new[] { 8, 16, 32, 11 })
        {
            Matrix<T> logits = Gaussian<T>(length / columns, columns), attention = Matrix<T>.Allocate(length / columns, columns),
                gradient = Matrix<T>.Allocate(length / columns, columns);
            yield return ($"softmax {columns}", () => RowSoftmax.Apply(logits, 0.3, attention));
            yield return ($"softmax gradient {columns}", () => RowSoftmax.Backward(attention, logits, 0.3, gradient));
        }

        yield return ("residual 1", () => ResidualConnection.Apply(1, x, zero, value));
        yield return ("residual 0.5", () => ResidualConnection.Apply(0.5, x, zero, value));
    }

    private static IEnumerable<(string Name, Action Work)> Updates()
    {
        // Four arrays at the same place of a 4 KiB page would make loads wait for stores that only look like theirs.
        Matrix all = Gaussian<double>(8, (Bytes / 8) + 128);
        Matrix weights = all.RowRange(0, 1), gradient = all.RowRange(2, 1), initial = all.RowRange(4, 1), next = all.RowRange(7, 1);
        yield return (
            "update",
            () =>
                UpdateNorms.Propose(
                    weights.Span[..(Bytes / 8)],
                    gradient.Span[..(Bytes / 8)],
                    initial.Span[..(Bytes / 8)],
                    1e-3,
                    next.Span[..(Bytes / 8)]));
    }

    private static IEnumerable<(string Name, Action Work)> Conversions()
    {
        Matrix wide = Gaussian<double>(1, Bytes / 4);
        Matrix<float> narrow = Gaussian<float>(1, Bytes / 4);
        yield return ("narrow", () => PrecisionConversion.Narrow(wide.Span, narrow.Span));
        yield return ("widen", () => PrecisionConversion.Widen(narrow.Span, wide.Span));
        yield return ("add widened", () => PrecisionConversion.AddWidened(narrow.Span, wide.Span));
    }

    private static Matrix<T> Gaussian<T>(int rows, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] draws = new double[rows * columns];
        new RandomSequence(1, "benchmark").FillGaussian(draws);
        Matrix<T> matrix = Matrix<T>.Allocate(rows, columns);
        for (int i = 0; i < draws.Length; i++)
        {
            matrix.Span[i] = T.CreateTruncating(draws[i]);
        }

        return matrix;
    }
}
