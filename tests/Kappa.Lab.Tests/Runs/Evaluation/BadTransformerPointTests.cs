using System.Text;
using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Evaluation;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>A point file of any Transformer that is not the model that it says is
/// refused, all faults together, each with its place and what to do.</summary>
public sealed class BadTransformerPointTests
{
    private const string Point = """
        {"config": {"model": "classifier", "heads": 2, "bias": "ffn", "positions": "none"},
         "identifiers": [[0, 1, 1], [1, 0, 1]], "lengths": [3, 2], "labels": [1, 0],
         "parameters": {"embedding": [[0.5, -0.2], [0.1, 0.9]],
           "blocks.0.attention_norm_gain": [1, 1], "blocks.0.attention_norm_shift": [[0, 0.1]],
           "blocks.0.query": [[0.5, 0.1], [-0.2, 0.4]], "blocks.0.key": [[0.3, 0.0], [0.1, -0.6]],
           "blocks.0.value": [[0.2, -0.7], [0.9, 0.1]], "blocks.0.output": [[0.6, 0.2], [-0.3, 0.8]],
           "blocks.0.ffn_norm_gain": [1, 1], "blocks.0.ffn_norm_shift": [0, 0],
           "blocks.0.ffn_in": [[0.4, -0.1, 0.8], [0.2, 0.5, -0.3]], "blocks.0.ffn_in_bias": [0, 0, 1],
           "blocks.0.ffn_out": [[0.1, 0.3], [-0.5, 0.2], [0.6, -0.4]], "blocks.0.ffn_out_bias": [0, 1],
           "final_norm_gain": [1, 1], "final_norm_shift": [0, 0], "readout": [[0.7, -0.1], [0.2, 0.4]]}}
        """;

    [Fact]
    public void The_point_itself_can_be_read()
    {
        using ModelPoint point = Read(Point).Require();
        Assert.Equal((2, 1, 2), (point.Model.Samples, point.Model.OutputRows, point.Model.OutputColumns));
    }

