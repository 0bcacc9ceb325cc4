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
    [InlineData("ffn_in, blocks.0.ffn_out", "ffn_in, blocks.0.ffn_out")]
    [InlineData("a_b_c and runs/x_y and _ ^", "a_b_c and runs/x_y and _ ^")]
    public void Scripts_follow_single_letters_and_leave_names_alone(string text, string expected) => Assert.Equal(expected, string.Concat(
        RichText.Parse(text).Select(r => r.Level switch { TextLevel.Subscript => "↓", TextLevel.Superscript => "↑", _ => "" } + r.Text)));
}
