using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kappa.Lab.Store;

/// <summary>The JSON files of a run folder.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    UseStringEnumConverter = false,
    Converters = [typeof(RunStateConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(EnvironmentRecord))]
internal sealed partial class StoreJson : JsonSerializerContext;

/// <summary>A state as its lower-case word; numbers are not states.</summary>
internal sealed class RunStateConverter() : JsonStringEnumConverter<RunState>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