    [Theory]
    [InlineData(
        "\"bias\": \"ffn\"", "\"bias\": true",
        "parameters: must hold blocks.0.query_bias, blocks.0.key_bias, blocks.0.value_bias, blocks.0.output_bias but holds none of "
            + "them. Add them.")]
    [InlineData(
        "\"bias\": \"ffn\"", "\"bias\": false",
        "parameters.blocks.0.ffn_in_bias: the model of config has no such matrix. It would with bias.",
        "parameters.blocks.0.ffn_out_bias: the model of config has no such matrix. It would with bias.")]
    [InlineData(
        "\"bias\": \"ffn\"", "\"bias\": \"ffn\", \"norm\": \"none\"",
        "parameters.blocks.0.attention_norm_gain: the model of config has no such matrix. It would with a norm other than none, "
            + "finalNorm and normParameters.",
        "parameters.blocks.0.attention_norm_shift: the model of config has no such matrix. It would with normKind=layer where "
            + "something is normalised.",
        "parameters.blocks.0.ffn_norm_gain: the model of config has no such matrix. It would with a norm other than none, finalNorm "
            + "and normParameters.",
        "parameters.blocks.0.ffn_norm_shift: the model of config has no such matrix. It would with normKind=layer where something is "
            + "normalised.")]
    [InlineData("\"bias\"", "\"layers\": 2, \"bias\"", "config.layers: unknown key. Did you mean 'depth'?")]
    [InlineData("\"bias\"", "\"num_heads\": 2, \"bias\"", "config.num_heads: unknown key. Did you mean 'heads'?")]
    [InlineData("\"heads\": 2", "\"heads\": 2, \"heads\": 2", "config.heads: is given twice. Remove one.")]
    [InlineData("\"heads\": 2", "\"heads\": \"2\"", "config.heads: heads must be an integer but is the quoted text '2'.")]
    [InlineData("\"heads\": 2", "\"heads\": [2]", "config.heads: heads must be integer from 1 to 4096 but is a list.")]
    [InlineData(
        "\"heads\": 2", "\"heads\": 3",
        "config: heads must divide width unless the widths of keys and values are given but heads is 3 and width is 2. A head takes "
            + "its share of the width.")]
    [InlineData(
        "\"heads\": 2", "\"heads\": 2, \"normalisesRows\": true",
        "config.normalisesRows: normalisesRows has no effect but on the gaussian kernel; remove it or set kernel=gaussian.")]
    [InlineData(
        "\"heads\": 2", "\"heads\": 2, \"depth\": 2",
        "parameters: must hold blocks.1.attention_norm_gain, blocks.1.attention_norm_shift, blocks.1.query, blocks.1.key, "
            + "blocks.1.value, blocks.1.output and 6 more but holds none of them. Add them.")]
    [InlineData(
        "\"heads\": 2", "\"heads\": 2, \"loss\": \"squaredError\"",
        "targets: must be there, [N, d_out], and no labels, for the loss is the squared error.")]
    [InlineData("\"heads\": 2", "\"heads\": 2, \"readout\": \"tokens\"", "labels[0]: must be a list but is 1; labels is [N, n].")]
    [InlineData("\"labels\": [1, 0]", "\"labels\": [1, 2]", "A label must lie between 0 and 1 but number 1 is 2.")]
    [InlineData("\"labels\": [1, 0]", "\"labels\": [1, 0.5]", "labels: must hold integers of at least 0 but number 1 is 0.5.")]
    [InlineData("\"labels\": [1, 0]", "\"labels\": [1]", "labels: must have the samples of the inputs, [2], but has shape [1].")]
    [InlineData("\"lengths\": [3, 2]", "\"lengths\": [3, 4]", "A length must lie between 1 and 3 but number 1 is 4.")]
    [InlineData("[[0, 1, 1], [1, 0, 1]]", "[[0, 1, 1], [1, 0, 7]]", "A token identifier must lie between 0 and 1 but number 5 is 7.")]
    [InlineData("\"identifiers\"", "\"tokens\"", "tokens: unknown key.")]
    [InlineData(
        "\"identifiers\": [[0, 1, 1], [1, 0, 1]], ", "",
        "inputs: must be there, [N, n, d], or identifiers [N, n] in their place, and not both.")]
    [InlineData(
        "[[0.4, -0.1, 0.8], [0.2, 0.5, -0.3]]", "[[0.4, 0.2], [-0.1, 0.5], [0.8, -0.3]]",
        "parameters.blocks.0.ffn_in: must be [2, 2] but is [3, 2].", "parameters.blocks.0.ffn_in_bias: must be [1, 2] but is [3].",
        "parameters.blocks.0.ffn_out: must be [2, 2] but is [3, 2].")]
    [InlineData(
        "\"blocks.0.query\"", "\"blocks.0.query.weight\"",
        "parameters.blocks.0.query.weight: unknown matrix. Did you mean 'blocks.0.query'? The weight of a torch.nn.Linear is [out, "
            + "in]; write its transpose.",
        "parameters: must hold blocks.0.query but does not. Add it.")]
    [InlineData(
        "\"blocks.0.query\"", "\"blocks.0.key\": [[1, 0], [0, 1]], \"blocks.0.query\"",
        "parameters.blocks.0.key: is given twice. Remove one.")]
    public void What_does_not_fit_is_named(string part, string replacement, params string[] problems)
    {
        Assert.Contains(part, Point, StringComparison.Ordinal);
        PointReading reading = Read(Point.Replace(part, replacement, StringComparison.Ordinal));
        Assert.Null(reading.Point);
        Assert.Equal(problems.Select(problem => $"point.json: {problem}"), reading.Problems.Select(Line));
    }

    // The presets of R, G and S and the files of the papers are the same models.
    [Fact]
    public void A_file_of_a_paper_and_its_preset_are_one_point()
    {
        JsonObject point = JsonNode.Parse(Point)!.AsObject();
        point["config"] = JsonNode.Parse(
            """{"model": "kernel_attention", "heads": 1, "kernel": "gaussian", "normalises_rows": true, "temperature": 0.7}""");
        point["parameters"] = JsonNode.Parse("""
            {"heads.0.query": [[1], [2]], "heads.0.key": [[0.5], [1]], "heads.0.value": [[1, 2], [3, 4]],
             "heads.0.output": [[1], [-1]]}
            """);
        (_, _, _) = (point.Remove("identifiers"), point.Remove("lengths"), point.Remove("labels"));
        (point["inputs"], point["targets"]) = (JsonNode.Parse("[[[1, 0.5], [0, 0.2]]]"), JsonNode.Parse("[[[1], [2]]]"));
        using ModelPoint paper = Read(point.ToJsonString()).Require();
        point["config"] = JsonNode.Parse(
            """{"model": "kernelAttention", "kernel": "gaussian", "normalisesRows": true, "temperature": 0.7}""");
        using ModelPoint preset = Read(point.ToJsonString()).Require();
        Assert.Equal(PointEvaluation.Of(paper).Loss, PointEvaluation.Of(preset).Loss);
        Assert.Equal(paper.Model.GetType(), preset.Model.GetType());
    }

    private static string Line(Problem problem) => $"{problem}";

    private static PointReading Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return PointFile.Read(stream, "point.json");
    }
}
