using System.Text.Json;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Selftest;

/// <summary>A point of model R with exact values computed elsewhere (complex-step derivatives in double precision): embedded from tests/Data/reference.</summary>
internal sealed class ReferencePoint
{
    private const string Prefix = "reference/";
    private readonly JsonElement _root;

    private ReferencePoint(string name, JsonElement root)
    {
        Name = name;
        _root = root;
        JsonElement config = root.GetProperty("config");
        JsonElement parameters = root.GetProperty("parameters");
        Samples = root.GetProperty("inputs").GetArrayLength();
        Inputs = Stacked(root.GetProperty("inputs"));
        Targets = Stacked(root.GetProperty("targets"));
        Shape = new ResidualTransformerShape
        {
            Depth = config.GetProperty("depth").GetInt32(),
            Width = Inputs.Columns,
            FfnWidth = parameters.GetProperty("blocks.0.ffn_in")[0].GetArrayLength(),
            KeyWidth = parameters.GetProperty("blocks.0.query")[0].GetArrayLength(),
            Temperature = config.GetProperty("temperature").GetDouble(),
            AttentionResidual = config.GetProperty("attention_residual").GetDouble(),
            FfnResidual = config.GetProperty("ffn_residual").GetDouble(),
            Activation = ReadActivation(config.GetProperty("activation")),
        };
        Weights = ReadWeights(parameters);
        Trained = TrainedSet.OfNames([.. root.GetProperty("trained").EnumerateArray().Select(block => block.GetString()!)]);
    }

    public string Name { get; }

    public ResidualTransformerShape Shape { get; }

    public int Samples { get; }

    public Matrix Inputs { get; }

    public Matrix Targets { get; }

    public ResidualTransformerWeights Weights { get; }

    public TrainedSet Trained { get; }

    public JsonElement Expected => _root.GetProperty("expected");

    public ResidualTransformerWeights ExpectedGradient() => ReadWeights(Expected.GetProperty("gradient"));

    /// <summary>Every embedded point, by name.</summary>
    public static IEnumerable<ReferencePoint> All()
    {
        System.Reflection.Assembly assembly = typeof(ReferencePoint).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using JsonDocument document = JsonDocument.Parse(stream);
            yield return new ReferencePoint(Path.GetFileNameWithoutExtension(resource[Prefix.Length..]), document.RootElement.Clone());
        }
    }

    /// <summary>An array [a, b] or [a, b, c] with all but the last index stacked as rows.</summary>
    public static Matrix Stacked(JsonElement array)
    {
        JsonElement[] rows = [.. Rows(array)];
        Matrix matrix = Matrix.Allocate(rows.Length, rows[0].GetArrayLength());
        for (int row = 0; row < rows.Length; row++)
        {
            Vector(rows[row]).CopyTo(matrix.Row(row));
        }

        return matrix;
    }

    /// <summary>A flat array of numbers.</summary>
    public static double[] Vector(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static IEnumerable<JsonElement> Rows(JsonElement array) =>
        array[0].ValueKind == JsonValueKind.Array ? array.EnumerateArray().SelectMany(Rows) : [array];

    private static Activation ReadActivation(JsonElement activation) => activation.GetProperty("name").GetString() switch
    {
        "relu" => new Activation(ActivationKind.Relu),
        "leaky_relu" => new Activation(ActivationKind.LeakyRelu, activation.GetProperty("gamma").GetDouble()),
        "smooth_leaky_relu" => new Activation(ActivationKind.SmoothLeakyRelu, activation.GetProperty("gamma").GetDouble(), activation.GetProperty("eps").GetDouble()),
        var name => throw new InvalidDataException($"The activation of a reference point must be relu, leaky_relu or smooth_leaky_relu but is {name}."),
    };

    private ResidualTransformerWeights ReadWeights(JsonElement parameters)
    {
        var weights = new ResidualTransformerWeights(Shape);
        foreach (ParameterBlock block in weights.Layout.Blocks)
        {
            Stacked(parameters.GetProperty(block.Name)).CopyTo(weights[block]);
        }

        return weights;
    }
}
