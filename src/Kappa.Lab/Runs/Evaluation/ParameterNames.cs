using System.Globalization;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The names of the matrices of model R in files: <c>blocks.0.query</c>, …, <c>readout</c>.</summary>
internal static class ParameterNames
{
    /// <summary>Deepest model that is read.</summary>
    public const int MostLayers = 1 << 12;

    public const string Readout = "readout";

    private const int LayersSuggested = 4;
    private static readonly string[] InLayer = ["query", "key", "value", "ffn_in", "ffn_out"];

    /// <summary>Whether some model has a matrix of this name.</summary>
    public static bool IsPossible(string name) => name == Readout || LayerOf(name) is not null;

    /// <summary>The block that a name belongs to; null for the readout and for what is no name.</summary>
    public static int? LayerOf(string name)
    {
        string[] parts = name.Split('.', 4);
        return parts.Length == 3 && parts[0] == "blocks" && InLayer.Contains(parts[2])
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && layer < MostLayers
            && parts[1] == layer.ToString(CultureInfo.InvariantCulture)
            ? layer
            : null;
    }

    /// <summary>What is wrong with a name that the model does not have.</summary>
    /// <param name="name">The name.</param>
    /// <param name="depth">The depth of the model, if it is known.</param>
    public static string Unknown(string name, int? depth)
    {
        if (depth is { } blocks && LayerOf(name) is not null)
            return $"the model has no such matrix: its depth is {blocks}, so its blocks are "
                + $"{(blocks == 1 ? "blocks.0" : $"blocks.0 to blocks.{blocks - 1}")}. Remove it or correct the depth.";
        if (name.EndsWith(".bias", StringComparison.Ordinal))
            return "unknown matrix: the model has no biases. Evaluate a model without them.";
        if (name.EndsWith(".weight", StringComparison.Ordinal) && IsPossible(name[..^7]))
            return $"unknown matrix. Did you mean '{name[..^7]}'? The weight of a torch.nn.Linear is [out, in]; write its transpose.";
        IEnumerable<string> known = Enumerable.Range(0, Math.Min(depth ?? LayersSuggested, LayersSuggested)).SelectMany(OfLayer)
            .Append(Readout);
        string hint = Suggestion.For(name, [.. known, .. Enumerable.Take(OtherLayer(name), InLayer.Length)]);
        return $"unknown matrix.{(hint.Length > 0 ? hint : $" A block has {string.Join(", ", OfLayer(0))}.")}";
    }

    private static IEnumerable<string> OfLayer(int layer) => InLayer.Select(part => $"blocks.{layer}.{part}");

    // blocks.17.qeury: the names of block 17.
    private static IEnumerable<string> OtherLayer(string name)
    {
        string[] parts = name.Split('.', 4);
        return parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            ? OfLayer(layer)
            : [];
    }
}
