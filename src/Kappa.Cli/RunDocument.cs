using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Cli;

/// <summary>What <c>kappa show --json</c> prints of a run: keys in camel case, a number that is not finite as <c>null</c>.</summary>
internal sealed record RunDocument(
    int SchemaVersion, string Run, string Folder, string State, string? StopReason, long Step, string? Resume, Precision Precision,
    double? RoundingFloor, ModelKind Preset, double? TestAccuracy, double? TestLoss,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? StepSizeTrials,
    RateDocument Rate, IEnumerable<LayerDocument> Layers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Ladder)
{
    private const int Version = 1;

    private static readonly RunSchema Schema = new(ReadableJson.Of(RunSchema.Default));

    /// <summary>The text of a run, without a line end after it.</summary>
    public static string Text(RunAnalysis analysis) => JsonSerializer.Serialize(
        new RunDocument(
            Version, analysis.Run.Name, analysis.Run.Files.Path, analysis.Run.State, analysis.Run.Status.StopReason,
            analysis.Run.Status.Step, analysis.Run.IsLost ? Target.ResumeCommand(analysis.Run) : null,
            analysis.Run.Specification.Descent.Precision, analysis.Run.Status.RoundingFloor, analysis.Run.Specification.Model.Kind,
            analysis.Run.Status.TestAccuracy, analysis.Run.Status.TestLoss,
            analysis.Trials is { } trials ? JsonElement.Parse(trials.Text()) : null, RateDocument.Of(analysis.Rate),
            analysis.Layers.Select(LayerDocument.Of),
            analysis.Ladder is { } ladder ? JsonElement.Parse(LadderFile.Text(ladder)) : null),
        Schema.RunDocument);
}

/// <summary>A fit of a loss curve.</summary>
internal sealed record RateDocument(
    RateOutcome Outcome, double PerStep, double Low, double High, double LatePerStep, double LateLow, double LateHigh, double Decades,
    long FirstStep, long LastStep, string Explanation)
{
    public static RateDocument Of(RateFit rate) => new(
        rate.Outcome, rate.Rate, rate.RateLow, rate.RateHigh, rate.LateRate, rate.LateRateLow, rate.LateRateHigh, rate.Decades,
        rate.FirstStep, rate.LastStep, rate.Explanation);
}

/// <summary>A part of a layer, its quantities by name.</summary>
internal sealed record LayerDocument(
    int Layer, string Part, bool RankLimited, Dictionary<string, double> Start, Dictionary<string, double> End)
{
    public static LayerDocument Of(LayerSummary layer) => new(
        layer.Layer, layer.Part, layer.IsRankLimited, Values(layer.Start), Values(layer.End));

    private static Dictionary<string, double> Values(PartState state) =>
        PartState.Told.ToDictionary(quantity => quantity.Name, quantity => state[quantity]);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [
        typeof(JsonNumberConverter), typeof(CamelCaseEnum<Precision>), typeof(CamelCaseEnum<ModelKind>),
        typeof(CamelCaseEnum<RateOutcome>)])]
[JsonSerializable(typeof(RunDocument))]
internal sealed partial class RunSchema : JsonSerializerContext;
