using System.Globalization;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>One loss and gradient of models G and S and of the experiments'
/// Transformer, beside as many operations of model R at like sizes.</summary>
/// <remarks>Only products are counted as operations, those that compute attention
/// weights again included. One thread, full batch of the sizes named.</remarks>
internal static class ModelSuite
{
    /// <summary>Name of the suite.</summary>
    public const string Name = "models";

    /// <summary>Side of model R: its time for a gradient, times the ratio of the counted operations.</summary>
    public const string Residual = "residual, as many operations";

    /// <summary>Times each.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach (AttentionKernel kernel in (AttentionKernel[])[AttentionKernel.Softmax, AttentionKernel.Gaussian])
        {
            KernelAttention(context, kernel, new BenchmarkSize(64, 16, 64, 256), heads: 1);
            KernelAttention(context, kernel, new BenchmarkSize(128, 32, 128, 512), heads: 2);
        }

        foreach (int width in (int[])[10, 100, 1000, 4000])
        {
            Encoder(context, width);
        }

        foreach (AttentionKernel kernel in (AttentionKernel[])[AttentionKernel.Softmax, AttentionKernel.Gaussian])
        {
            Classifier(context, kernel, Precision.Double, tokens: 1024, batch: 4);
            Classifier(context, kernel, Precision.Single, tokens: 1024, batch: 32);
        }

        Classifier(context, AttentionKernel.Softmax, Precision.Single, tokens: 49, batch: 64);
        TransformerContests.Run(context);
    }

    /// <summary>Multiply-adds of one gradient of model G with projections to D: 3D² and output D² forward,
    /// twice the output and the projections' gradients backward; attention 2nD and 4nD.</summary>
    internal static double KernelAttentionMultiplyAdds(double rows, double width, double tokens) =>
        rows * width * ((9 * width) + (6 * tokens));

    /// <summary>Multiply-adds of one gradient of model S by the cheaper of its two routes to the logits.</summary>
    internal static double EncoderMultiplyAdds(double rows, double tokens, double inputWidth, double width)
    {
        double merged = (rows * inputWidth * ((2 * inputWidth) + (5 * tokens))) + (3 * inputWidth * inputWidth * width);
        double apart = (rows * width * ((4 * inputWidth) + (3 * tokens))) + (2 * rows * inputWidth * tokens);
        return (3 * rows * inputWidth * width) + Math.Min(merged, apart);
    }

    private static void KernelAttention(BenchmarkContext context, AttentionKernel kernel, BenchmarkSize size, int heads)
    {
        int rows = size.Samples * size.Tokens;
        var shape = TransformerShape.KernelAttention(size.Width, heads, kernel);
        using var model = Transformer.OfArrays(shape, Inputs(rows, size.Width), Inputs(rows, size.Width), size.Samples);
        double operations = 2 * KernelAttentionMultiplyAdds(rows, size.Width, size.Tokens);
        Hold(
            context, $"gradient of kernel attention, {Word(kernel)}", $"{size.Samples}x{size.Tokens}x{size.Width}, heads {heads}", model,
            ModelInitialisation.Create(shape, 1), operations, size, 1, Precision.Double);
    }

    private static void Encoder(BenchmarkContext context, int width)
    {
        const int samples = 100, tokens = 10, inputWidth = 100;
        (TransformerShape shape, ModelParameters parameters) = EncoderScheme.LeCun.Create(
            TransformerShape.ShallowEncoder(inputWidth, width, 1 / Math.Sqrt(width)) with { Pooling = TokenPooling.Mean }, 1);
        using var model = Transformer.OfArrays(shape, Inputs(samples * tokens, inputWidth), Inputs(samples, 1), samples);
        double operations = 2 * EncoderMultiplyAdds(samples * tokens, tokens, inputWidth, width);
        Hold(
            context, "gradient of shallow encoder",
            string.Create(CultureInfo.InvariantCulture, $"{samples}x{tokens}x{inputWidth}, width {width}"), model, parameters, operations,
            new BenchmarkSize(samples, tokens, inputWidth, 4 * inputWidth), 1, Precision.Double);
    }

    private static void Classifier(BenchmarkContext context, AttentionKernel kernel, Precision precision, int tokens, int batch)
    {
        TransformerShape shape = TransformerShape.Classifier(tokens, classes: 2, inputWidth: 256) with { Kernel = kernel };
        int[] ids = [.. Enumerable.Range(0, batch * tokens).Select(k => k * 31 % 256)],
            labels = [.. Enumerable.Range(0, batch).Select(k => k % 2)];
        using var model = new Transformer(
            shape, new TransformerData { Samples = batch, Identifiers = ids, Labels = labels }, threads: 1, precision);
        Hold(
            context, $"gradient of experiments' Transformer, {Word(kernel)}",
            string.Create(CultureInfo.InvariantCulture, $"{batch}x{tokens}x{shape.Width}, heads {shape.Heads}"),
            model, ModelInitialisation.Create(shape, 1), 2 * shape.GradientMultiplyAdds(batch),
            new BenchmarkSize(batch, tokens, shape.Width, shape.FfnWidth!.Value), shape.Depth, precision);
    }

    /// <summary>Times a gradient beside as many operations of model R.</summary>
    internal static void Hold(
        BenchmarkContext context, string work, string size, Transformer model, ModelParameters parameters, double operations,
        BenchmarkSize residualSize, int depth, Precision precision)
    {
        int rows = residualSize.Samples * residualSize.Tokens;
        ResidualTransformerShape shape = residualSize.Shape(depth);
        Matrix inputs = Inputs(rows, residualSize.Width);
        using var residual = new ResidualTransformer(shape, inputs, inputs, residualSize.Samples, precision: precision);
        ResidualTransformerWeights weights = StepWork.Weights(shape), slope = new(shape);
        var gradient = new ModelParameters(model.Layout);
        IContestant[] contestants =
        [
            new OwnWork("kappa", () => _ = model.LossAndGradient(parameters, model.AllSamples, gradient, TrainedSet.All)),
            new ScaledWork(
                new OwnWork(Residual, () => _ = residual.LossAndGradient(weights, residual.AllSamples, slope, TrainedSet.All)),
                operations / residualSize.StepOperations(depth)),
        ];
        context.Hold(
            new BenchmarkRow
            { Suite = Name, Work = work, Size = size, Depth = depth, Precision = precision, Side = "kappa", Microseconds = default },
            contestants, operations);
    }

    /// <summary>Token rows of size one.</summary>
    internal static Matrix Inputs(int rows, int columns) => BenchmarkContent.NewMatrix(1, rows, columns, 1 / Math.Sqrt(columns));

    private static string Word(AttentionKernel kernel) => kernel.Kind == AttentionKernelKind.Softmax ? "softmax" : "Gaussian";

    // The time that as many operations of the other work would take.
    private sealed class ScaledWork(OwnWork work, double factor) : IContestant
    {
        public string Side => work.Side;

        public double Seconds(int executions) => factor * work.Seconds(executions);
    }
}
