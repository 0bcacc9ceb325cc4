using System.Numerics;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>
/// The kernels of a step that are not products, on data that stay in the first-level cache: cycles per 64 bytes of one operand, a cycle being the time of two
/// fused multiply-adds of the peak.
/// </summary>
internal static class ElementwiseBenchmark
{
    private const int Vectors = 64;
    private const int Bytes = 64 * Vectors;

    /// <summary>Times each kernel in both precisions.</summary>
    public static IEnumerable<Measurement> Run(Stopclock clock, VectorPath path)
    {
        double flopsPerCycle = 4 * (path == VectorPath.Bits512 ? 8 : path == VectorPath.Bits256 ? 4 : 2);
        foreach ((string name, Action work) in Kernels<double>().Concat(Updates()).Concat(Kernels<float>()).Concat(Conversions()))
        {
            Measurement m = clock.Time(name, Vectors * flopsPerCycle, work);
            yield return m with { Name = $"{name,-32} {1 / m.ShareOfPeak!.Value,6:F1} cycles", Gflops = null, ShareOfPeak = null };
        }
    }

    private static IEnumerable<(string Name, Action Work)> Kernels<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        string precision = typeof(T) == typeof(double) ? "double" : "single";
        int length = Bytes / (typeof(T) == typeof(double) ? sizeof(double) : sizeof(float));

        // A product with a gradient of zeros stays where it is; another one would sink into subnormal numbers.
        Matrix<T> x = Gaussian<T>(1, length), value = Matrix<T>.Allocate(1, length), derivative = Matrix<T>.Allocate(1, length), zero = Matrix<T>.Allocate(1, length);
        foreach (ActivationKind kind in new[] { ActivationKind.LeakyRelu, ActivationKind.SmoothLeakyRelu, ActivationKind.Gelu })
        {
            Activation activation = new(kind);
            yield return ($"{kind} both {precision}", () => activation.ApplyWithDerivative<T>(x.Span, value.Span, derivative.Span));
            yield return ($"{kind} value {precision}", () => activation.Apply<T>(x.Span, value.Span));
            yield return ($"{kind} product {precision}", () => activation.MultiplyByDerivative<T>(x.Span, zero.Span));
        }

        foreach (int columns in new[] { 8, 16, 32, 11 })
        {
            Matrix<T> logits = Gaussian<T>(length / columns, columns), attention = Matrix<T>.Allocate(length / columns, columns), gradient = Matrix<T>.Allocate(length / columns, columns);
            yield return ($"softmax {columns} {precision}", () => RowSoftmax.Apply(logits, 0.3, attention));
            yield return ($"softmax gradient {columns} {precision}", () => RowSoftmax.Backward(attention, logits, 0.3, gradient));
        }

        yield return ($"residual 1 {precision}", () => ResidualConnection.Apply(1, x, zero, value));
        yield return ($"residual 0.5 {precision}", () => ResidualConnection.Apply(0.5, x, zero, value));
    }

    private static IEnumerable<(string Name, Action Work)> Updates()
    {
        // Four arrays at the same place of a 4 KiB page would make loads wait for stores that only look like theirs.
        Matrix all = Gaussian<double>(8, (Bytes / 8) + 128);
        Matrix weights = all.RowRange(0, 1), gradient = all.RowRange(2, 1), initial = all.RowRange(4, 1), next = all.RowRange(7, 1);
        yield return ("update double", () => DescentUpdate.Propose(weights.Span[..(Bytes / 8)], gradient.Span[..(Bytes / 8)], initial.Span[..(Bytes / 8)], 1e-3, next.Span[..(Bytes / 8)]));
    }

    private static IEnumerable<(string Name, Action Work)> Conversions()
    {
        Matrix wide = Gaussian<double>(1, Bytes / 4);
        Matrix<float> narrow = Gaussian<float>(1, Bytes / 4);
        yield return ("narrow, of singles", () => PrecisionConversion.Narrow(wide.Span, narrow.Span));
        yield return ("widen, of singles", () => PrecisionConversion.Widen(narrow.Span, wide.Span));
        yield return ("add widened, of singles", () => PrecisionConversion.AddWidened(narrow.Span, wide.Span));
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
