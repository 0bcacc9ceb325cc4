using System.Text.Json;
using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>One file of tests/Data/reference or of a folder in its format, as the types of the product.</summary>
internal sealed class ReferenceCase
{
    public static readonly string[] Names =
    [
        "attention-residual-only", "certifiable", "certified-near-solution", "half-residual-relu", "leaky-depth3", "no-residual-depth1",
        "not-certified-no-residual", "residual-depth1",
    ];

    private readonly JsonElement _root;

    private ReferenceCase(JsonElement root)
    {
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
        Trained = TrainedSet.OfNames([.. root.GetProperty("trained").EnumerateArray().Select(name => name.GetString()!)]);
    }

    public ResidualTransformerShape Shape { get; }

    public int Samples { get; }

    public Matrix Inputs { get; }

    public Matrix Targets { get; }

    public ResidualTransformerWeights Weights { get; }

    public TrainedSet Trained { get; }

    public JsonElement Expected => _root.GetProperty("expected");

    public ResidualTransformerWeights ExpectedGradient => ReadWeights(Expected.GetProperty("gradient"));

    public static ReferenceCase Load(string name, string folder = "reference")
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Data", folder, name + ".json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return new ReferenceCase(document.RootElement.Clone());
    }

    /// <summary>An array of arrays [a, b] or [a, b, c] with all but the last index stacked as rows.</summary>
    public static Matrix Stacked(JsonElement array)
    {
        JsonElement[] rows = [.. Rows(array)];
        Matrix matrix = Matrix.Allocate(rows.Length, rows[0].GetArrayLength());
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                matrix[row, column] = rows[row][column].GetDouble();
            }
        }

        return matrix;
    }

    private static IEnumerable<JsonElement> Rows(JsonElement array) =>
        array[0].ValueKind == JsonValueKind.Array ? array.EnumerateArray().SelectMany(Rows) : [array];

    private static Activation ReadActivation(JsonElement activation) => activation.GetProperty("name").GetString() switch
    {
        "relu" => new Activation(ActivationKind.Relu),
        "leaky_relu" => new Activation(ActivationKind.LeakyRelu, activation.GetProperty("gamma").GetDouble()),
        "smooth_leaky_relu" =>
            new Activation(
                ActivationKind.SmoothLeakyRelu, activation.GetProperty("gamma").GetDouble(), activation.GetProperty("eps").GetDouble()),
        string name => throw new InvalidDataException($"Unknown activation {name}."),
        null => throw new InvalidDataException("The activation has no name."),
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
