using System.Text.Json;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The parts of a point file as they stand in it: syntax, nesting and numbers
/// are checked, what they mean is not. A part that was reported is null.</summary>
internal sealed class PointDocument
{
    /// <summary>The keys of a file; <c>expected</c> is what another program says the answer is, and is passed over.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["name", "config", "trained", "inputs", "targets", "parameters", "expected"];

    /// <summary>The keys that the file has.</summary>
    public HashSet<string> Present { get; } = new(StringComparer.Ordinal);

    public string? Name { get; set; }

    public JsonElement? Config { get; set; }

    public JsonElement? Trained { get; set; }

    /// <summary>[N, n, d].</summary>
    public NdArray? Inputs { get; set; }

    /// <summary>[N, n, d_out].</summary>
    public NdArray? Targets { get; set; }

    /// <summary>The matrices of the file by name; null for one that was reported.
    /// Names are possible ones, but not necessarily of this model.</summary>
    public Dictionary<string, NdArray?> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether <c>parameters</c> is an object at all; if not, that was reported and nothing is missing in it.</summary>
    public bool HasParameters { get; set; }
}

/// <summary>Reads a point file's JSON from its first byte to its last.</summary>
/// <param name="text">The file, with the words that are no JSON replaced (see <see cref="NonFiniteWords"/>).</param>
/// <param name="problems">Told what is wrong.</param>
internal ref struct PointParser(byte[] text, ProblemList problems)
{
    // What is neither data nor weights is a page of text.
    private const int MostSmallBytes = 1 << 20;
    private const string OneMatrix = "[rows, columns]";

    private readonly byte[] _text = text;
    private readonly ProblemList _problems = problems;
    private readonly PointDocument _document = new();
    private Utf8JsonReader _json = new(text);
    private string _place = "";
    private NumberArrayReader? _array;

    /// <summary>Reads the file.</summary>
    /// <returns>Its parts, or null when its syntax is broken, which was reported: what was not read is then not missing.</returns>
    public PointDocument? Parse()
    {
        try
        {
            return ParseObject() ? _document : null;
        }
        catch (JsonException failure)
        {
            long line = failure.LineNumber ?? 0;
            _problems.Add(
                Where(),
                $"the file must be JSON but is not at line {line + 1}, byte {(failure.BytePositionInLine ?? 0) + 1}: "
                    + $"{Reason(failure.Message)}");
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: valid JSON, and no text.
            _problems.Add(Where(), "has a text that is not valid Unicode. Write names in letters.");
        }

        return null;
    }

    private bool ParseObject()
    {
        _ = _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            _problems.Add("", $"a point must be a JSON object with {string.Join(", ", Required)} but is {FoundKind.Of(ref _json)}.");
            return false;
        }

        while (NextKey(PointDocument.Keys, _document.Present, "") is { } key)
            ReadPart(key);

        // Reading on finds anything but blanks after the object.
        _ = _json.Read();
        return true;
    }

    internal static IReadOnlyList<string> Required { get; } = ["config", "inputs", "targets", "parameters"];

    private void ReadPart(string key)
    {
        switch (key)
        {
            case "name": _document.Name = ReadName(); break;
            case "config": _document.Config = ReadSmall(); break;
            case "trained": _document.Trained = ReadSmall(); break;
            case "inputs": _document.Inputs = ReadArray("[N, n, d]", 3); break;
            case "targets": _document.Targets = ReadArray("[N, n, d_out]", 3); break;
            case "parameters": ReadParameters(); break;
            default: _json.Skip(); break;
        }
    }

    private void ReadParameters()
    {
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            _problems.Add(_place, $"must be an object of matrices by name but is {FoundKind.Of(ref _json)}.");
            _json.Skip();
            return;
        }

        _document.HasParameters = true;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextKey(null, seen, "parameters.") is { } name)
            _document.Parameters[name] = ReadArray(OneMatrix, 2);
    }

    private NdArray? ReadArray(string axes, int rank)
    {
        _array = new NumberArrayReader(_place, axes, rank, _problems);
        NdArray? array = _array.Read(ref _json);
        _array = null;
        return array;
    }

    private string? ReadName()
    {
        if (_json.TokenType == JsonTokenType.String)
            return Shown.Of(_json.GetString()!);
        _problems.Add(_place, $"must be a text but is {FoundKind.Of(ref _json)}.");
        _json.Skip();
        return null;
    }

    private JsonElement? ReadSmall()
    {
        int start = (int)_json.TokenStartIndex;
        SkipReadingTexts();
        int length = (int)_json.BytesConsumed - start;
        if (length > MostSmallBytes)
        {
            _problems.Add(_place, $"must have at most {MostSmallBytes} bytes but has {length}.");
            return null;
        }

        using var document = JsonDocument.Parse(_text.AsMemory(start, length));
        return document.RootElement.Clone();
    }

    // A text that cannot be read as one is found here and not where its meaning is asked for.
    private void SkipReadingTexts()
    {
        int depth = _json.CurrentDepth;
        bool isContainer = _json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        do
        {
            if (_json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                _ = _json.GetString();
        }
        while (isContainer && _json.Read() && _json.CurrentDepth > depth);
    }

    /// <summary>The next key of the object that is worth reading, the reader being
    /// at the first token of its value; null at the end of the object.</summary>
    private string? NextKey(IReadOnlyList<string>? known, HashSet<string> seen, string prefix)
    {
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            string key = _json.GetString()!;
            _place = prefix + Shown.Of(key);
            _ = _json.Read();
            if (known is null ? !ParameterNames.IsPossible(key) : !known.Contains(key))
                _problems.Add(
                    _place, () => known is null ? ParameterNames.Unknown(key, null) : $"unknown key.{Suggestion.For(key, known)}");
            else if (!seen.Add(key))
                _problems.Add(_place, "is given twice. Remove one.");
            else
                return key;
            _json.Skip();
        }

        _place = "";
        return null;
    }

    private readonly string Where() => _array is null ? _place : _array.Place(3);

    // The runtime's message repeats the place after its first sentence.
    private static string Reason(string message) =>
        message.Contains("reached end of data", StringComparison.Ordinal) || message.Contains("any JSON tokens", StringComparison.Ordinal)
            ? "it ends too early. Was it written to its end?"
            : $"{Shown.Of(message.Split(". ", 2)[0].TrimEnd('.'))}. Write it with a JSON library.";
}
