using System.Text;
using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Reads a point file whose config names model G or S; the keys beside config are those of model R's file.</summary>
/// <param name="file">The file.</param>
/// <param name="config">Its config, an object.</param>
/// <param name="problems">Told what is wrong.</param>
internal sealed class TrainablePointFile(JsonElement file, JsonElement config, ProblemList problems)
{
    private const string Kernel = "kernel_attention";
    private const string Encoder = "shallow_encoder";

    private static readonly string[] EncoderMatrices = ["query", "key", "value", "readout"];
    private static readonly string[] HeadMatrices = ["query", "key", "value", "output"];

    private static readonly Dictionary<string, AttentionKernelKind> Kernels = new(StringComparer.Ordinal) { ["softmax"] = AttentionKernelKind.Softmax, ["gaussian"] = AttentionKernelKind.Gaussian };
    private static readonly Dictionary<string, bool> Truths = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };
    private static readonly Dictionary<string, TokenPooling> Poolings = new(StringComparer.Ordinal) { ["sum"] = TokenPooling.Sum, ["mean"] = TokenPooling.Mean };
    private static readonly Dictionary<string, LossReduction> Reductions = new(StringComparer.Ordinal) { ["sum"] = LossReduction.Sum, ["mean"] = LossReduction.Mean };

    /// <summary>The point, when the file names one of these models; null and nothing reported when it does not, null and problems when something in it is wrong.</summary>
    /// <param name="text">The file, JSON or not.</param>
    /// <param name="location">What it is called.</param>
    /// <param name="problems">Told what is wrong.</param>
    public static TrainablePoint? Read(byte[] text, string location, ProblemList problems)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object
                && config.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.String && model.GetString() is Kernel or Encoder
                ? new TrainablePointFile(document.RootElement, config, problems).Assemble(location)
                : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Broken syntax is reported by the reader of model R, with its place.
            return null;
        }
    }

    private TrainablePoint? Assemble(string location)
    {
        _ = ConfigMembers.Read(file, "", PointDocument.Keys, problems);
        string name = file.TryGetProperty("name", out JsonElement given) && given.ValueKind == JsonValueKind.String ? Shown.Of(given.GetString()!) : Path.GetFileNameWithoutExtension(location);
        bool isKernel = config.GetProperty("model").GetString() == Kernel;
        NdArray? inputs = Array(file, "inputs", "[N, n, d]", 3);
        NdArray? targets = isKernel ? Array(file, "targets", "[N, n, d_out]", 3) : Array(file, "targets", "[N, 1]", 2);
        if (inputs is null || targets is null || !file.TryGetProperty("parameters", out JsonElement parameters) || parameters.ValueKind != JsonValueKind.Object)
        {
            if (inputs is not null && targets is not null)
            {
                problems.Add("parameters", "must be an object of matrices by name.");
            }

            return null;
        }

        return isKernel ? KernelPoint(name, inputs, targets, parameters) : EncoderPoint(name, inputs, targets, parameters);
    }

    private TrainablePoint? KernelPoint(string name, NdArray inputs, NdArray targets, JsonElement parameters)
    {
        var members = ConfigMembers.Read(config, "config", ["model", "heads", "kernel", "temperature", "normalises_rows"], problems);
        int heads = members.Integer("heads", 1, 4096) ?? 1;
        var kernel = new AttentionKernel(members.Choice("kernel", Kernels) ?? AttentionKernelKind.Softmax, members.Number("temperature"), Truth(members));
        Dictionary<string, NdArray> matrices = Matrices(parameters, [.. Enumerable.Range(0, heads).SelectMany(head => HeadMatrices.Select(kind => $"heads.{head}.{kind}"))]);
        Require(targets.Shape[0] == inputs.Shape[0] && targets.Shape[1] == inputs.Shape[1], "targets", $"must have the samples and tokens of the inputs, [{inputs.Shape[0]}, {inputs.Shape[1]}, d_out], but has shape {targets}.");
        if (problems.Count > 0)
        {
            return null;
        }

        var shape = TransformerShape.KernelAttention(inputs.Shape[2], heads, kernel) with { KeyWidth = matrices["heads.0.query"].Shape[1], ValueWidth = matrices["heads.0.value"].Shape[1], OutputWidth = targets.Shape[2] };
        return Build(name, shape.NewLayout, matrices, () => Transformer.OfArrays(shape, ToMatrix(inputs), ToMatrix(targets), inputs.Shape[0]));
    }

    private bool Truth(ConfigMembers members)
    {
        if (members.Find("normalises_rows") is not { } value)
        {
            return false;
        }

        Require(value.ValueKind is JsonValueKind.True or JsonValueKind.False, "config.normalises_rows", $"must be one of {string.Join(", ", Truths.Keys)} but is {FoundKind.Of(value)}.");
        return value.ValueKind == JsonValueKind.True;
    }

    private TrainablePoint? EncoderPoint(string name, NdArray inputs, NdArray targets, JsonElement parameters)
    {
        var members = ConfigMembers.Read(config, "config", ["model", "tau0", "tau1", "pooling", "loss"], problems);
        Dictionary<string, NdArray> matrices = Matrices(parameters, EncoderMatrices);
        Require(targets.Shape[0] == inputs.Shape[0] && targets.Shape[1] == 1, "targets", $"must have one number for each of the {inputs.Shape[0]} samples, [{inputs.Shape[0]}, 1], but has shape {targets}.");
        if (members.Find("tau0") is null)
        {
            problems.Add("config", "must have the key 'tau0', the factor of the logits (S.1), but has not.");
        }

        double logitScale = members.Number("tau0") ?? 0;
        var shape = TransformerShape.ShallowEncoder(inputs.Shape[2], matrices.TryGetValue("query", out NdArray? query) ? query.Shape[0] : 1, logitScale) with { OutputScale = members.Number("tau1") ?? 1, Pooling = members.Choice("pooling", Poolings) ?? TokenPooling.Sum, Reduction = members.Choice("loss", Reductions) ?? LossReduction.Sum };
        return problems.Count > 0 ? null : Build(name, shape.NewLayout, matrices, () => Transformer.OfArrays(shape, ToMatrix(inputs), ToMatrix(targets), inputs.Shape[0]));
    }

    private TrainablePoint? Build(string name, Func<ParameterLayout> newLayout, Dictionary<string, NdArray> matrices, Func<IModel> create)
    {
        ParameterLayout layout;
        try
        {
            layout = newLayout();
        }
        catch (ArgumentException reason)
        {
            problems.Add("config", reason.Message);
            return null;
        }

        var parameters = new ModelParameters(layout);
        foreach (ParameterBlock block in layout.Blocks)
        {
            NdArray matrix = matrices[block.Name];
            bool fits = matrix.Rank == 2 ? matrix.Shape[0] == block.Rows && matrix.Shape[1] == block.Columns : block.Rows == 1 && matrix.Shape[0] == block.Columns;
            if (fits)
            {
                matrix.Data.CopyTo(parameters[block].Span);
            }
            else
            {
                problems.Add($"parameters.{block.Name}", $"must be [{block.Rows}, {block.Columns}] but has shape {matrix}.");
            }
        }

        TrainedSet trained = Trained(layout);
        if (problems.Count > 0)
        {
            return null;
        }

        IModel model = create();
        return new TrainablePoint(name, model, parameters, trained, model);
    }

    private TrainedSet Trained(ParameterLayout layout)
    {
        if (!file.TryGetProperty("trained", out JsonElement trained))
        {
            return TrainedSet.All;
        }

        string[] known = [.. layout.Blocks.Select(block => block.Name)];
        if (trained.ValueKind != JsonValueKind.Array || trained.GetArrayLength() == 0 || trained.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.String))
        {
            problems.Add("trained", $"must be a list of at least one of {string.Join(", ", known)} but is {FoundKind.Of(trained)}.");
            return TrainedSet.All;
        }

        string[] names = [.. trained.EnumerateArray().Select(entry => entry.GetString()!)];
        foreach (string name in names.Where(name => !known.Contains(name)))
        {
            problems.Add("trained", $"lists '{Shown.Of(name)}', which the model does not have.{Suggestion.For(name, known)}");
        }

        return TrainedSet.OfNames(names);
    }

    private Dictionary<string, NdArray> Matrices(JsonElement parameters, IReadOnlyList<string> names)
    {
        var read = new Dictionary<string, NdArray>(StringComparer.Ordinal);
        _ = ConfigMembers.Read(parameters, "parameters", names, problems);
        foreach (string name in names)
        {
            // w_O is a row: files may give it as a list.
            bool isList = name == "readout" && parameters.TryGetProperty(name, out JsonElement row) && row.ValueKind == JsonValueKind.Array && row.GetArrayLength() > 0 && row[0].ValueKind != JsonValueKind.Array;
            if (Array(parameters, name, isList ? "[d_m]" : "[rows, columns]", isList ? 1 : 2, "parameters.") is { } matrix)
            {
                read[name] = matrix;
            }
        }

        return read;
    }

    private NdArray? Array(JsonElement parent, string key, string axes, int rank, string prefix = "")
    {
        if (!parent.TryGetProperty(key, out JsonElement value))
        {
            problems.Add(prefix + key, $"must be there, {axes}, but is missing.");
            return null;
        }

        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(value.GetRawText()));
        _ = json.Read();
        return new NumberArrayReader(prefix + key, axes, rank, problems).Read(ref json);
    }

    private void Require(bool holds, string place, string message)
    {
        if (!holds)
        {
            problems.Add(place, message);
        }
    }

    private static Matrix ToMatrix(NdArray array)
    {
        int columns = array.Shape[^1];
        Matrix matrix = Matrix.Allocate(array.Data.Length / columns, columns);
        array.Data.CopyTo(matrix.Span);
        return matrix;
    }
}
