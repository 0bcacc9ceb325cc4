using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>Which parameter blocks descend: <c>all</c>, or a list of kinds
/// (<c>value</c>, in every layer) and block names (<c>blocks.0.value</c>).</summary>
/// <param name="Entries">Kinds and names; <see langword="null"/> means all.</param>
public sealed record TrainedBlocks(ValueList<string>? Entries)
{
    /// <summary>Every block.</summary>
    public static TrainedBlocks All { get; } = new((ValueList<string>?)null);

    internal static IReadOnlyList<string> Kinds { get; } =
    [
        "query", "key", "value", "ffnIn", "ffnOut", "readout", "output", "embedding", "position", "normGain", "normShift",
        "queryBias", "keyBias", "valueBias", "outputBias", "ffnInBias", "ffnOutBias", "readoutBias",
    ];

    /// <summary>Some blocks.</summary>
    /// <param name="entries">Kinds (<c>query, key, value, ffnIn, ffnOut, readout</c>) and block names.</param>
    public static TrainedBlocks Of(params string[] entries) => new(new ValueList<string>(entries));

    /// <summary>The names of the trained blocks of <paramref name="model"/>, in the order of its parameters.</summary>
    /// <param name="model">Depth and readout decide which blocks there are.</param>
    public IReadOnlyList<string> Names(ModelSpecification model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [
            .. Blocks(model).Where(block => Entries is null || Entries.Contains(block.Kind) || Entries.Contains(block.Name))
                .Select(block => block.Name)];
    }

    /// <summary>The same set as the model takes it.</summary>
    /// <param name="model">Depth and readout decide which blocks there are.</param>
    public TrainedSet ToTrainedSet(ModelSpecification model) => Entries is null ? TrainedSet.All : TrainedSet.OfNames([.. Names(model)]);

    /// <summary>Kinds that are trained in every layer first, then the
    /// remaining names; <see cref="All"/> when nothing is left out.</summary>
    internal TrainedBlocks Canonical(ModelSpecification model)
    {
        if (Entries is null)
            return All;
        var trained = Names(model).ToHashSet(StringComparer.Ordinal);
        (string Kind, string Name)[] blocks = [.. Blocks(model)];
        if (trained.Count == blocks.Length)
            return All;
        HashSet<string> whole = [
            .. Kinds.Where(kind =>
                blocks.Any(b => b.Kind == kind) && blocks.Where(b => b.Kind == kind).All(b => trained.Contains(b.Name)))];
        return new(
            new ValueList<string>(
                Kinds.Where(whole.Contains).Concat(
                    blocks.Where(b => trained.Contains(b.Name) && !whole.Contains(b.Kind)).Select(b => b.Name))));
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
        string[] kinds = [
            .. Kinds.Where(kind => (kind == "readout" && model.Kind == ModelKind.Residual) || blocks.Any(block => block.Kind == kind))];
        string hint = Suggestion.For(entry, [.. kinds, .. blocks.Select(block => block.Name)]);
        return $"trained lists '{Shown.Of(entry)}', which is neither a kind ({string.Join(", ", kinds)}) nor a block of "
            + $"{(model.Kind is ModelKind.Residual or ModelKind.Classifier ? $"a model of depth {model.Depth}" : "this model")}.{hint}";
    }

    // A readout has at least one column, whatever the data.
    private static IEnumerable<(string Kind, string Name)> Blocks(ModelSpecification model) =>
        from parameter in model.ToTransformerShape(DataForm.OfTokens(1) with { Outputs = 1 }).ParameterNames()
        select (Word(parameter.Kind), parameter.Name);

    private static string Word(ParameterKind kind) => $"{char.ToLowerInvariant(kind.ToString()[0])}{kind.ToString()[1..]}";
}
