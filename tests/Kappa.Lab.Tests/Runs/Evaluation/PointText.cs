using System.Globalization;
using System.Text;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>Point files as text: a small valid one to damage, and a writer of any point.</summary>
internal static class PointText
{
    /// <summary>d = 2, d_k = 1, m = 3, one sample of two tokens.</summary>
    public const string Valid = """
        {"name": "tiny", "config": {"model": "residual_transformer", "depth": 1, "temperature": 0.5,
                    "attention_residual": -0.5, "ffn_residual": 0.25,
                    "activation": {"name": "leaky_relu", "gamma": 0.2}},
         "trained": ["blocks.0.value", "blocks.0.ffn_out"],
         "inputs": [[[1, 2], [3, 4]]],
         "targets": [[[0, 1], [1e-3, 0]]],
         "parameters": {"blocks.0.query": [[1], [2]], "blocks.0.key": [[3], [4]], "blocks.0.value": [[1, 0], [0, 1]],
                        "blocks.0.ffn_in": [[1, 2, 3], [4, 5, 6]], "blocks.0.ffn_out": [[1, 2], [3, 4], [5, 6]]}}
        """;

    /// <summary>The valid text with one part replaced, which must occur.</summary>
    public static string With(string part, string replacement)
    {
        Assert.Contains(part, Valid, StringComparison.Ordinal);
        return Valid.Replace(part, replacement, StringComparison.Ordinal);
    }

    public static PointReading Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    public static PointReading Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return PointFile.Read(stream, "folder/point.json");
    }

    /// <summary>The problems without the name of the file.</summary>
    public static string[] Problems(string text)
    {
        PointReading reading = Read(text);
        Assert.Equal(reading.Problems.Count == 0, reading.Point is not null);
        Assert.All(reading.Problems, problem => Assert.StartsWith("folder/point.json", problem.Location, StringComparison.Ordinal));
        return [.. reading.Problems.Select(problem => problem.ToString()["folder/point.json: ".Length..])];
    }

    /// <summary>A point as a file, every bit of its numbers.</summary>
    public static string Of(ModelPoint point)
    {
        ResidualTransformer model = point.Residual();
        ResidualTransformerShape shape = model.Shape;
        string name = shape.Activation.Kind switch
        {
            ActivationKind.LeakyRelu => "leaky_relu",
            ActivationKind.SmoothLeakyRelu => "smooth_leaky_relu",
            var kind => kind.ToString().ToLowerInvariant(),
        };
        string activation =
            $$"""{"name": "{{name}}", "gamma": {{Number(shape.Activation.Slope)}}, "eps": {{Number(shape.Activation.Smoothing)}}}""";
        string temperature = shape.Temperature is { } value ? $", \"temperature\": {Number(value)}" : "";
        string config = $$"""
            {"model": "residual_transformer", "attention_residual": {{Number(shape.AttentionResidual)}},
             "ffn_residual": {{Number(shape.FfnResidual)}}, "activation": {{activation}}{{temperature}}}
            """;
        IEnumerable<string> parameters = point.Model.Layout.Blocks.Select(block => $"\"{block.Name}\": {Rows(point.Parameters[block])}");
        IEnumerable<string> trained = point.TrainedBlocks.Select(block => $"\"{block.Name}\"");
        return $$"""
            {"name": "{{point.Name}}", "config": {{config}}, "trained": [{{string.Join(", ", trained)}}],
             "inputs": {{Samples(model, model.Inputs)}}, "targets": {{Samples(model, model.Targets)}},
             "parameters": { {{string.Join(", ", parameters)}} } }
            """;
    }

    private static string Samples(ResidualTransformer point, Matrix stacked) =>
        Listed(Enumerable.Range(0, point.Samples).Select(sample => Rows(stacked.RowRange(sample * point.Tokens, point.Tokens))));

    private static string Rows(Matrix matrix) =>
        Listed(Enumerable.Range(0, matrix.Rows).Select(row => Listed(matrix.Row(row).ToArray().Select(Number))));

    private static string Listed(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
