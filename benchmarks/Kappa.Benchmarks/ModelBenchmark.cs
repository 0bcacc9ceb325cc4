using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>One loss and gradient of models G and S and of the experiments' Transformer, with a step of model R at like sizes beside them.</summary>
/// <remarks>Only products are counted as operations, those that compute attention weights again included; the share of the peak is that of one core in double precision.</remarks>
internal static class ModelBenchmark
{
    /// <summary>Times each.</summary>
    public static IEnumerable<Measurement> Run(Stopclock clock, int threads)
    {
        foreach (AttentionKernel kernel in new[] { AttentionKernel.Softmax, AttentionKernel.Gaussian })
        {
            yield return Kernel(clock, kernel, threads, samples: 64, tokens: 16, width: 64, heads: 1);
            yield return Kernel(clock, kernel, threads, samples: 128, tokens: 32, width: 128, heads: 2);
        }

        foreach (int width in (int[])[10, 100, 1000, 4000])
        {
            yield return Encoder(clock, threads, width);
        }

        foreach (AttentionKernel kernel in new[] { AttentionKernel.Softmax, AttentionKernel.Gaussian })
        {
            yield return Classifier(clock, kernel, threads, Precision.Double, tokens: 1024, batch: 4);
            yield return Classifier(clock, kernel, threads, Precision.Single, tokens: 1024, batch: 32);
        }

        yield return Classifier(clock, AttentionKernel.Softmax, threads, Precision.Single, tokens: 49, batch: 64);
    }

    private static Measurement Kernel(Stopclock clock, AttentionKernel kernel, int threads, int samples, int tokens, int width, int heads)
    {
        var shape = new KernelAttentionShape { Width = width, Heads = heads, Kernel = kernel };
        using var model = new KernelAttention(shape, Gaussian(samples * tokens, width, "inputs"), Gaussian(samples * tokens, width, "targets"), samples, threads);
        double rows = (double)samples * tokens;

        // Projections 3D², output D² forward, output twice and projections' gradients backward; attention 2nD forward and 4nD backward.
        double multiplyAdds = rows * width * ((4 + 2 + 3) * width + (6 * tokens));
        return Time(clock, $"G {kernel.Kind} {samples},{tokens},{width},{heads}", 2 * multiplyAdds, model, ModelInitialisation.Create(shape, 1));
    }

    private static Measurement Encoder(Stopclock clock, int threads, int width)
    {
        const int Samples = 100, Tokens = 10, InputWidth = 100;
        (ShallowEncoderShape shape, ModelParameters parameters) = EncoderScheme.LeCun.Create(new ShallowEncoderShape { InputWidth = InputWidth, Width = width, LogitScale = 1 / Math.Sqrt(width), Pooling = TokenPooling.Mean }, 1);
        using var model = new ShallowEncoder(shape, Gaussian(Samples * Tokens, InputWidth, "inputs"), Gaussian(Samples, 1, "targets"), Samples, threads);
        double rows = Samples * Tokens, d = InputWidth, merged = (rows * d * ((2 * d) + (5 * Tokens))) + (3 * d * d * width), apart = rows * width * ((4 * d) + (3 * Tokens)) + (2 * rows * d * Tokens);
        return Time(clock, $"S {Samples},{Tokens},{InputWidth} width {width}", 2 * ((3 * rows * d * width) + Math.Min(merged, apart)), model, parameters);
    }

    private static Measurement Classifier(Stopclock clock, AttentionKernel kernel, int threads, Precision precision, int tokens, int batch)
    {
        var shape = new TransformerClassifierShape { Tokens = tokens, Classes = 2, InputWidth = 256, Kernel = kernel };
        int[] ids = [.. Enumerable.Range(0, batch * tokens).Select(k => k * 31 % 256)], labels = [.. Enumerable.Range(0, batch).Select(k => k % 2)];
        using var model = TransformerClassifier.OfTokens(shape, ids, labels, threads, precision);
        return Time(
            clock, $"block {kernel.Kind} {precision} {tokens} tokens batch {batch}", 2 * MultiplyAdds(shape, batch), model, ModelInitialisation.Create(shape, 1, ofTokens: true));
    }

    /// <summary>Multiply-adds of the products of one loss and gradient.</summary>
    private static double MultiplyAdds(TransformerClassifierShape shape, int batch)
    {
        double rows = (double)batch * shape.Tokens, d = shape.Width, n = shape.Tokens;
        double recomputed = n > KernelHead<double>.LongestKept ? 1 : 0;
        return shape.Depth * rows * ((3 * d * ((4 * d) + (2 * shape.FfnWidth))) + ((6 + recomputed) * n * d));
    }

    private static Measurement Time(Stopclock clock, string name, double operations, ITrainable model, ModelParameters parameters)
    {
        var gradient = new ModelParameters(model.Layout);
        return clock.Time(name, operations, () => model.LossAndGradient(parameters, model.AllSamples, gradient, TrainedSet.All));
    }

    private static Matrix Gaussian(int rows, int columns, string name)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(1, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, 1 / Math.Sqrt(columns));
        return matrix;
    }
}
