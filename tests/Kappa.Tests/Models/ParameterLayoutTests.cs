using Kappa.Models;
using Xunit;

namespace Kappa.Tests.Models;

public sealed class ParameterLayoutTests
{
    private static readonly ResidualTransformerShape Shape = new() { Width = 4, FfnWidth = 6, KeyWidth = 3, Depth = 2, ReadoutWidth = 5 };

    [Fact]
    public void Blocks_follow_each_other_without_gap_and_fill_the_vector()
    {
        var layout = ParameterLayout.For(Shape);
        int offset = 0;
        foreach (ParameterBlock block in layout.Blocks)
        {
            Assert.Equal(offset, block.Offset);
            offset += block.Rows * block.Columns;
        }

        Assert.Equal(offset, layout.Length);
        Assert.Equal((2 * ((2 * 4 * 3) + (4 * 4) + (2 * 4 * 6))) + (4 * 5), layout.Length);
    }

    [Fact]
    public void Names_are_those_of_the_reference_files()
    {
        string[] names = [.. ParameterLayout.For(Shape).Blocks.Select(block => block.Name)];
        Assert.Equal(["blocks.0.query", "blocks.0.key", "blocks.0.value", "blocks.0.ffn_in", "blocks.0.ffn_out"], names.Take(5));
        Assert.Equal("readout", names[^1]);
        Assert.Equal(11, names.Length);
    }

    [Fact]
    public void The_matrices_of_weights_are_views_of_the_vector()
    {
        var weights = new ResidualTransformerWeights(Shape);
        weights.Block(1).FfnOut[5, 3] = 7;
        ParameterBlock block = weights.Layout.Find("blocks.1.ffn_out");
        Assert.Equal(7, weights.Vector[block.Offset + (5 * 4) + 3]);
        Assert.Equal(7, weights[block][5, 3]);
        weights.Readout!.Value.Fill(2);
        Assert.Equal(2, weights.Vector[^1]);
    }

    [Fact]
    public void Every_offence_of_a_shape_is_named_at_once()
    {
        var shape = new ResidualTransformerShape
        {
            Width = 0,
            FfnWidth = 2,
            KeyWidth = 1,
            Depth = -1,
            AttentionResidual = double.NaN,
            Activation = new Activation(ActivationKind.SmoothLeakyRelu, 2, 0),
        };
        string message = Assert.Throws<ArgumentException>(shape.Validate).Message;
        Assert.All(
            ["Depth", "Width", "-1", "AttentionResidual", "γ", "ε"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            TrainedSet.OfNames("blocks.2.query").Resolve(ParameterLayout.For(Shape)));
        Assert.Contains("blocks.2.query", exception.Message, StringComparison.Ordinal);
        Assert.Contains("blocks.1.query", exception.Message, StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentException>(() =>
            TrainedSet.Of(ParameterKind.Readout).Resolve(ParameterLayout.For(Shape with { ReadoutWidth = null })));
    }

    [Fact]
    public void A_model_with_too_many_parameters_is_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            ParameterLayout.For(new ResidualTransformerShape { Width = 40_000, FfnWidth = 40_000 }));
        Assert.Contains("at most", exception.Message, StringComparison.Ordinal);
    }
}
