using System.Text;
using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Reads a point file of any Transformer: what <see cref="PointModel"/>
/// describes, on arrays or identifiers, with targets or labels.</summary>
/// <param name="file">The file.</param>
/// <param name="config">Its config, an object.</param>
/// <param name="problems">Told what is wrong.</param>
/// <param name="threads">Threads of a pass.</param>
internal sealed class TransformerPointFile(JsonElement file, JsonElement config, ProblemList problems, int threads)
{
    private static readonly string[] s_keys = [.. PointDocument.Keys, "identifiers", "labels", "lengths"];

    /// <summary>The point, when the file names such a model; a reading without point and problems when it does not.</summary>
    /// <param name="text">The file, JSON or not.</param>
    /// <param name="problems">Told what is wrong.</param>
    /// <param name="threads">Threads of a pass.</param>
    public static PointReading Read(byte[] text, ProblemList problems, int threads)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return PointReading.Of(null, problems);
            double? expected = ExpectedLoss(document.RootElement);
            bool isOne = document.RootElement.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object
                && config.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.String
                && PointModel.Words.Contains(model.GetString());
            return (
                isOne
                    ? new TransformerPointFile(document.RootElement, config, problems, threads).Assemble()
                    : PointReading.Of(null, problems))
                with
            { ExpectedLoss = expected };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Broken syntax is reported by the reader of model R, with its place.
            return PointReading.Of(null, problems);
        }
    }

    private static double? ExpectedLoss(JsonElement file) =>
        file.TryGetProperty("expected", out JsonElement expected) && expected.ValueKind == JsonValueKind.Object
        && expected.TryGetProperty("loss", out JsonElement loss) && loss.ValueKind == JsonValueKind.Number ? loss.GetDouble() : null;

    private PointReading Assemble()
    {
        _ = ConfigMembers.Read(file, "", s_keys, problems);
        PointModel described = PointModel.Read(config, problems);
        if (problems.Count > 0)
            return PointReading.Of(null, problems);
        Dictionary<string, NdArray> matrices = Matrices();
        PointSizes sizes = PointSizes.Of(described, matrices, Has("identifiers"));
        ModelSpecification model = sizes.Specification.Model;
        PointData? data = PointData.Read(this, model);
        if (data is null || problems.Count > 0)
            return PointReading.Of(null, problems);
        TransformerShape shape = model.ToTransformerShape(sizes.Form(data));
        foreach ((string place, string problem) in (described with { Specification = sizes.Specification }).Effectless())
            problems.Add(place, problem);
        foreach (TransformerRule rule in TransformerRules.All.Where(rule => !rule.Holds(shape)))
            problems.Add("config", ModelRules.Explain(rule, shape, sizes.Specification));
        if (problems.Count > 0)
            return PointReading.Of(null, problems);
        ModelParameters parameters = Fill(shape, matrices);
        TrainedSet trained = Trained(parameters.Layout);
        return problems.Count > 0 ? PointReading.Of(null, problems) : Build(sizes.Specification, shape, data, parameters, trained);
    }

    // A model that an implementation of its own is for gets it, as in a run.
    private PointReading Build(
        ExperimentSpecification specification, TransformerShape shape, PointData data, ModelParameters parameters, TrainedSet trained)
    {
        string name = file.TryGetProperty("name", out JsonElement given) && given.ValueKind == JsonValueKind.String
            ? Shown.Of(given.GetString()!)
            : Path.GetFileNameWithoutExtension(problems.File);
        try
        {
            MemoryLimit.Require("inputs", "One pass", ModelMemory.Bytes(shape, data.Samples, data.Tokens, specification, 1));
            if (specification.Form != ModelForm.Residual)
                return PointReading.Of(
                    new ModelPoint(name, new Transformer(shape, data.OfTransformer(), threads), parameters, trained), problems);
            ResidualTransformerShape own = specification.Model.ToShape();
            var weights = new ResidualTransformerWeights(own);
            weights.CopyFrom(parameters);
            return PointReading.Of(
                new ModelPoint(name, new ResidualTransformer(own, data.Inputs, data.Targets, data.Samples, threads), weights, trained),
                problems);
        }
        catch (BadInputException refused)
        {
            problems.Add(refused.Location, refused.Reason);
        }
        catch (ArgumentException refused)
        {
            problems.Add("", refused.Message);
        }

        return PointReading.Of(null, problems);
    }

    private ModelParameters Fill(TransformerShape shape, Dictionary<string, NdArray> matrices)
    {
        var parameters = new ModelParameters(shape.NewLayout());
        var missing = new List<string>();
        foreach (ParameterBlock block in parameters.Layout.Blocks)
        {
            if (!matrices.Remove(block.Name, out NdArray? matrix))
                missing.Add(block.Name);
            else if (Unfit(matrix, block) is { } problem)
                problems.Add($"parameters.{block.Name}", problem);
            else
                matrix.Data.CopyTo(parameters[block].Span);
        }

        foreach (string name in matrices.Keys)
            problems.Add($"parameters.{Shown.Of(name)}", () => UnknownMatrix.Explain(name, parameters.Layout));
        if (missing.Count > 0)
            problems.Add("parameters", MatrixProblems.Missing(missing));
        return parameters;
    }

    // What has one row may be a list.
    private static string? Unfit(NdArray matrix, ParameterBlock block) =>
        matrix.Rank == 1 && block.Rows == 1 && matrix.Shape[0] == block.Columns
            ? null
            : MatrixProblems.WrongShape(matrix.Shape, block.Rows, block.Columns, "");

    private TrainedSet Trained(ParameterLayout layout)
    {
        if (!file.TryGetProperty("trained", out JsonElement trained))
            return TrainedSet.All;
        string[] known = [.. layout.Blocks.Select(block => block.Name)];
        if (trained.ValueKind != JsonValueKind.Array || trained.GetArrayLength() == 0
            || trained.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.String))
        {
            problems.Add("trained", $"must be a list of at least one of {string.Join(", ", known)} but is {FoundKind.Of(trained)}.");
            return TrainedSet.All;
        }

        string[] names = [.. trained.EnumerateArray().Select(entry => entry.GetString()!)];
        foreach (string name in names.Where(name => !known.Contains(name)))
            problems.Add("trained", $"lists '{Shown.Of(name)}', which the model does not have.{Suggestion.For(name, known)}");
        return TrainedSet.OfNames(names);
    }

    private Dictionary<string, NdArray> Matrices()
    {
        var read = new Dictionary<string, NdArray>(StringComparer.Ordinal);
        if (!file.TryGetProperty("parameters", out JsonElement parameters) || parameters.ValueKind != JsonValueKind.Object)
        {
            problems.Add("parameters", "must be an object of matrices by name.");
            return read;
        }

        string[] names = [.. parameters.EnumerateObject().Select(property => property.Name)];
        foreach (
            string name in names.GroupBy(name => name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key))
            problems.Add($"parameters.{Shown.Of(name)}", "is given twice. Remove one.");
        foreach (JsonProperty property in parameters.EnumerateObject())
        {
            bool isList = property.Value.ValueKind == JsonValueKind.Array && property.Value.GetArrayLength() > 0
                && property.Value[0].ValueKind != JsonValueKind.Array;
            if (ToArray(property.Value, $"parameters.{Shown.Of(property.Name)}", isList ? "[columns]" : "[rows, columns]") is { } matrix)
                read[property.Name] = matrix;
        }

        return read;
    }

    /// <summary>Whether the file has a part.</summary>
    public bool Has(string key) => file.TryGetProperty(key, out _);

    /// <summary>A part of the file, or null where it is not there or was reported.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="axes">Its axes, such as <c>[N, n, d]</c>.</param>
    public NdArray? Find(string key, string axes) => file.TryGetProperty(key, out JsonElement value) ? ToArray(value, key, axes) : null;

    /// <summary>Reports what must hold of a part of the file.</summary>
    public void Require(bool holds, string place, string message)
    {
        if (!holds)
            problems.Add(place, message);
    }

    private NdArray? ToArray(JsonElement value, string place, string axes)
    {
        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(value.GetRawText()));
        _ = json.Read();
        return new NumberArrayReader(place, axes, axes.Count(letter => letter == ',') + 1, problems).Read(ref json);
    }
}
