using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes rich text as LaTeX: markup characters escaped, scripts in mathematics, common symbols as commands.</summary>
internal static class TexText
{
    /// <summary>Characters with a meaning to LaTeX, or to the key lists and coordinates of pgfplots.</summary>
    private static readonly string[] s_escapes =
    [
        "\\ \\textbackslash{}", "{ \\{", "} \\}", "$ \\$", "& \\&", "# \\#", "% \\%", "_ \\_", "^ \\textasciicircum{}",
        "~ \\textasciitilde{}",
        "\" \\textquotedbl{}", "' \\textquotesingle{}", "` \\textasciigrave{}", "[ {[}", "] {]}", ", {,}", "= {=}", "… \\ldots{}", "– --",
        "— ---",
    ];

    /// <summary>Symbols set in mathematics.</summary>
    private static readonly string[] s_mathematics =
    [
        "< <", "> >", "| |", "α \\alpha", "β \\beta", "γ \\gamma", "δ \\delta", "ε \\varepsilon", "ζ \\zeta", "η \\eta", "θ \\theta",
        "κ \\kappa",
        "λ \\lambda", "μ \\mu", "µ \\mu", "ν \\nu", "ξ \\xi", "π \\pi", "ρ \\rho", "σ \\sigma", "τ \\tau", "φ \\varphi", "χ \\chi",
        "ψ \\psi", "ω \\omega",
        "Γ \\Gamma", "Δ \\Delta", "Θ \\Theta", "Λ \\Lambda", "Σ \\Sigma", "Φ \\Phi", "Ψ \\Psi", "Ω \\Omega", "ℒ \\mathcal{L}", "ℓ \\ell",
        "∇ \\nabla",
        "∂ \\partial", "∞ \\infty", "√ \\surd", "∑ \\sum", "∏ \\prod", "− -", "× \\times", "± \\pm", "· \\cdot", "≤ \\leq", "≥ \\geq",
        "≠ \\neq", "≈ \\approx",
        "→ \\to", "∈ \\in", "‖ \\Vert", "½ \\tfrac12", "∝ \\propto", "∘ \\circ", "⁻ ^-", "ᵀ ^\\top", "ₐ _a", "ₖ _k", "ₘ _m", "ᵢ _i",
        "° ^\\circ",
        "¹ ^1", "² ^2", "³ ^3",
    ];

    private static readonly Dictionary<string, string> s_symbols = s_escapes.Select(e => e.Split(' ', 2))
        .Concat(s_mathematics.Select(e => e.Split(' ', 2)).Select(e => (string[])[e[0], $"\\ensuremath{{{e[1]}}}"]))
        .ToDictionary(e => e[0], e => e[1], StringComparer.Ordinal);

    /// <summary>The text as LaTeX source on one line.</summary>
    internal static string Escape(string richText)
    {
        var tex = new StringBuilder();
        foreach (var run in RichText.Parse(richText))
        {
            var plain = Plain(run.Text);
            _ = run.Level switch
            {
                TextLevel.Subscript => tex.Append("\\textsubscript{").Append(plain).Append('}'),
                TextLevel.Superscript => tex.Append("\\textsuperscript{").Append(plain).Append('}'),
                _ => tex.Append(plain),
            };
        }

        return tex.ToString();
    }

    /// <summary>Text for a comment: one line, whatever it holds.</summary>
    internal static string Comment(string text) =>
        string.Concat(RichText.Plain(text).ReplaceLineEndings(" ").Where(c => !SvgWriter.IsForbidden(c) && !char.IsSurrogate(c)));

    private static string Plain(string text)
    {
        var tex = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var symbol = rune.ToString();
            if (s_symbols.TryGetValue(symbol, out var command)) _ = tex.Append(command);
            else if (rune.Value is >= 0x2080 and <= 0x2089) _ = tex.Append("\\textsubscript{").Append((char)('0' + rune.Value - 0x2080))
                .Append('}');
            else if (rune.Value is (>= 0x2074 and <= 0x2079) or 0x2070) _ = tex.Append("\\textsuperscript{")
                .Append((char)('0' + rune.Value - 0x2070)).Append('}');
            else _ = tex.Append(SvgWriter.IsForbidden(rune.Value) || rune.Value == 0xfffd ? " " : symbol);
        }

        return tex.ToString();
    }
}
