using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>Reads <c>key=value</c> words of a command line as settings: <c>depth=2</c>,
/// <c>model.depth=2</c>, <c>spectraAt=[0,last]</c>, <c>path='my file.txt'</c>.</summary>
internal static class OverrideSettings
{
    /// <summary>Reads one word: a setting, or what is wrong with it.</summary>
    public static Setting? Read(string word, KeyResolver resolver, out Problem? problem)
    {
        string location = $"command line: '{Shown.Of(word)}'";
        problem = null;
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            string hint = resolver.Find(word, out _) is { } meant ? $" Did you mean '{meant.Name}=…'?" : "";
            problem = new(location, $"must have the form key=value.{hint}");
            return null;
        }

        if (resolver.Find(word[..equals].Trim(), out string unknown) is not { } key)
        {
            problem = new(location, unknown);
            return null;
        }

        SettingValue? value = ReadValue(word[(equals + 1)..].Trim(), out string? wrong);
        if (wrong is not null)
            problem = new(location, $"{key.Name} {wrong}");
        return value is null ? null : new(key, value, location);
    }

    private static SettingValue? ReadValue(string text, out string? wrong)
    {
        wrong = null;
        if (text.Length == 0)
            wrong = "has no value; leave the word out to take the default.";
        else if (text[0] == '[')
            return ReadList(text, out wrong);
        return wrong is null ? ReadScalar(text) : null;
    }

    private static SettingValue? ReadList(string text, out string? wrong)
    {
        wrong = null;
        if (text[^1] != ']' || text.Length < 2)
            wrong = "is a list that does not end with ']'.";
        else if (text.AsSpan(1, text.Length - 2).ContainsAny('[', ']'))
            wrong = "must be a flat list: an element is a number or a word.";
        if (wrong is not null)
            return null;
        string inside = text[1..^1].Trim();
        string[] items = inside.Length == 0 ? [] : inside.Split(',', StringSplitOptions.TrimEntries);
        if (items.Contains(""))
            wrong = "is a list with an empty element.";
        return wrong is null ? SettingValue.List([.. items.Select(ReadScalar)]) : null;
    }

    private static SettingValue ReadScalar(string text) =>
        text.Length >= 2 && text[0] is '\'' or '"' && text[^1] == text[0] ? new(text[1..^1], IsQuoted: true) : new(text, IsQuoted: false);
}
