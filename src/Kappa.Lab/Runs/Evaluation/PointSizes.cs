using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The sizes of a model that its point file does not say: they follow from
/// the shapes of its parameters, which are then checked against them.</summary>
/// <param name="Specification">The model with its sizes.</param>
/// <param name="Identifiers">How many different identifiers there are; null for arrays.</param>
internal sealed record PointSizes(ExperimentSpecification Specification, int? Identifiers)
{
    /// <summary>Fills in what was not given.</summary>
    /// <param name="described">What the file says of the model.</param>
    /// <param name="matrices">Its parameters by name.</param>
    /// <param name="readsIdentifiers">Whether its tokens are identifiers.</param>
    public static PointSizes Of(PointModel described, IReadOnlyDictionary<string, NdArray> matrices, bool readsIdentifiers)
    {
        ModelSpecification model = described.Specification.Model;
        NdArray? embedding = matrices.GetValueOrDefault("embedding");
        bool isTransposed = model.ToTransformerShape(DataForm.OfTokens(1)).Parameters == ParameterForm.Transposed;
        int heads = model.Heads;
        if (!described.Given.Contains("depth") && Depth(matrices.Keys) is int depth)
            model = model with { Depth = depth };
        if (Missing("width") && (Columns(embedding) ?? (isTransposed ? Columns(First("query")) : Rows(First("query")))) is int width)
            model = model with { Width = width };
        if (Missing("keyWidth") && OfHead("query") is int keys)
            model = model with { KeyWidth = keys };
        if (Missing("valueWidth") && OfHead("value") is int values)
            model = model with { ValueWidth = values };
        if (Missing("outputMatrixWidth") && model.OutputMatrix && Columns(First("output")) is int branch)
            model = model with { OutputMatrixWidth = branch };
        if (Missing("ffnWidth") && model.FfnWidth is not null && Columns(First("ffn_in")) is int hidden)
            model = model with { FfnWidth = hidden };
        if (Missing("readoutWidth") && model.Readout != ReadoutKind.None && First("readout") is { } readout)
            model = model with
            { ReadoutWidth = isTransposed && readout.Rank == 2 ? readout.Shape[0] : isTransposed ? 1 : readout.Shape[^1] };
        return new PointSizes(described.Specification with { Model = model }, readsIdentifiers ? Rows(embedding) ?? 1 : null);

        bool Missing(string key) => !described.Given.Contains(key);

        NdArray? First(string part) =>
            matrices.FirstOrDefault(pair => pair.Key == part || pair.Key.EndsWith($".{part}", StringComparison.Ordinal)).Value;

        // The heads stand side by side in the matrices of blocks.
        int? OfHead(string part) => isTransposed ? Rows(First(part))
            : Columns(First(part)) is int columns
                && matrices.ContainsKey($"blocks.0.{part}") ? (columns % heads == 0 ? columns / heads : null)
            : Columns(First(part));
    }

    /// <summary>What the data give the model.</summary>
    public DataForm Form(PointData data) =>
        new(
            Identifiers is null ? TransformerInput.Arrays : TransformerInput.Identifiers, Identifiers ?? data.Inputs.Columns, data.Tokens,
            data.Targets.Columns);

    private static int? Depth(IEnumerable<string> names)
    {
        int[] blocks = [.. from name in names
                           let parts = name.Split('.', 3)
                           where parts.Length == 3 && parts[0] == "blocks"
                               && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int block)
                               && block < ParameterNames.MostLayers
                           select int.Parse(parts[1], CultureInfo.InvariantCulture)];
        return blocks.Length > 0 ? blocks.Max() + 1 : null;
    }

    private static int? Columns(NdArray? matrix) => matrix?.Shape[^1];

    private static int? Rows(NdArray? matrix) => matrix is { Rank: 2 } ? matrix.Shape[0] : null;
}

/// <summary>What is wrong with a matrix that a model does not have, in words.</summary>
internal static class UnknownMatrix
{
    // The ends of names, and what would make the model have such a matrix.
    private static readonly (string End, string Remedy)[] s_parts =
    [
        ("norm_gain", "a norm other than none, finalNorm and normParameters"),
        ("norm_shift", "normKind=layer where something is normalised"),
        ("readout_bias", "readoutBias"), ("_bias", "bias"), ("readout", "readout"), ("output", "outputMatrix"), ("embedding", "embedding"),
        ("position", "positions=learned"), ("ffn_in", "ffnWidth"), ("ffn_out", "ffnWidth"),
    ];

    public static string Explain(string name, ParameterLayout layout)
    {
        if (name.EndsWith(".weight", StringComparison.Ordinal) && layout.Blocks.Any(block => block.Name == name[..^7]))
            return $"unknown matrix. Did you mean '{name[..^7]}'? The weight of a torch.nn.Linear is [out, in]; write its transpose.";
        string? remedy = s_parts.FirstOrDefault(part => name.EndsWith(part.End, StringComparison.Ordinal)).Remedy;
        string hint = Suggestion.For(name, layout.Blocks.Select(block => block.Name));
        return $"the model of config has no such matrix.{(remedy is not null ? $" It would with {remedy}." : hint)}";
    }
}
