namespace Kappa.Lab.Specifications;

/// <summary>A value as it was written, before its type is known.</summary>
/// <param name="Text">The characters, without quotes; for a list the list as it is shown in messages.</param>
/// <param name="IsQuoted">Whether it stood in quotes, which makes it text and never a number or a keyword.</param>
/// <param name="Items">The elements when it is a list, otherwise <see langword="null"/>.</param>
internal sealed record SettingValue(string Text, bool IsQuoted, IReadOnlyList<SettingValue>? Items = null)
{
    public static SettingValue List(IReadOnlyList<SettingValue> items) =>
        new($"[{string.Join(", ", items.Select(item => item.Text))}]", false, items);

    /// <summary>Whether it is this bare word.</summary>
    public bool Is(string word) => !IsQuoted && Items is null && Text == word;

    /// <summary>The elements of a list, or the value itself as the only one.</summary>
    public IReadOnlyList<SettingValue> AsItems => Items ?? [this];
}

/// <summary>A value given to a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value as written.</param>
/// <param name="Location">Where, for messages.</param>
internal sealed record Setting(SpecificationKey Key, SettingValue Value, string Location);
