using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class InitialisationTests
{
    private static readonly ResidualTransformerShape Shape = new() { Width = 64, FfnWidth = 128, KeyWidth = 32, ReadoutWidth = 48 };

    [Theory] // Variances of W_Q [64, 32], W_V [64, 64], W_1 [64, 128] and W_2 [128, 64].
    [InlineData(InitialisationScheme.Gaussian, 1.0 / 64, 1.0 / 64, 1.0 / 64, 1.0 / 64)]
    [InlineData(InitialisationScheme.LeCun, 1.0 / 64, 1.0 / 64, 1.0 / 64, 1.0 / 128)]
    [InlineData(InitialisationScheme.Ntk, 1.0 / 64, 1.0 / 64, 1.0 / 64, 1.0 / 128)]
    [InlineData(InitialisationScheme.He, 2.0 / 64, 2.0 / 64, 2.0 / 64, 2.0 / 128)]
    [InlineData(InitialisationScheme.Xavier, 2.0 / 96, 2.0 / 128, 2.0 / 192, 2.0 / 192)]
    [InlineData(InitialisationScheme.Orthogonal, 1.0 / 64, 1.0 / 64, 1.0 / 128, 1.0 / 128)]
    public void Entries_have_the_variance_of_the_scheme(
        InitialisationScheme scheme, double query, double value, double ffnIn, double ffnOut)
    {
        BlockWeights block = new Initialisation { Scheme = scheme }.Create(Shape, seed: 3).Block(0);

        // An orthogonal matrix has its mean square exactly; the others are a factor times the numbers of their stream.
        (Matrix Matrix, string Name, double Variance)[] all = [
            (block.Query, "query", query), (block.Value, "value", value), (block.FfnIn, "ffn_in", ffnIn),
            (block.FfnOut, "ffn_out", ffnOut)];
        foreach ((Matrix matrix, string name, double variance) in all)
        {
            Matrix numbers = Matrix.Allocate(matrix.Rows, matrix.Columns);
            new RandomSequence(3, $"initialisation.blocks.0.{name}").FillGaussian(numbers.Span);
            double unit = scheme == InitialisationScheme.Orthogonal ? 1 : MeanSquare(numbers);
            Assert.InRange(MeanSquare(matrix) / unit / variance, 1 - 1e-13, 1 + 1e-13);
        }
    }

    [Fact]
    public void Orthogonal_matrices_are_orthonormal_on_their_shorter_side_times_the_gain()
    {
        ResidualTransformerWeights weights = new Initialisation
        { Scheme = InitialisationScheme.Orthogonal, Gain = 0.5, FfnInGain = 3 }.Create(Shape, seed: 4);
        foreach (ParameterBlock block in weights.Layout.Blocks)
        {
            Matrix matrix = weights[block];
            int side = Math.Min(block.Rows, block.Columns);
            Matrix gram = Matrix.Allocate(side, side);
            if (block.Rows >= block.Columns)
            {
                Products.TransposedMultiply(matrix, matrix, gram);
            }
            else
            {
                Products.MultiplyByTransposed(matrix, matrix, gram);
            }

            double expected = block.Kind == ParameterKind.FfnIn ? 2.25 : 0.25;
            for (int i = 0; i < side; i++)
            {
                for (int j = 0; j < side; j++)
                {
                    Assert.InRange(gram[i, j] - (i == j ? expected : 0), -1e-13, 1e-13);
                }
            }
        }
    }

    [Fact]
    public void A_gain_scales_its_kind_and_nothing_else()
    {
        var plain = new Initialisation();
        ResidualTransformerWeights before = plain.Create(Shape, 5);
        foreach (ParameterKind kind in before.Layout.Blocks.Select(block => block.Kind).Distinct())
        {
            Initialisation scaled = kind switch
            {
                ParameterKind.Query => plain with { QueryGain = 2 },
                ParameterKind.Key => plain with { KeyGain = 2 },
                ParameterKind.Value => plain with { ValueGain = 2 },
                ParameterKind.FfnIn => plain with { FfnInGain = 2 },
                ParameterKind.FfnOut => plain with { FfnOutGain = 2 },
                _ => plain with { ReadoutGain = 2 },
            };
            ResidualTransformerWeights after = scaled.Create(Shape, 5);
            foreach (ParameterBlock block in before.Layout.Blocks)
            {
                double factor = block.Kind == kind ? 2 : 1;
                Assert.Equal(before[block].Span.ToArray().Select(value => factor * value), after[block].Span.ToArray());
            }
        }
    }

    [Fact]
    public void A_gain_of_zero_starts_W2_at_zero() =>
        Assert.All(new Initialisation { FfnOutGain = 0 }.Create(Shape, 1).Block(0).FfnOut.Span.ToArray(), value => Assert.Equal(0, value));

    [Fact]
    public void More_blocks_leave_the_numbers_of_the_first_ones_alone()
    {
        ResidualTransformerWeights one = new Initialisation().Create(Shape, 6);
        ResidualTransformerWeights three = new Initialisation().Create(Shape with { Depth = 3 }, 6);
        Assert.Equal(one.Block(0).FfnOut.Span.ToArray(), three.Block(0).FfnOut.Span.ToArray());
        Assert.Equal(one.Readout!.Value.Span.ToArray(), three.Readout!.Value.Span.ToArray());
        Assert.NotEqual(three.Block(0).Query.Span.ToArray(), three.Block(1).Query.Span.ToArray());
        Assert.NotEqual(one.Vector, new Initialisation().Create(Shape, 7).Vector);
    }

    private static double MeanSquare(in Matrix matrix) => Vectors.SquaredNorm(matrix.Span) / matrix.Span.Length;
}
