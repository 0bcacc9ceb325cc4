using System.Text;
using System.Text.Json;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Reads nested JSON lists of numbers of a known number of axes; reports the first thing
/// that is wrong with their nesting or lengths and the first number that is not finite.</summary>
/// <param name="place">Where the array stands in the file, for example <c>parameters.blocks.0.query</c>.</param>
/// <param name="axes">The names of its axes, for example <c>[d, d_k]</c>.</param>
/// <param name="rank">Number of axes.</param>
/// <param name="problems">Told what is wrong.</param>
internal sealed class NumberArrayReader(string place, string axes, int rank, ProblemList problems)
{
    private readonly List<double> _values = [];
    private readonly int[] _index = new int[rank];
    private readonly int[] _lengths = [.. Enumerable.Repeat(-1, rank)];
    private bool _isBroken;
    private int _nonFinite;
    private string _firstNonFinite = "";
    private string _firstValue = "";

    /// <summary>Where in the array the reader is, for a message about the file's syntax.</summary>
    public string Place(int axis) => place + string.Concat(_index.Take(axis).Select(k => $"[{k}]"));

    /// <summary>Reads the value that begins at the reader's token and leaves the reader at its last token.</summary>
    /// <returns>The array, or null when it was reported.</returns>
    public NdArray? Read(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.StartArray)
            ReadAxis(ref json, 0);
        else
            Refuse(ref json, 0);
        if (_isBroken)
            return null;
        if (_lengths.Contains(0))
            problems.Add(
                place,
                $"must be {axes} with no axis of length 0 but has shape "
                    + $"{NdArray.Describe([.. _lengths.TakeWhile(length => length >= 0)])}.");
        else if (_nonFinite > 0)
            problems.Add(_firstNonFinite, NonFiniteMessage(_firstValue, _nonFinite));
        else
            return new NdArray(_lengths, [.. _values]);
        return null;
    }

    /// <summary>What is said of a number that is not finite, in an array where <paramref name="count"/> are not.</summary>
    public static string NonFiniteMessage(string found, int count) =>
        $"must be a finite number but is {found}{(count > 1 ? $", the first of {count}" : "")}. Take a point from before training went "
            + $"wrong.";

    private void ReadAxis(ref Utf8JsonReader json, int axis)
    {
        int count = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            _index[axis] = count++;
            if (axis == rank - 1)
                ReadNumber(ref json);
            else if (json.TokenType == JsonTokenType.StartArray)
                ReadAxis(ref json, axis + 1);
            else
                Refuse(ref json, axis + 1);
        }

        if (_lengths[axis] < 0)
            _lengths[axis] = count;
        else if (count != _lengths[axis] && !_isBroken)
            Break(
                axis,
                $"must have {_lengths[axis]} elements, as {place}{string.Concat(Enumerable.Repeat("[0]", axis))} has, but has {count}. "
                    + $"All must be equally long: {axes}.");
    }

    private void ReadNumber(ref Utf8JsonReader json)
    {
        bool isNumber = json.TokenType == JsonTokenType.Number;
        double value = isNumber ? json.GetDouble() : double.NaN;
        if (double.IsFinite(value))
        {
            if (!_isBroken)
                _values.Add(value);
        }
        else if (isNumber || NonFiniteWords.IsOne(ref json))
        {
            if (_nonFinite++ == 0)
                (_firstNonFinite, _firstValue) = (
                    Place(rank),
                    isNumber
                        ? $"{Shown.Of(Encoding.UTF8.GetString(json.ValueSpan))}, beyond the largest double"
                        : NonFiniteWords.Original(json.ValueSpan.Length));
        }
        else
        {
            Refuse(ref json, rank);
        }
    }

    private void Refuse(ref Utf8JsonReader json, int axis)
    {
        if (!_isBroken)
        {
            string wanted = axis == rank ? "a number" : axis == 0 ? $"lists of numbers of shape {axes}" : "a list";
            Break(axis, $"must be {wanted} but is {FoundKind.Of(ref json)}{(axis == 0 ? "" : $"; {place} is {axes}")}.");
        }

        json.Skip();
    }

    // One fault of nesting is usually that of every row: only the first is made into a message.
    private void Break(int axis, string message)
    {
        problems.Add(Place(axis), message);
        _isBroken = true;
        _values.Clear();
    }
}
