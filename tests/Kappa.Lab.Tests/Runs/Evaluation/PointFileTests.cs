using System.Text;
using System.Text.Json.Nodes;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>What a point file means.</summary>
public sealed class PointFileTests
{
    [Fact]
    public void Every_part_of_a_file_arrives_in_the_point()
    {
        ModelPoint point = PointText.Read(PointText.Valid).Require();
        Assert.Equal("tiny", point.Name);
        Assert.Equal(
            new ResidualTransformerShape
            {
                Depth = 1,
                Width = 2,
                KeyWidth = 1,
                FfnWidth = 3,
                Temperature = 0.5,
                AttentionResidual = -0.5,
                FfnResidual = 0.25,
                Activation = new Activation(ActivationKind.LeakyRelu, 0.2),
            },
            point.Residual().Shape);
        Assert.Equal((1, 2), (point.Model.Samples, point.Residual().Tokens));
        Assert.Equal([1, 2, 3, 4], point.Residual().Inputs.Span.ToArray());
        Assert.Equal([0, 1, 1e-3, 0], point.Residual().Targets.Span.ToArray());
        Assert.Equal([1, 2, 3, 4, 1, 0, 0, 1, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], point.Parameters.Vector);
        Assert.Equal(["blocks.0.value", "blocks.0.ffn_out"], point.TrainedBlocks.Select(block => block.Name));
    }

    [Fact]
    public void What_may_be_left_out_has_its_default()
    {
        string text = PointText.Valid.Replace("\"name\": \"tiny\", ", "", StringComparison.Ordinal).Replace(
            "\"trained\": [\"blocks.0.value\", \"blocks.0.ffn_out\"],", "", StringComparison.Ordinal);
        int start = text.IndexOf(", \"depth\"", StringComparison.Ordinal);
        ModelPoint point = PointText.Read(text.Remove(start, text.IndexOf("}}", start, StringComparison.Ordinal) + 1 - start)).Require();
        Assert.Equal("point", point.Name);
        Assert.Equal(
            (1, 1.0, 1.0, null),
            (
                point.Residual().Shape.Depth, point.Residual().Shape.AttentionResidual, point.Residual().Shape.FfnResidual,
                point.Residual().Shape.Temperature));
        Assert.Equal(new Activation(ActivationKind.SmoothLeakyRelu, 0.1, 0.5), point.Residual().Shape.Activation);
        Assert.Equal(5, point.TrainedBlocks.Count());
        Assert.Equal(1, point.Residual().Shape.LogitScale);
    }

    [Theory]
    [InlineData("identity", ActivationKind.Identity)]
    [InlineData("relu", ActivationKind.Relu)]
    [InlineData("leaky_relu", ActivationKind.LeakyRelu)]
    [InlineData("smooth_leaky_relu", ActivationKind.SmoothLeakyRelu)]
    [InlineData("gelu", ActivationKind.Gelu)]
    public void Every_activation_has_its_name(string name, ActivationKind kind)
    {
        ModelPoint point = PointText.Read(
            PointText.With("\"leaky_relu\", \"gamma\": 0.2", $"\"{name}\", \"gamma\": 0, \"eps\": 5000")).Require();
        Assert.Equal(new Activation(kind, 0, 5000), point.Residual().Shape.Activation);
    }

    [Theory]
    [InlineData(ActivationKind.Gelu, null, 3, null)]
    [InlineData(ActivationKind.SmoothLeakyRelu, 5, 2, 0.7)]
    [InlineData(ActivationKind.Relu, 1, 1, -2.0)]
    public void A_point_written_and_read_has_the_same_bits(ActivationKind kind, int? readout, int depth, double? temperature)
    {
        var shape = new ResidualTransformerShape
        {
            Depth = depth,
            Width = 4,
            KeyWidth = 3,
            FfnWidth = 7,
            ReadoutWidth = readout,
            Temperature = temperature,
            Activation = new Activation(kind, 1.0 / 3, Math.PI),
            AttentionResidual = 0.1,
            FfnResidual = -0.3,
        };
        ModelPoint point = RandomPoint.Of(
            shape, samples: 2, tokens: 3, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut), seed: depth);
        ModelPoint read = PointText.Read(PointText.Of(point)).Require();
        Assert.Equal((point.Name, point.Residual().Shape, point.Model.Samples), (read.Name, read.Residual().Shape, read.Model.Samples));
        Assert.Equal(Bits(point.Parameters.Vector), Bits(read.Parameters.Vector));
        Assert.Equal(Bits(point.Residual().Inputs.Span), Bits(read.Residual().Inputs.Span));
        Assert.Equal(Bits(point.Residual().Targets.Span), Bits(read.Residual().Targets.Span));
        Assert.Equal(point.TrainedBlocks, read.TrainedBlocks);
    }

    [Fact]
    public void The_order_of_keys_escapes_and_a_byte_order_mark_do_not_matter()
    {
        JsonObject valid = JsonNode.Parse(PointText.Valid)!.AsObject();
        var reversed = new JsonObject(valid.Reverse().Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        ModelPoint point = PointText.Read(
            reversed.ToJsonString().Replace("blocks.0.query", "blocks\\u002e0.query", StringComparison.Ordinal)).Require();
        Assert.Equal(PointText.Read(PointText.Valid).Require().Parameters.Vector, point.Parameters.Vector);
        Assert.NotNull(PointText.Read([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(PointText.Valid)]).Point);
    }

    [Fact]
    public void What_another_program_expects_is_passed_over()
    {
        Assert.NotNull(
            PointText.Read(
                PointText.With("{\"name\": \"tiny\"", "{\"expected\": {\"loss\": NaN, \"a\": [[[[1]]]]}, \"name\": \"tiny\"")).Point);
    }

    private static IEnumerable<long> Bits(ReadOnlySpan<double> values) => values.ToArray().Select(BitConverter.DoubleToInt64Bits);
}
