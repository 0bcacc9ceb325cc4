namespace Kappa.Lab.Figures;

/// <summary>Sub- and superscripts as characters, for text that has no markup:
/// titles of windows, descriptions for who cannot see the picture.</summary>
internal static class ScriptCharacters
{
    private const string Normal = "0123456789+−=()";
    private const string Up = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾";
    private const string Down = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎";

    private static readonly Dictionary<char, char> s_raised = Table(Normal + "/inkTmpdt", Up + "ᐟⁱⁿᵏᵀᵐᵖᵈᵗ");
    private static readonly Dictionary<char, char> s_lowered = Table(Normal + "aehijklmnoprstuvxβ", Down + "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦ");

    /// <summary>The text as superscripts; null when a character has none.</summary>
    internal static string? Raised(string text) => Mapped(text, s_raised);

    /// <summary>The text as subscripts; null when a character has none.</summary>
    internal static string? Lowered(string text) => Mapped(text, s_lowered);

    private static string? Mapped(string text, Dictionary<char, char> table) =>
        text.All(table.ContainsKey) ? string.Concat(text.Select(letter => table[letter])) : null;

    private static Dictionary<char, char> Table(string from, string to) =>
        from.Zip(to).ToDictionary(pair => pair.First, pair => pair.Second);
}
