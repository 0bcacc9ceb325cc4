using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Attention weights of long samples are kept or computed again.</summary>
public sealed class KernelHeadTests
{
    private const int Tokens = 150;
    private const int Samples = 2;

    public static TheoryData<AttentionKernel, bool> Kernels => new(
        from kernel in (AttentionKernel[])
        [
            AttentionKernel.Softmax, AttentionKernel.Gaussian, AttentionKernel.Gaussian with { NormalisesRows = true },
            AttentionKernel.Linear,
        ]
        from isCausal in (bool[])[false, true]
        select (kernel, isCausal));

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kept_weights_give_the_bits_of_weights_computed_again(AttentionKernel kernel, bool isCausal)
    {
        var head = new KernelHead<double>(kernel, Tokens, Samples, keyWidth: 3, valueWidth: 5, scale: 0.7, isCausal);
        var random = new Random(71);
        HeadMatrices<double> input = new(Draw(random, 3), Draw(random, 3), Draw(random, 5));
        Matrix<double> dOutput = Draw(random, 5), kept = Matrix<double>.Allocate(Samples * Tokens, Tokens),
            seen = Matrix<double>.Allocate(Samples * Tokens, Tokens);
        int[] lengths = [Tokens - 40, Tokens];
        Matrix<double>[] first = Pass(head, input, kept, dOutput, lengths), second = Pass(head, input, default, dOutput, lengths);
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Span.ToArray(), pair.Second.Span.ToArray()));
        Assert.All(first, matrix => Assert.Contains(matrix.Span.ToArray(), value => value != 0));
        head.LongWeights(Samples, input, seen, lengths);
        Assert.Equal(kept.Span.ToArray(), seen.Span.ToArray());
    }

    [Theory]
    [InlineData(2, 2, 1024, Precision.Single, 16 << 20)]
    [InlineData(2, 2, 1024, Precision.Double, 32 << 20)]
    [InlineData(2, 3, 1024, Precision.Double, 0)]
    [InlineData(100, 100, 128, Precision.Double, 1_310_720_000)]
    [InlineData(100, 100, 129, Precision.Double, 0)]
    public void Weights_of_long_samples_are_kept_up_to_32_MiB_a_thread(int depth, int heads, int tokens, Precision precision, double bytes)
    {
        TransformerShape shape = TransformerShape.Classifier(tokens, 2, 3) with { Depth = depth, Heads = heads };
        Assert.Equal(bytes, shape.KeptWeightBytes(tokens, precision));
    }

    private static Matrix<double>[] Pass(
        KernelHead<double> head, HeadMatrices<double> input, Matrix<double> kept, Matrix<double> dOutput, int[] lengths)
    {
        Matrix<double> output = Matrix<double>.Allocate(Samples * Tokens, 5);
        HeadMatrices<double> gradient = new(
            Matrix<double>.Allocate(Samples * Tokens, 3), Matrix<double>.Allocate(Samples * Tokens, 3),
            Matrix<double>.Allocate(Samples * Tokens, 5));
        head.Forward(Samples, input, kept, output, lengths);
        head.Backward(Samples, input, kept, dOutput, gradient, new HeadTraining(Query: true, Key: true, Value: true), lengths);
        return [output, gradient.Query, gradient.Key, gradient.Value];
    }

    private static Matrix<double> Draw(Random random, int columns)
    {
        Matrix<double> matrix = Matrix<double>.Allocate(Samples * Tokens, columns);
        foreach (ref double value in matrix.Span)
        {
            value = random.NextDouble() - 0.5;
        }

        return matrix;
    }
}
