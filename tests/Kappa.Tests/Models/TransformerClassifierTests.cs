using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>The experiments' Transformer against plain loops, and its loss at its extremes.</summary>
public sealed class TransformerClassifierTests
{
    private static readonly TransformerShape Small = TransformerShape.Classifier(5, 3, 7) with { Width = 6, FfnWidth = 9 };

    public static TheoryData<AttentionKernelKind, bool, int, bool> Variants => new()
    {
        { AttentionKernelKind.Softmax, false, 5, true },
        { AttentionKernelKind.Gaussian, false, 5, true },
        { AttentionKernelKind.Gaussian, true, 5, false },
        { AttentionKernelKind.Softmax, false, 133, false },
        { AttentionKernelKind.Gaussian, false, 133, true },
        { AttentionKernelKind.Gaussian, true, 133, false },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Logits_are_those_of_plain_loops(AttentionKernelKind kind, bool normalised, int tokens, bool ofTokens)
    {
        TransformerShape shape = Small with
        { Tokens = tokens, Kernel = new AttentionKernel(kind, NormalisesRows: normalised), AttentionResidual = 0.8, FfnResidual = 1.2 };
        using IModel model = TrainableCase.NewClassifier(shape, 2, ofTokens);
        ModelParameters parameters = Parameters(model.Layout);
        Matrix output = Matrix.Allocate(2, shape.ReadoutWidth!.Value),
            patches = ModelCase.Gaussian(2 * tokens, shape.InputWidth, 3, "inputs");
        int[] ids = TrainableCase.Integers(2 * tokens, shape.InputWidth, 3);
        model.Output(parameters, model.AllSamples, output);
        var plain = new PlainTransformer(ofTokens ? shape : shape with { Input = TransformerInput.Arrays }, parameters);
        var data = new TransformerData { Samples = 2, Identifiers = ids, Inputs = patches };
        for (int sample = 0; sample < 2; sample++)
        {
            double[] logits = plain.Output(data, sample)[0];

            // Sums of at most a few hundred terms through two layers: a few hundred ε.
            Assert.All(Enumerable.Range(0, output.Columns), c => Assert.Equal(logits[c], output[sample, c], 1e-12));
        }
    }

    [Fact]
    public void The_loss_is_the_mean_cross_entropy_of_the_logits()
    {
        using IModel model = TrainableCase.NewClassifier(Small, 4, ofTokens: true);
        ModelParameters parameters = Parameters(model.Layout);
        Matrix output = Matrix.Allocate(4, 3);
        model.Output(parameters, model.AllSamples, output);
        int[] labels = TrainableCase.Integers(4, 3, 4);
        double expected = Enumerable.Range(0, 4).Average(i =>
            -Math.Log(Math.Exp(output[i, labels[i]]) / Enumerable.Range(0, 3).Sum(c => Math.Exp(output[i, c]))));
        Assert.InRange(model.Loss(parameters, model.AllSamples) / expected, 1 - 1e-13, 1 + 1e-13);
    }

    [Fact]
    public void Logits_of_any_finite_size_give_a_finite_loss_and_NaN_gives_NaN()
    {
        int[] labels = [1];
        var loss = new CrossEntropy(labels);
        Matrix large = Matrix.From(new[,] { { 1e300, -1e300, 0 } });
        Assert.Equal(2e300, loss.Evaluate<double>([0], large, 1, wantsGradient: true));
        Assert.Equal([1, -1, 0], large.Span.ToArray());
        Assert.Equal(double.NaN, loss.Evaluate<double>([0], Matrix.From(new[,] { { double.NaN, 0, 0 } }), 1, wantsGradient: false));
        Assert.Equal(
            double.NaN, loss.Evaluate<double>([0], Matrix.From(new[,] { { double.PositiveInfinity, 0, 0 } }), 1, wantsGradient: false));
        Assert.Equal(Math.Log(3), loss.Evaluate<double>([0], Matrix.From(new[,] { { 5.0, 5, 5 } }), 1, wantsGradient: false), 1e-15);
    }

    [Theory]
    [InlineData(AttentionKernelKind.Softmax)]
    [InlineData(AttentionKernelKind.Gaussian)]
    public void Without_positions_the_order_of_the_tokens_does_not_matter(AttentionKernelKind kind)
    {
        TransformerShape shape = Small with { Kernel = new AttentionKernel(kind) };
        int[] ids = [0, 3, 2, 6, 1, 6, 1, 0, 2, 3];
        using var model = OfTokens(shape, ids, [0, 0]);
        ModelParameters parameters = Parameters(model.Layout);
        parameters["position"].Fill(0);
        Matrix output = Matrix.Allocate(2, 3);
        model.Output(parameters, model.AllSamples, output);
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(output[0, c], output[1, c], 1e-13));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_padded_sample_is_the_shorter_sample_and_what_the_padding_is_does_not_matter(
        AttentionKernelKind kind, bool normalised, int tokens, bool isLong)
    {
        int shorter = tokens - (isLong ? 3 : 1);
        TransformerShape shape = Small with { Tokens = tokens, Kernel = new AttentionKernel(kind, 0.8, normalised) };
        int[] ids = TrainableCase.Integers(tokens, shape.InputWidth, 3),
            other = [.. ids[..shorter], .. ids[shorter..].Select(id => (id + 1) % shape.InputWidth)];
        using var padded = OfTokens(shape, ids, [1], [shorter]);
        using var otherwise = OfTokens(shape, other, [1], [shorter]);
        using var cut = OfTokens(shape with { Tokens = shorter }, ids[..shorter], [1]);
        using var unmasked = OfTokens(shape, ids, [1]);
        ModelParameters parameters = Parameters(padded.Layout), ofCut = new(cut.Layout), gradient = new(padded.Layout),
            otherGradient = new(padded.Layout), cutGradient = new(cut.Layout);
        foreach (ParameterBlock block in cut.Layout.Blocks)
        {
            parameters[block.Name].RowRange(0, block.Rows).CopyTo(ofCut[block]);
        }

        double loss = padded.LossAndGradient(parameters, padded.AllSamples, gradient, TrainedSet.All);
        Assert.Equal(loss, otherwise.LossAndGradient(parameters, padded.AllSamples, otherGradient, TrainedSet.All));
        Assert.Equal(gradient.Vector, otherGradient.Vector);
        Assert.NotEqual(loss, unmasked.Loss(parameters, padded.AllSamples), 1e-6);

        // Sums of as many terms, some in another order: a few hundred ε.
        Assert.Equal(cut.LossAndGradient(ofCut, cut.AllSamples, cutGradient, TrainedSet.All), loss, 1e-12);
        foreach (ParameterBlock block in cut.Layout.Blocks)
        {
            Matrix found = gradient[block.Name];
            Assert.All(
                Enumerable.Range(0, block.Rows),
                row =>
                    Assert.All(
                        Enumerable.Range(0, block.Columns),
                        column => Assert.Equal(cutGradient[block][row, column], found[row, column], 1e-11)));
            Assert.All(
                Enumerable.Range(block.Rows, found.Rows - block.Rows),
                row => Assert.All(found.Row(row).ToArray(), value => Assert.Equal(0, value)));
        }
    }

    [Fact]
    public void A_long_sample_needs_memory_for_its_tokens_not_for_their_square()
    {
        const int Tokens = 4096;
        TransformerShape shape = Small with { Tokens = Tokens };
        long before = GC.GetAllocatedBytesForCurrentThread();
        using IModel model = TrainableCase.NewClassifier(shape, 1, ofTokens: true);
        ModelParameters parameters = Parameters(model.Layout), gradient = new(model.Layout);
        _ = model.LossAndGradient(parameters, model.AllSamples, gradient, TrainedSet.All);

        // One n × n matrix of doubles would be 134 MB; two blocks of 64 rows, packed
        // keys and values, and two layers of some 90 numbers a token are about 12.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 24L << 20);
    }

    [Fact]
    public void Wrong_ids_labels_and_sizes_are_named()
    {
        Assert.Contains(
            "number 1 is 7", Assert.Throws<ArgumentException>(() => OfTokens(Small, [0, 7, 0, 0, 0], [0])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "number 0 is 3", Assert.Throws<ArgumentException>(() => OfTokens(Small, [0, 1, 0, 0, 0], [3])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "has 4", Assert.Throws<ArgumentException>(() => OfTokens(Small, [0, 1, 0, 0], [0])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "number 0 is 6", Assert.Throws<ArgumentException>(() => OfTokens(Small, [0, 1, 0, 0, 0], [1], [6])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "there are 2", Assert.Throws<ArgumentException>(() => OfTokens(Small, [0, 1, 0, 0, 0], [1], [1, 1])).Message,
            StringComparison.Ordinal);
        string message = Assert.Throws<ArgumentException>(() => (Small with { Heads = 4, Depth = 0, NormEpsilon = 0 }).Validate()).Message;
        Assert.All(["Heads", "Depth", "NormEpsilon"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static Transformer OfTokens(TransformerShape shape, int[] ids, int[] labels, int[]? lengths = null) =>
        new(shape, new TransformerData { Samples = labels.Length, Identifiers = ids, Labels = labels, Lengths = lengths });

    private static ModelParameters Parameters(ParameterLayout layout)
    {
        var parameters = new ModelParameters(layout);
        new RandomSequence(9, "parameters").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters.Vector, 0.7);
        return parameters;
    }
}
