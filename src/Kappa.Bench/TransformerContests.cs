using System.Globalization;
using System.Text.Json.Nodes;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>General blocks beside as many operations of model R, and the
/// experiments' Transformer against PyTorch: rows of the suite of models.</summary>
internal static class TransformerContests
{
    /// <summary>What the rows of general blocks begin with.</summary>
    public const string Blocks = "gradient of a general block";

    /// <summary>The work of the row against PyTorch.</summary>
    public const string Classifier = "gradient of the experiments' Transformer";

    // Sums over 10⁵ token rows in single precision.
    private const double SingleTolerance = 1e-4;

    private const int Identifiers = 256;
    private const int Classes = 2;
    private const int FirstStream = 100;

    /// <summary>Holds them all.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach ((int tokens, int samples) in ((int, int)[])[(128, 16), (1024, 2)])
        {
            foreach (int width in (int[])[64, 128])
            {
                var shape = new TransformerShape
                {
                    InputWidth = width,
                    Heads = 4,
                    HasAttentionBiases = true,
                    HasFfnBiases = true,
                    FfnWidth = 4 * width,
                    Norm = NormPlace.Before,
                };
                Block(context, "4 heads, biases, norm", shape, samples, tokens);
                Block(context, "the same, causal", shape with { Mask = AttentionMask.Causal }, samples, tokens);
                Block(
                    context, "the same, GELU, classifier",
                    shape with { Activation = new(ActivationKind.Gelu), Readout = ReadoutKind.Pooled, ReadoutWidth = 10 }, samples, tokens);
            }

            Against(context, tokens, batch: 32, context.Request.Threads.Max());
        }
    }

    private static void Block(BenchmarkContext context, string words, TransformerShape shape, int samples, int tokens)
    {
        int rows = samples * tokens;
        bool isClassifier = shape.Readout == ReadoutKind.Pooled;
        Matrix inputs = ModelSuite.Inputs(rows, shape.Width);
        using var model = new Transformer(shape, new TransformerData
        {
            Samples = samples,
            Inputs = inputs,
            Targets = isClassifier ? default : inputs,
            Labels = isClassifier ? [.. Enumerable.Range(0, samples).Select(k => k % shape.OutputColumns)] : null,
        });
        string size = string.Create(CultureInfo.InvariantCulture, $"{samples}x{tokens}x{shape.Width}x{shape.FfnWidth}");
        var residual = new BenchmarkSize(samples, tokens, shape.Width, shape.FfnWidth!.Value);
        ModelSuite.Hold(
            context, $"{Blocks}, {words}", size, model, Parameters(model.Layout), 2 * shape.GradientMultiplyAdds(samples, tokens), residual,
            depth: 1, Precision.Double);
    }

    // In single precision, as such models are trained.
    private static void Against(BenchmarkContext context, int tokens, int batch, int threads)
    {
        TransformerShape shape = TransformerShape.Classifier(tokens, Classes, Identifiers);
        using var model = new Transformer(shape, new TransformerData
        {
            Samples = batch,
            Identifiers = [.. Enumerable.Range(0, batch * tokens).Select(k => k * 31 % Identifiers)],
            Labels = [.. Enumerable.Range(0, batch).Select(k => k % Classes)],
        }, threads, Precision.Single);
        ModelParameters parameters = Parameters(model.Layout), gradient = new(model.Layout);
        double loss = model.LossAndGradient(parameters, model.AllSamples, gradient, TrainedSet.All), norm = Vectors.Norm(gradient.Vector);
        List<IContestant> contestants = [
            new OwnWork("kappa", () => _ = model.LossAndGradient(parameters, model.AllSamples, gradient, TrainedSet.All))];
        foreach (TorchPeer peer in context.PeersAgainst(threads))
        {
            TorchWork? torch = context.Prepare("torch autograd", peer, Request(shape, model.Layout, batch, tokens));
            if (torch is not null
                && context.Agrees(
                    torch, [("loss", loss), ("gradientNorm", norm)], SingleTolerance,
                    $"loss and gradient norm of the experiments' Transformer at {tokens} tokens"))
            {
                contestants.Add(torch);
            }
        }

        var like = new BenchmarkRow
        {
            Suite = ModelSuite.Name,
            Work = Classifier,
            Size = string.Create(CultureInfo.InvariantCulture, $"{batch}x{tokens}x{shape.Width}x{shape.FfnWidth}"),
            Depth = shape.Depth,
            Precision = Precision.Single,
            Threads = threads,
            Side = "kappa",
            Microseconds = default,
        };
        context.Hold(like, contestants, 2 * shape.GradientMultiplyAdds(batch));
    }

    private static JsonObject Request(TransformerShape shape, ParameterLayout layout, int batch, int tokens) => new()
    {
        ["kind"] = "classifier",
        ["samples"] = batch,
        ["tokens"] = tokens,
        ["heads"] = shape.Heads,
        ["depth"] = shape.Depth,
        ["identifiers"] = Identifiers,
        ["classes"] = Classes,
        ["precision"] = "single",
        ["parameters"] = new JsonArray([.. layout.Blocks.Select(block => new JsonArray(block.Name, block.Rows, block.Columns))]),
    };

    // What benchmarks/peer/classifier.py forms too.
    private static ModelParameters Parameters(ParameterLayout layout)
    {
        var parameters = new ModelParameters(layout);
        for (int index = 0; index < layout.Blocks.Count; index++)
        {
            Matrix matrix = parameters[layout.Blocks[index]];
            BenchmarkContent.Fill(matrix, FirstStream + index, 1 / Math.Sqrt(matrix.Rows));
        }

        return parameters;
    }
}
