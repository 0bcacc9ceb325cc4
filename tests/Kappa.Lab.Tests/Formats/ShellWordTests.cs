using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class ShellWordTests
{
    [Theory]
    [InlineData("runs/a-1_b.c,d=e:f", "runs/a-1_b.c,d=e:f")]
    [InlineData("two words", "'two words'")]
    [InlineData("Anna's", "'Anna'\\''s'")]
    [InlineData("$(x)", "'$(x)'")]
    [InlineData("", "''")]
    public void A_word_is_quoted_where_a_shell_would_change_it(string word, string expected) => Assert.Equal(expected, ShellWord.Of(word));
}
