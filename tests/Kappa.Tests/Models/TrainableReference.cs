using System.Text.Json;
using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>One file of tests/Data/trainable of model G or S as the types of the product.</summary>
internal sealed class TrainableReference
{
    private readonly JsonElement _root;

    private TrainableReference(JsonElement root)
    {
        _root = root;
        Samples = root.GetProperty("inputs").GetArrayLength();
        Inputs = ReferenceCase.Stacked(root.GetProperty("inputs"));
        Targets = ReferenceCase.Stacked(root.GetProperty("targets"));
        Trained = TrainedSet.OfNames([.. root.GetProperty("trained").EnumerateArray().Select(name => name.GetString()!)]);
    }

    public int Samples { get; }

    public Matrix Inputs { get; }

    public Matrix Targets { get; }

    public TrainedSet Trained { get; }

    public JsonElement Config => _root.GetProperty("config");

    public JsonElement Expected => _root.GetProperty("expected");

    public static TrainableReference Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "trainable", name + ".json")));
        return new TrainableReference(document.RootElement.Clone());
    }

    public TransformerShape KernelShape => TransformerShape.KernelAttention(
        Inputs.Columns, Config.GetProperty("heads").GetInt32(),
        Config.GetProperty("kernel").GetString() == "gaussian" ? AttentionKernel.Gaussian : AttentionKernel.Softmax) with
    {
        KeyWidth = _root.GetProperty("parameters").GetProperty("heads.0.query")[0].GetArrayLength(),
        ValueWidth = _root.GetProperty("parameters").GetProperty("heads.0.value")[0].GetArrayLength(),
        OutputWidth = Targets.Columns,
    };

    public TransformerShape EncoderShape => TransformerShape.ShallowEncoder(
        Inputs.Columns, _root.GetProperty("parameters").GetProperty("query").GetArrayLength(), Config.GetProperty("tau0").GetDouble()) with
    {
        OutputScale = Config.GetProperty("tau1").GetDouble(),
        Pooling = Config.GetProperty("pooling").GetString() == "sum" ? TokenPooling.Sum : TokenPooling.Mean,
    };

    public ModelParameters Parameters(ParameterLayout layout) => Read(layout, _root.GetProperty("parameters"));

    public ModelParameters ExpectedGradient(ParameterLayout layout) => Read(layout, Expected.GetProperty("gradient"));

    /// <summary>The model that the file is about.</summary>
    public IModel NewModel(int threads = 1) => Config.GetProperty("model").GetString() == "kernel_attention"
        ? Transformer.OfArrays(KernelShape, Inputs, Targets, Samples, threads)
        : Transformer.OfArrays(EncoderShape, Inputs, Targets, Samples, threads);

    private static ModelParameters Read(ParameterLayout layout, JsonElement matrices)
    {
        var parameters = new ModelParameters(layout);
        foreach (ParameterBlock block in layout.Blocks)
        {
            if (matrices.TryGetProperty(block.Name, out JsonElement values))
            {
                ReferenceCase.Stacked(values).Span.CopyTo(parameters[block].Span);
            }
        }

        return parameters;
    }
}
