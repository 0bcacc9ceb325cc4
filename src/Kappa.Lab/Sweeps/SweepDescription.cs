using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Kappa.Lab.Sweeps;

/// <summary>A sweep as written, before it is expanded: what all runs share,
/// the axes, the rules. Collects every problem with its place.</summary>
internal sealed class SweepDescription(string name, KeyResolver resolver, List<Problem> problems, int limit)
{
    // Of one word's values; no more problems than that are shown in all.
    private const int MostRefused = 100;

    private static readonly string[] Sections = ["base", "grid", "zip", "seeds", "derived", "where", "exclude"];

    public List<Setting> Base { get; } = [];

    public List<SweepAxis> Axes { get; } = [];

    public List<SweepRule> Derived { get; } = [];

    public List<SweepRule> Where { get; } = [];

    public List<SweepRule> Exclude { get; } = [];

    /// <summary>Settings that found no place, because their axis cannot be formed: their values are checked like all others.</summary>
    public List<Setting> Unplaced { get; } = [];

    /// <summary>What could not be read.</summary>
    public SweepGaps Gaps { get; } = new();

    /// <summary>Reads the file's mapping.</summary>
    public void Read(YamlMappingNode root)
    {
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            switch ((key as YamlScalarNode)?.Value)
            {
                case "base": ReadKeys(value, "", (known, node) => Add(Base, One(known, node))); break;
                case "grid": ReadKeys(value, "", (known, node) => AddAxis([known], [() => Many(known, node)], node)); break;
                case "zip": ReadZip(value); break;
                case "seeds": Seeds(value); break;
                case "derived": ReadKeys(value, "", Derive); break;
                case "where": AddRules(Where, value); break;
                case "exclude": AddRules(Exclude, value); break;
                case var other:
                    problems.Add(
                        new(
                            At(key),
                            $"unknown section '{Shown.Of(other ?? "")}'.{Suggestion.For(other ?? "", Sections)} A sweep has "
                                + $"{string.Join(", ", Sections)}."));
                    Gaps.AddSection();
                    break;
            }
        }
    }

    /// <summary>Reads a word of the command line: one value replaces what the file says of the key, several make an axis of it.</summary>
    public void Override(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string text = equals < 0 ? "" : word[(equals + 1)..];
        string location = $"command line: '{Shown.Of(word)}'";
        if (equals >= 0 && resolver.Find(word[..equals].Trim(), out string unknown) is null)
        {
            problems.Add(new(location, unknown));
            Gaps.AddKey();
            return;
        }

        IReadOnlyList<string> parts = SweepValues.Range(text, limit, out string? wrong) ?? SweepValues.Split(text);
        if (wrong is not null)
            problems.Add(new(location, wrong));
        var settings = new List<Setting>();
        bool isRead = wrong is null;
        int refused = 0;
        foreach (string part in parts)
        {
            Setting? setting = OverrideSettings.Read(equals < 0 ? word : $"{word[..equals]}={part}", resolver, out Problem? problem);
            isRead &= setting is not null;
            if (problem is not null && ++refused > MostRefused)
                break;
            if (problem is not null)
                problems.Add(problem with { Location = parts.Count == 1 ? location : problem.Location });
            if (setting is not null)
                settings.Add(setting with { Location = location });
        }

        if (isRead)
            Replace(settings);
        else
            LeaveOut(equals < 0 ? null : resolver.Find(word[..equals].Trim(), out _), settings);
    }

    private void LeaveOut(SpecificationKey? key, IReadOnlyList<Setting> settings)
    {
        Unplaced.AddRange(settings);
        if (key is null)
            Gaps.AddKey();
        else
            Gaps.Add(key.Path);
    }

    private void Replace(List<Setting> settings)
    {
        SpecificationKey key = settings[0].Key;
        if (settings[0].Location.StartsWith("command line", StringComparison.Ordinal)
            && Settings(key).FirstOrDefault(set => set.Location.StartsWith("command line", StringComparison.Ordinal)) is { } first)
        {
            problems.Add(new(settings[0].Location, $"{key.Name} is given twice; the first is at {first.Location}."));
            LeaveOut(key, settings);
            return;
        }

        _ = Base.RemoveAll(setting => setting.Key == key);
        _ = Derived.RemoveAll(rule => rule.Key == key);
        if (Axes.Find(axis => axis.Keys.Count > 1 && axis.Keys.Contains(key)) is not null)
        {
            problems.Add(new(settings[0].Location, $"{key.Name} is zipped with other keys in the file; change it there."));
            LeaveOut(key, settings);
            return;
        }

        _ = Axes.RemoveAll(axis => axis.Keys.Count == 1 && axis.Keys[0] == key);
        if (settings.Count == 1)
            Base.Add(settings[0]);
        else
            Axes.Add(new([key], [.. settings.Select(setting => new[] { setting })]));
    }

    private IEnumerable<Setting> Settings(SpecificationKey key) =>
        Base.Concat(Axes.SelectMany(axis => axis.Points[0])).Where(setting => setting.Key == key);

    private void ReadKeys(YamlNode node, string group, Action<SpecificationKey, YamlNode> use)
    {
        if (node is not YamlMappingNode mapping)
        {
            problems.Add(new(At(node), "must be a mapping of keys, for example {depth: 2}."));
            Gaps.AddKey();
            return;
        }

        bool isCut = false;
        foreach ((YamlNode keyNode, YamlNode value) in mapping.Children)
        {
            string written = Text(keyNode);

            // The rest of a value that a comma has cut.
            if (isCut && OpenBrackets(written) < 0)
                continue;
            isCut = mapping.Style == MappingStyle.Flow && RefuseCut(value);
            if (isCut)
                Gaps.AddKey();
            else if (group.Length == 0 && value is YamlMappingNode && resolver.Groups.Contains(written))
                ReadKeys(value, written, use);
            else if (
                (group.Length == 0 ? resolver.Find(written, out string problem) : resolver.FindIn(group, written, out problem)) is { } key)
                use(key, value);
            else
            {
                problems.Add(new(At(keyNode), problem));
                Gaps.AddKey();
            }
        }
    }

    private void ReadZip(YamlNode node)
    {
        int before = problems.Count;
        var keys = new List<SpecificationKey>();
        var columns = new List<Func<IReadOnlyList<Setting>>>();
        ReadKeys(node, "", (key, value) =>
        {
            keys.Add(key);
            columns.Add(() => Many(key, value));
        });
        if (keys.Count > 0)
            AddAxis(keys, columns, node);
        else if (problems.Count == before)
            problems.Add(new(At(node), "zip has no keys. Remove it or list keys."));
    }

    private void Seeds(YamlNode node)
    {
        SpecificationKey key = resolver.Find("seed", out _)!;
        AddAxis([key], [() => Many(key, node)], node);
    }

    private void AddAxis(List<SpecificationKey> keys, List<Func<IReadOnlyList<Setting>>> read, YamlNode node)
    {
        int before = problems.Count;
        List<IReadOnlyList<Setting>> columns = [.. read.Select(column => column())];
        bool isRead = problems.Count == before;
        if (isRead
            && keys.Zip(columns).Where(pair => pair.Second.Count == 0).Select(pair => pair.First.Name).ToArray() is { Length: > 0 } empty)
            problems.Add(new(At(node), $"{string.Join(", ", empty)} has no values: an empty grid has no runs. Remove it or list values."));
        else if (isRead && columns.Any(column => column.Count != columns[0].Count))
            problems.Add(
                new(
                    At(node),
                    $"zipped keys must have equally many values but have "
                        + $"{string.Join(", ", keys.Zip(columns, (key, column) => $"{key.Name}: {column.Count}"))}."));
        if (problems.Count == before)
            Axes.Add(new(keys, [.. Enumerable.Range(0, columns[0].Count).Select(k => columns.Select(column => column[k]).ToArray())]));
        else
        {
            for (int k = 0; k < keys.Count; k++)
                LeaveOut(keys[k], columns[k]);
        }
    }

    private List<Setting> Many(SpecificationKey key, YamlNode node)
    {
        if (node is YamlSequenceNode list)
            return [.. list.Children.SelectMany(item => One(key, item))];
        IReadOnlyList<string>? range = SweepValues.Range(Text(node), limit, out string? wrong);
        if (wrong is not null)
            problems.Add(new(At(node), wrong));
        return range is null ? One(key, node) : [.. range.Select(text => new Setting(key, new(text, false), At(node)))];
    }

    private List<Setting> One(SpecificationKey key, YamlNode node)
    {
        if (node is YamlScalarNode scalar)
            return [new(key, Value(scalar), At(node))];
        if (node is YamlSequenceNode list && list.Children.All(item => item is YamlScalarNode))
            return [new(key, SettingValue.List([.. list.Children.Select(item => Value((YamlScalarNode)item))]), At(node))];
        problems.Add(new(At(node), $"{key.Name} must be a value or a flat list."));
        Gaps.Add(key.Path);
        return [];
    }

    private void Derive(SpecificationKey key, YamlNode node)
    {
        if (IsExpression(node, "4*width"))
            Derived.Add(new(Text(node), At(node), key));
        else
            Gaps.Add(key.Path);
    }

    private void AddRules(List<SweepRule> rules, YamlNode node)
    {
        bool isCut = false;
        foreach (YamlNode item in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (isCut && OpenBrackets(Text(item)) < 0)
                continue;
            isCut = node is YamlSequenceNode { Style: SequenceStyle.Flow } && RefuseCut(item);
            if (!isCut && IsExpression(item, "width >= depth"))
                rules.Add(new(Text(item), At(item)));
            else
                Gaps.AddRule();
        }
    }

    private bool IsExpression(YamlNode node, string example)
    {
        bool isWritten = Text(node).Length > 0;
        if (!isWritten)
            problems.Add(
                new(
                    At(node),
                    $"must be an expression, such as '{example}', but is "
                        + $"{(node is YamlScalarNode ? "empty" : node is YamlMappingNode ? "a mapping" : "a list")}."));
        return isWritten;
    }

    private bool RefuseCut(YamlNode node)
    {
        bool isCut = node is YamlScalarNode { Style: ScalarStyle.Plain } && OpenBrackets(Text(node)) > 0;
        if (isCut)
            problems.Add(
                new(
                    At(node),
                    $"'{Shown.Of(Text(node))}' has a bracket that is not closed: inside {{ }} and [ ] YAML ends a value at a comma. Put "
                        + $"the value in quotes."));
        return isCut;
    }

    private static int OpenBrackets(string text) => text.Count(letter => letter == '(') - text.Count(letter => letter == ')');

    private static void Add(List<Setting> settings, List<Setting> more) => settings.AddRange(more);

    private static SettingValue Value(YamlScalarNode node) => new(node.Value ?? "", node.Style != ScalarStyle.Plain);

    private static string Text(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";

    private string At(YamlNode node) => $"{name}:{node.Start.Line}:{node.Start.Column}";
}
