using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class RichTextTests
{
    [Theory]
    [InlineData("σ_min", "σ↓min")]
    [InlineData("0.5/λ_max.", "0.5/λ↓max.")]
    [InlineData("‖W_2‖ and d_k", "‖W↓2‖ and d↓k")]
    [InlineData("10^-3 of 10^{−12}", "10↑−3 of 10↑−12")]
    [InlineData("τ₀ = d_m^−1/2", "τ₀ = d↓m↑−1/2")]
    [InlineData("d_m^-1/2, d_m^−1.", "d↓m↑−1/2, d↓m↑−1.")]
    [InlineData("10^-3.5 and e^slope", "10↑−3.5 and e↑slope")]
    [InlineData("1/(1 − η)^2 and ‖W‖_F^2", "1/(1 − η)↑2 and ‖W‖↓F↑2")]
    [InlineData("ηλ_min = 0", "ηλ↓min = 0")]
    [InlineData("ℒ_1/ℒ_0 and θ^(k) and x^*", "ℒ↓1/ℒ↓0 and θ↑(k) and x↑*")]
    [InlineData("ffn_in, blocks.0.ffn_out", "ffn_in, blocks.0.ffn_out")]
    [InlineData("a_b_c and runs/x_y and _ ^", "a_b_c and runs/x_y and _ ^")]
    public void Scripts_follow_single_letters_and_leave_names_alone(string text, string expected) => Assert.Equal(expected, string.Concat(
        RichText.Parse(text).Select(r => r.Level switch { TextLevel.Subscript => "↓", TextLevel.Superscript => "↑", _ => "" } + r.Text)));

    [Theory]
    [InlineData("τ = d_m^−1/2", "τ = dₘ⁻¹ᐟ²")]
    [InlineData("10^-3 and ℒ_0", "10⁻³ and ℒ₀")]
    [InlineData("K^Q", "K^Q")]
    public void Where_no_markup_can_be_scripts_are_characters(string text, string expected) => Assert.Equal(expected, RichText.Plain(text));

    [Fact]
    public void An_exponent_is_set_as_one_in_every_format()
    {
        var figure = new Figure("f", "d_m^−1/2");
        _ = figure.AddPanel("d_m^−1/2", Axis.Linear("d_m^−1/2"), Axis.Linear("y")).Line("d_m^−1/2", [0, 1], [0, 1]);
        Assert.DoesNotContain("d_m", SvgFigure.File(figure), StringComparison.Ordinal);
        Assert.DoesNotContain("^", SvgFigure.File(figure), StringComparison.Ordinal);
        Assert.Contains("\\textsuperscript{\\ensuremath{-}1/2}", PgfplotsFigure.Write(figure), StringComparison.Ordinal);
        var report = new Kappa.Lab.Reports.Report("d_m^−1/2");
        _ = report.Section("d_m^−1/2").Paragraph("d_m^−1/2").Figure(figure).Table(["d_m^−1/2"], [["d_m^−1/2"]], "d_m^−1/2");
        Assert.Contains("<td class=\"word\">d<sub>m</sub><sup>−1/2</sup></td>", report.ToHtml(), StringComparison.Ordinal);
        Assert.DoesNotContain("m^", report.ToHtml(), StringComparison.Ordinal);
        Assert.DoesNotContain("d_m", report.ToHtml(), StringComparison.Ordinal);
    }
}
