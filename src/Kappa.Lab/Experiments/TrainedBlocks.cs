using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>Which parameter blocks descend: <c>all</c>, or a list of kinds (<c>value</c>, in every layer) and block names (<c>blocks.0.value</c>).</summary>
/// <param name="Entries">Kinds and names; <see langword="null"/> means all.</param>
public sealed record TrainedBlocks(ValueList<string>? Entries)
{
    /// <summary>Every block.</summary>
    public static TrainedBlocks All { get; } = new((ValueList<string>?)null);

    internal static IReadOnlyList<string> Kinds { get; } = ["query", "key", "value", "ffnIn", "ffnOut", "readout", "output", "embedding", "position", "normGain", "normShift"];

    /// <summary>Some blocks.</summary>
    /// <param name="entries">Kinds (<c>query, key, value, ffnIn, ffnOut, readout</c>) and block names.</param>
    public static TrainedBlocks Of(params string[] entries) => new(new ValueList<string>(entries));

    /// <summary>The names of the trained blocks of <paramref name="model"/>, in the order of its parameters.</summary>
    /// <param name="model">Depth and readout decide which blocks there are.</param>
    public IReadOnlyList<string> Names(ModelSpecification model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. Blocks(model).Where(block => Entries is null || Entries.Contains(block.Kind) || Entries.Contains(block.Name)).Select(block => block.Name)];
    }

    /// <summary>The same set as the model takes it.</summary>
    /// <param name="model">Depth and readout decide which blocks there are.</param>
    public TrainedSet ToTrainedSet(ModelSpecification model) => Entries is null ? TrainedSet.All : TrainedSet.OfNames([.. Names(model)]);

    /// <summary>Kinds that are trained in every layer first, then the remaining names; <see cref="All"/> when nothing is left out.</summary>
    internal TrainedBlocks Canonical(ModelSpecification model)
    {
        var trained = Names(model).ToHashSet(StringComparer.Ordinal);
        (string Kind, string Name)[] blocks = [.. Blocks(model)];
        if (Entries is null || trained.Count == blocks.Length)
            return All;
        HashSet<string> whole = [.. Kinds.Where(kind => blocks.Any(b => b.Kind == kind) && blocks.Where(b => b.Kind == kind).All(b => trained.Contains(b.Name)))];
        return new(new ValueList<string>(Kinds.Where(whole.Contains).Concat(blocks.Where(b => trained.Contains(b.Name) && !whole.Contains(b.Kind)).Select(b => b.Name))));
    }

    /// <summary>What is wrong with the entries for this model, each a sentence without its location.</summary>
    internal IEnumerable<string> Problems(ModelSpecification model)
    {
        if (Entries is null)
            yield break;
        if (Entries.Count == 0)
            yield return "trained must name at least one block but is empty.";
        (string Kind, string Name)[] blocks = [.. Blocks(model)];
        foreach (IGrouping<string, string> entry in Entries.GroupBy(entry => entry, StringComparer.Ordinal))
        {
            if (entry.Count() > 1)
                yield return $"trained lists '{Shown.Of(entry.Key)}' {entry.Count()} times; once is enough.";
            if (!blocks.Any(block => block.Kind == entry.Key || block.Name == entry.Key))
                yield return Absent(entry.Key, model, blocks);
        }
    }

    private static string Absent(string entry, ModelSpecification model, (string Kind, string Name)[] blocks)
    {
        if (entry == "readout" && model.Kind == ModelKind.Residual)
            return "trained lists 'readout' but the model has none: set readoutWidth.";
        string hint = Suggestion.For(entry, [.. model.Kind == ModelKind.Residual ? Kinds : blocks.Select(block => block.Kind), .. blocks.Select(block => block.Name)]);
        return $"trained lists '{Shown.Of(entry)}', which is neither a kind ({string.Join(", ", Kinds.Where(kind => (kind == "readout" && model.Kind == ModelKind.Residual) || blocks.Any(block => block.Kind == kind)))}) nor a block of {(model.Kind is ModelKind.Residual or ModelKind.Classifier ? $"a model of depth {model.Depth}" : "this model")}.{hint}";
    }

    private static IEnumerable<(string Kind, string Name)> Blocks(ModelSpecification model) => model.Kind switch
    {
        ModelKind.Residual => ResidualBlocks(model),
        ModelKind.KernelAttention => Enumerable.Range(0, model.Heads).SelectMany(head => HeadBlocks.Select(kind => (kind, $"heads.{head}.{kind}"))),
        ModelKind.ShallowEncoder => EncoderBlocks.Select(kind => (kind, kind)),
        _ =>
        [
            ("embedding", "embedding"), ("position", "position"),
            .. Enumerable.Range(0, model.Depth).SelectMany(layer => ClassifierBlocks.Select(block => (block.Kind, $"blocks.{layer}.{block.Name}"))),
            ("normGain", "final_norm_gain"), ("normShift", "final_norm_shift"), ("readout", "readout"),
        ],
    };

    private static IEnumerable<(string Kind, string Name)> ResidualBlocks(ModelSpecification model)
    {
        for (int layer = 0; layer < model.Depth; layer++)
        {
            foreach ((string kind, string name) in LayerBlocks)
                yield return (kind, $"blocks.{layer}.{name}");
        }

        if (model.ReadoutWidth is not null)
            yield return ("readout", "readout");
    }

    private static readonly (string Kind, string Name)[] LayerBlocks =
        [("query", "query"), ("key", "key"), ("value", "value"), ("ffnIn", "ffn_in"), ("ffnOut", "ffn_out")];

    private static readonly string[] HeadBlocks = ["query", "key", "value", "output"];

    private static readonly string[] EncoderBlocks = ["query", "key", "value", "readout"];

    private static readonly (string Kind, string Name)[] ClassifierBlocks =
    [
        ("normGain", "attention_norm_gain"), ("normShift", "attention_norm_shift"), ("query", "query"), ("key", "key"), ("value", "value"), ("output", "output"),
        ("normGain", "ffn_norm_gain"), ("normShift", "ffn_norm_shift"), ("ffnIn", "ffn_in"), ("ffnOut", "ffn_out"),
    ];
}
