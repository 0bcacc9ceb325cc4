using Kappa.Lab.Formats;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kappa.Lab.Specifications;

/// <summary>Reads a YAML text as settings: a mapping of groups of keys, keys also at top level; values are scalars or flat lists.</summary>
/// <remarks>
/// It follows the events of the parser, so nothing is built that the text does not spell out: anchors, aliases and tags are refused,
/// nesting ends early. A syntax error ends the reading; what was found before it is still reported.
/// </remarks>
internal sealed class YamlSettings
{
    private const int DeepestNesting = 16;

    private readonly string _name;
    private readonly KeyResolver _resolver;
    private readonly string _text;
    private readonly List<Setting> _settings = [];
    private readonly List<Problem> _problems = [];
    private readonly Dictionary<string, string> _groupLocations = new(StringComparer.Ordinal);

    private GuardedParser? _parser;

    private YamlSettings(string name, string text, KeyResolver resolver) => (_name, _text, _resolver) = (name, text, resolver);

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="name">Name of the file, for locations.</param>
    /// <param name="text">Its content.</param>
    /// <param name="resolver">Finds keys.</param>
    public static (IReadOnlyList<Setting> Settings, IReadOnlyList<Problem> Problems) Read(string name, string text, KeyResolver resolver)
    {
        var reading = new YamlSettings(name, text, resolver);
        try
        {
            reading.ReadStream();
        }
        catch (YamlException error)
        {
            reading.Report(error.Start, $"not valid YAML: {Shown.Of(error.Message.TrimEnd('.'), Shown.Sentence)}.");
        }

        return (reading._settings, reading._problems);
    }

    private void ReadStream()
    {
        _parser = new GuardedParser(_text);
        int documents = 0;
        for (ParsingEvent next = Next(); next is not StreamEnd; next = Next())
        {
            if (next is DocumentStart && ++documents == 2)
            {
                Report(next.Start, "a specification is one YAML document; remove what follows '---'.");
                return;
            }

            if (next is NodeEvent or AnchorAlias)
                ReadRoot(next);
        }
    }

    private void ReadRoot(ParsingEvent root)
    {
        if (root is Scalar { Value.Length: 0, Style: ScalarStyle.Plain })
            return;
        if (!IsPlain(root))
            Skip(root, problem: null);
        else if (root is MappingStart)
            ReadMapping(group: null);
        else
            Skip(root, "a specification is a mapping of keys to values, for example 'model: {depth: 2}'.");
    }

    private void ReadMapping(string? group)
    {
        for (ParsingEvent next = Next(); next is not MappingEnd; next = Next())
        {
            if (next is not Scalar key || !IsPlain(key))
            {
                Skip(next, "a key must be a word.");
                Skip(Next(), problem: null);
                continue;
            }

            var value = Next();
            if (group is null && (value is MappingStart || _resolver.Groups.Contains(key.Value)) && !_resolver.Knows(key.Value))
                ReadGroup(key, value);
            else
                ReadKey(group, key, value);
        }
    }

    private void ReadGroup(Scalar key, ParsingEvent value)
    {
        if (!IsPlain(value))
            Skip(value, problem: null);
        else if (!_resolver.Groups.Contains(key.Value))
            Skip(value, _resolver.UnknownGroup(key.Value), key.Start);
        else if (!_groupLocations.TryAdd(key.Value, At(key.Start)))
            Skip(value, $"'{key.Value}' is given twice; the first is at {_groupLocations[key.Value]}.", key.Start);
        else if (value is MappingStart)
            ReadMapping(key.Value);
        else if (value is not Scalar { Value.Length: 0, Style: ScalarStyle.Plain })
            Skip(value, $"'{key.Value}' must be a mapping of its keys to values.");
    }

    private void ReadKey(string? group, Scalar name, ParsingEvent value)
    {
        SpecificationKey? key = group is null
            ? _resolver.Find(name.Value, out string problem)
            : _resolver.FindIn(group, name.Value, out problem);
        SettingValue? read = ReadValue(key, value);
        if (key is null)
            Report(name.Start, problem);
        else if (read is not null)
            _settings.Add(new(key, read, At(value.Start)));
    }

    private SettingValue? ReadValue(SpecificationKey? key, ParsingEvent value)
    {
        string name = key is null ? "a value" : key.Name;
        switch (value)
        {
            case var node when !IsPlain(node):
                Skip(node, problem: null);
                return null;
            case Scalar { Style: ScalarStyle.Plain, Value: "" or "~" or "null" } empty:
                Report(empty.Start, $"{name} has no value; remove the key to take the default.");
                return null;
            case Scalar scalar:
                return ToValue(scalar);
            case SequenceStart:
                return ReadList();
            default:
                Skip(value, $"{name} must be a value or a flat list but is a mapping.");
                return null;
        }
    }

    private SettingValue? ReadList()
    {
        var items = new List<SettingValue>();
        bool isFlat = true;
        for (ParsingEvent next = Next(); next is not SequenceEnd; next = Next())
        {
            if (next is Scalar scalar && IsPlain(scalar))
            {
                items.Add(ToValue(scalar));
                continue;
            }

            Skip(next, next is Scalar or AnchorAlias ? null : "a list must be flat: an element is a number or a word.");
            isFlat = false;
        }

        return isFlat ? SettingValue.List(items) : null;
    }

    private static SettingValue ToValue(Scalar scalar) => new(scalar.Value, scalar.Style != ScalarStyle.Plain);

    // Passes over the rest of a node whose first event was read. Deep nesting ends the reading: the scanner's time grows with its square.
    private void Skip(ParsingEvent node, string? problem, Mark? at = null)
    {
        if (problem is not null)
            Report(at ?? node.Start, problem);
        int depth = node.NestingIncrease;
        while (depth > 0)
        {
            ParsingEvent next = Next();
            depth += next.NestingIncrease;
            if (depth > DeepestNesting)
                throw new YamlException(next.Start, next.End, $"a specification has two levels but here are more than {DeepestNesting}");
        }
    }

    private bool IsPlain(ParsingEvent node)
    {
        string? refused = node switch
        {
            AnchorAlias => "aliases ('*name') are refused; write the value out.",
            NodeEvent { Anchor.IsEmpty: false } => "anchors ('&name') are refused; write the value out.",
            NodeEvent { Tag.IsEmpty: false } => "tags ('!type') are refused; the key decides the type.",
            _ => null,
        };
        if (refused is not null)
            Report(node.Start, refused);
        return refused is null;
    }

    private ParsingEvent Next()
    {
        Mark here = _parser!.Current?.End ?? Mark.Empty;
        return _parser.MoveNext() ? _parser.Current! : throw new YamlException(here, here, "the text ends too early");
    }

    private string At(Mark mark) => $"{_name}:{mark.Line}:{mark.Column}";

    private void Report(Mark mark, string message) => _problems.Add(new(At(mark), message));
}
