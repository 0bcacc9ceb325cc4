using System.Text.Json.Serialization;

namespace Kappa.Lab.Store;

/// <summary>The JSON files of a run folder.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    UseStringEnumConverter = false,
    Converters = [typeof(Formats.CamelCaseEnum<RunState>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunStatus))]
internal sealed partial class StoreJson : JsonSerializerContext;
