using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Kappa.Lab.Sweeps;

/// <summary>An axis: keys that take their values together, the k-th of each in the k-th run.</summary>
internal sealed record SweepAxis(IReadOnlyList<SpecificationKey> Keys, IReadOnlyList<IReadOnlyList<Setting>> Points);

/// <summary>An expression and where it stands; with a key its value goes there.</summary>
internal sealed record SweepRule(string Expression, string Location, SpecificationKey? Key = null);

/// <summary>The YAML tree of a sweep, with the position of everything. Anchors,
/// aliases, tags and deep nesting are refused before anything is built.</summary>
internal static class SweepText
{
    private const int DeepestNesting = 16;

    /// <summary>The root mapping, or null for an empty text.</summary>
    public static YamlMappingNode? Load(string name, string text, List<Problem> problems)
    {
        try
        {
            RefuseTricks(text);
            var stream = new YamlStream();
            stream.Load(new GuardedParser(text));
            if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" })
                return null;
            if (stream.Documents is [{ RootNode: YamlMappingNode root }])
                return root;
            problems.Add(new(name, "a sweep is one YAML mapping with base, grid, zip, seeds, derived, where, exclude."));
        }
        catch (YamlException error)
        {
            problems.Add(
                new(
                    $"{name}:{error.Start.Line}:{error.Start.Column}",
                    $"not valid YAML: {Shown.Of(error.Message.TrimEnd('.'), Shown.Sentence)}."));
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            problems.Add(new(name, "not valid YAML; is a bracket or quote open?"));
        }

        return null;
    }

    // Loading follows nesting by recursion, so its depth is checked by the flat events first.
    private static void RefuseTricks(string text)
    {
        var parser = new GuardedParser(text);
        int depth = 0;
        while (parser.MoveNext())
        {
            ParsingEvent next = parser.Current!;
            depth += next.NestingIncrease;
            if (depth > DeepestNesting)
                throw new YamlException(next.Start, next.End, $"must have at most {DeepestNesting} levels but has more");
            if (next is AnchorAlias or NodeEvent { Anchor.IsEmpty: false } or NodeEvent { Tag.IsEmpty: false })
                throw new YamlException(next.Start, next.End, "anchors, aliases and tags are refused; write the value out");
        }
    }
}
