using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The key <c>config</c> of a point file: which model, and its coefficients. A value that was reported has its default.</summary>
/// <param name="IsForeign">Whether it is another model, which was reported: nothing else in the file can then be judged.</param>
/// <param name="Depth">L, if the file says it.</param>
/// <param name="Temperature">τ; null means 1/√d_k.</param>
/// <param name="AttentionResidual">ρ_a.</param>
/// <param name="FfnResidual">ρ_f.</param>
/// <param name="Activation">ψ.</param>
internal sealed record PointConfig(
    bool IsForeign, int? Depth, double? Temperature, double AttentionResidual, double FfnResidual, Activation Activation)
{
    private const string Place = "config";
    private const string Model = "residual_transformer";
    private const double LeastSmoothing = 1e-100;
    private const double MostSmoothing = 1e100;

    private static readonly string[] Keys = ["model", "depth", "temperature", "attention_residual", "ffn_residual", "activation"];
    private static readonly string[] ActivationKeys = ["name", "gamma", "eps"];

    private static readonly Dictionary<string, ActivationKind> Activations = new(StringComparer.Ordinal)
    {
        ["identity"] = ActivationKind.Identity,
        ["relu"] = ActivationKind.Relu,
        ["leaky_relu"] = ActivationKind.LeakyRelu,
        ["smooth_leaky_relu"] = ActivationKind.SmoothLeakyRelu,
        ["gelu"] = ActivationKind.Gelu,
    };

    /// <summary>Reads the value of <c>config</c>.</summary>
    public static PointConfig Read(JsonElement config, ProblemList problems)
    {
        var defaults = new PointConfig(IsForeign: false, null, null, 1, 1, new Activation(ActivationKind.SmoothLeakyRelu));
        if (config.ValueKind != JsonValueKind.Object)
        {
            problems.Add(Place, $"must be an object with the key 'model' but is {FoundKind.Of(config)}.");
            return defaults;
        }

        // The other models have other keys: what is wrong is then the model alone.
        var other = new ProblemList(problems.File);
        if (!IsModel(config, other))
        {
            problems.AddAll(other);
            return defaults with { IsForeign = true };
        }

        var members = ConfigMembers.Read(config, Place, Keys, problems);
        return new PointConfig(
            IsForeign: false,
            members.Integer("depth", 1, ParameterNames.MostLayers),
            members.Number("temperature"),
            members.Number("attention_residual") ?? defaults.AttentionResidual,
            members.Number("ffn_residual") ?? defaults.FfnResidual,
            ReadActivation(members, problems) ?? defaults.Activation);
    }

    private static bool IsModel(JsonElement config, ProblemList problems)
    {
        if (!config.TryGetProperty("model", out JsonElement model))
            problems.Add(Place, $"must have the key 'model', which is '{Model}', but has not.");
        else if (model.ValueKind != JsonValueKind.String || model.GetString() != Model)
            problems.Add(
                $"{Place}.model",
                $"must be '{Model}' or one of {string.Join(", ", PointModel.Words)} but is {FoundKind.Of(model)}."
                    + (model.ValueKind == JsonValueKind.String
                        ? Suggestion.For(model.GetString()!, [Model, .. PointModel.Words])
                        : string.Empty));
        return problems.Count == 0;
    }

    // Parameters that the activation does not use may stand in the file; they must be numbers all the same.
    private static Activation? ReadActivation(ConfigMembers config, ProblemList problems)
    {
        const string place = $"{Place}.activation";
        if (config.Find("activation") is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(place, $"must be an object such as {{\"name\": \"relu\"}} but is {FoundKind.Of(value)}.");
            return null;
        }

        var members = ConfigMembers.Read(value, place, ActivationKeys, problems);
        ActivationKind? kind = members.Choice("name", Activations);
        double? slope = members.Number("gamma", 0, 1);
        double? smoothing = members.Number("eps", LeastSmoothing, MostSmoothing);
        if (members.Find("name") is null)
            problems.Add(place, $"must have the key 'name', one of {string.Join(", ", Activations.Keys)}, but has not.");
        if (kind is not { } known)
            return null;
        var activation = new Activation(known);
        return activation with { Slope = slope ?? activation.Slope, Smoothing = smoothing ?? activation.Smoothing };
    }
}

/// <summary>The keys of one small JSON object, each known and given once.</summary>
internal sealed class ConfigMembers
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly string _place;
    private readonly ProblemList _problems;

    private ConfigMembers(string place, ProblemList problems) => (_place, _problems) = (place, problems);

    public static ConfigMembers Read(JsonElement value, string place, IReadOnlyList<string> known, ProblemList problems)
    {
        var members = new ConfigMembers(place, problems);
        string prefix = place.Length == 0 ? "" : $"{place}.";
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                problems.Add($"{prefix}{Shown.Of(property.Name)}", () => $"unknown key.{Suggestion.For(property.Name, known)}");
            else if (!members._members.TryAdd(property.Name, property.Value))
                problems.Add($"{prefix}{property.Name}", "is given twice. Remove one.");
        }

        return members;
    }

    public JsonElement? Find(string key) => _members.TryGetValue(key, out JsonElement value) ? value : null;

    /// <summary>A finite number in a range, or null when the key is absent or was reported.</summary>
    public double? Number(string key, double least = double.MinValue, double most = double.MaxValue)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number >= least && number <= most)
            return number;
        string range = least == double.MinValue ? "a finite number" : FormattableString.Invariant($"a number from {least:R} to {most:R}");
        _problems.Add(
            $"{_place}.{key}",
            $"must be {range} but is "
                + $"{FoundKind.Of(value)}.{(value.ValueKind == JsonValueKind.Null ? " Leave the key out for the default." : "")}");
        return null;
    }

    public int? Integer(string key, int least, int most)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most)
            return number;
        _problems.Add($"{_place}.{key}", $"must be an integer from {least} to {most} but is {FoundKind.Of(value)}.");
        return null;
    }

    public T? Choice<T>(string key, Dictionary<string, T> words)
        where T : struct
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && words.TryGetValue(value.GetString()!, out T choice))
            return choice;
        string hint = value.ValueKind == JsonValueKind.String ? Suggestion.For(value.GetString()!, words.Keys) : "";
        _problems.Add($"{_place}.{key}", $"must be one of {string.Join(", ", words.Keys)} but is {FoundKind.Of(value)}.{hint}");
        return null;
    }
}
