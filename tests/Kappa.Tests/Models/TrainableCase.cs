using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Tests.Models;

/// <summary>A trainable model with Gaussian data and parameters, everything a
/// function of the seed, and the plain loops that it is compared with.</summary>
internal sealed class TrainableCase(
    string name, Func<int, Precision, IModel> create, double scale, double step = 1.0 / 64, long seed = 1, bool isMean = false)
{
    /// <summary>h of difference quotients: small enough for no preactivation of a ReLU to change its sign.</summary>
    public double Step => step;

    /// <summary>Whether the loss of a batch is the mean of its samples' losses.</summary>
    public bool IsMean => isMean;

    public IModel New(int threads = 1, Precision precision = Precision.Double) => create(threads, precision);

    public ModelParameters Parameters(ParameterLayout layout)
    {
        var parameters = new ModelParameters(layout);
        new RandomSequence(seed, "parameters").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters.Vector, scale);
        return parameters;
    }

    /// <summary>Model G: both kernels, odd sizes, rows of S kept and in blocks (150 and 130 tokens), rows normalised, τ given.</summary>
    public static IEnumerable<TrainableCase> KernelAttentions()
    {
        yield return Kernel(TransformerShape.KernelAttention(6, 2), samples: 3, tokens: 4);
        yield return Kernel(TransformerShape.KernelAttention(6, 2, AttentionKernel.Gaussian), samples: 3, tokens: 4);
        yield return Kernel(
            TransformerShape.KernelAttention(
                5, 3,
                AttentionKernel.Gaussian with
                { Temperature = 0.9, NormalisesRows = true }) with
            { KeyWidth = 2, ValueWidth = 7, OutputWidth = 3 },
            samples: 5, tokens: 3);
        yield return Kernel(
            TransformerShape.KernelAttention(4, kernel: AttentionKernel.Softmax with { Temperature = -0.6 }), samples: 40, tokens: 9);
        yield return Kernel(TransformerShape.KernelAttention(3, 2) with { KeyWidth = 5, ValueWidth = 2 }, samples: 3, tokens: 150);
        yield return Kernel(
            TransformerShape.KernelAttention(3, 2, AttentionKernel.Gaussian) with { KeyWidth = 5, ValueWidth = 2 }, samples: 2,
            tokens: 150);
        yield return Kernel(
            TransformerShape.KernelAttention(3, kernel: AttentionKernel.Gaussian with { NormalisesRows = true }), samples: 2, tokens: 130);
    }

    /// <summary>Model S: both routes of the logits (d_m far above d and below),
    /// both poolings and reductions, one token, long samples.</summary>
    public static IEnumerable<TrainableCase> ShallowEncoders()
    {
        yield return Encoder(TransformerShape.ShallowEncoder(5, 3, 0.7) with { OutputScale = 1.5 }, samples: 4, tokens: 3);
        yield return Encoder(
            TransformerShape.ShallowEncoder(3, 40, 0.5) with { Pooling = TokenPooling.Mean, Reduction = LossReduction.Mean }, samples: 6,
            tokens: 5);
        yield return Encoder(TransformerShape.ShallowEncoder(4, 9, -1) with { Pooling = TokenPooling.Mean }, samples: 30, tokens: 4);
        yield return Encoder(TransformerShape.ShallowEncoder(4, 2, 1), samples: 5, tokens: 1);
        yield return Encoder(
            TransformerShape.ShallowEncoder(3, 2, 1) with { Reduction = LossReduction.Mean, Pooling = TokenPooling.Mean }, samples: 3,
            tokens: 140);
    }

    /// <summary>The experiments' Transformer: ids and patches, both kernels,
    /// short and long samples, odd widths, other residual coefficients.</summary>
    public static IEnumerable<TrainableCase> Classifiers()
    {
        yield return Classifier(TransformerShape.Classifier(5, 3, 7) with { Width = 6, FfnWidth = 9 }, samples: 4, ofTokens: true);
        yield return Classifier(
            TransformerShape.Classifier(4, 2, 3) with
            {
                Depth = 1,
                Width = 5,
                Heads = 1,
                FfnWidth = 4,
                Kernel = AttentionKernel.Gaussian,
                AttentionResidual = 0.5,
                FfnResidual = 0,
            },
            samples: 50, ofTokens: false);
        yield return Classifier(
            TransformerShape.Classifier(140, 2, 4) with { Depth = 2, Width = 4, FfnWidth = 3, Kernel = AttentionKernel.Gaussian },
            samples: 2, ofTokens: true);
        yield return Classifier(
            TransformerShape.Classifier(131, 4, 2) with
            { Depth = 1, Width = 18, Heads = 3, FfnWidth = 5, Kernel = AttentionKernel.Gaussian with { NormalisesRows = true } },
            samples: 3, ofTokens: false);
        foreach (int tokens in (int[])[6, 134])
        {
            yield return Padded(
                TransformerShape.Classifier(tokens, 3, 7) with
                { Width = 6, FfnWidth = 9, Kernel = AttentionKernel.Softmax with { Temperature = -0.7 } });
            yield return Padded(
                TransformerShape.Classifier(tokens, 3, 7) with { Width = 6, FfnWidth = 9, Kernel = AttentionKernel.Gaussian });
            yield return Padded(
                TransformerShape.Classifier(tokens, 3, 7) with
                { Width = 6, FfnWidth = 9, Kernel = AttentionKernel.Gaussian with { NormalisesRows = true } });
        }
    }

    /// <summary>Lengths of four samples: one token, some, all.</summary>
    public static int[] Lengths(int tokens) => [1, tokens / 2, tokens, tokens - 1];

    public static IEnumerable<TrainableCase> All() => KernelAttentions().Concat(ShallowEncoders()).Concat(Classifiers());

    public static int[] Integers(int count, int below, long seed)
    {
        double[] draws = new double[count];
        new RandomSequence(seed, "integers").FillGaussian(draws);
        return [.. draws.Select(draw => (int)(Math.Abs(draw) * 1e6) % below)];
    }

    public static IModel NewClassifier(
        TransformerShape shape, int samples, bool ofTokens, int threads = 1, Precision precision = Precision.Double, int[]? lengths = null)
    {
        int tokens = shape.Tokens!.Value;
        int[] labels = Integers(samples, shape.ReadoutWidth!.Value, 4);
        return ofTokens
            ? new Transformer(
                shape,
                new TransformerData
                {
                    Samples = samples,
                    Identifiers = Integers(samples * tokens, shape.InputWidth, 3),
                    Labels = labels,
                    Lengths = lengths,
                },
                threads, precision)
            : new Transformer(
                shape with { Input = TransformerInput.Arrays },
                new TransformerData
                { Samples = samples, Inputs = ModelCase.Gaussian(samples * tokens, shape.InputWidth, 3, "inputs"), Labels = labels },
                threads, precision);
    }

    public override string ToString() => name;

    private static TrainableCase Kernel(TransformerShape shape, int samples, int tokens) => new(
        $"G N={samples} n={tokens} {shape}",
        (threads, precision) => Transformer.OfArrays(
            shape, ModelCase.Gaussian(samples * tokens, shape.Width, 3, "inputs"),
            ModelCase.Gaussian(samples * tokens, shape.OutputWidth, 3, "targets"), samples, threads, precision),
        scale: 0.6);

    private static TrainableCase Encoder(TransformerShape shape, int samples, int tokens) => new(
        $"S N={samples} n={tokens} {shape}",
        (threads, precision) => Transformer.OfArrays(
            shape, ModelCase.Gaussian(samples * tokens, shape.InputWidth, 3, "inputs"), ModelCase.Gaussian(samples, 1, 3, "targets"),
            samples, threads, precision),
        scale: 0.6,
        step: 1.0 / 4096,
        isMean: shape.Reduction == LossReduction.Mean);

    private static TrainableCase Padded(TransformerShape shape) => new(
        $"E padded {shape}",
        (threads, precision) => NewClassifier(shape, 4, ofTokens: true, threads, precision, Lengths(shape.Tokens!.Value)),
        scale: 0.6, step: 1.0 / 512, isMean: true);

    private static TrainableCase Classifier(TransformerShape shape, int samples, bool ofTokens) => new(
        $"E N={samples} {shape}", (threads, precision) => NewClassifier(shape, samples, ofTokens, threads, precision), scale: 0.6,
        step: 1.0 / 512, isMean: true);
}
