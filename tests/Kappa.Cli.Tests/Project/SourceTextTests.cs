using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The scanner that the tests about the code stand on.</summary>
public sealed class SourceTextTests
{
    [Theory]
    [InlineData("a = 1; // Console.Write", "Console")]
    [InlineData("a = /* Console */ 1;", "Console")]
    [InlineData("a = \"Console\";", "Console")]
    [InlineData("a = \"\\\"Console\";", "Console")]
    [InlineData("a = @\"x\"\"Console\";", "Console")]
    [InlineData("a = \"\"\"x \" Console \"\"\";", "Console")]
    [InlineData("a = $\"x {b} Console\";", "Console")]
    [InlineData("a = $\"x {{Console}}\";", "Console")]
    [InlineData("a = '\"'; b = \"Console\";", "Console")]
    public void Words_in_comments_and_strings_are_not_code(string source, string word)
    {
        Assert.DoesNotContain(word, SourceText.Of(source).Code, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = \"x\"; Console", "Console")]
    [InlineData("a = \"\"; Console", "Console")]
    [InlineData("a = @\"\\\"; Console", "Console")]
    [InlineData("a = '\\''; Console", "Console")]
    [InlineData("a = $\"x {Console.Out} y\";", "Console.Out")]
    [InlineData("a = $\"x {f(\"q\") + Console} y\";", "Console")]
    [InlineData("a = $$\"\"\"{ {{Console}} }\"\"\";", "Console")]
    [InlineData("// remark\nConsole", "Console")]
    public void Words_outside_comments_and_strings_are_code(string source, string word)
    {
        SourceText text = SourceText.Of(source);
        Assert.Contains(word, text.Code, StringComparison.Ordinal);
        Assert.Equal(source.Length, text.Code.Length);
        Assert.Equal(source.IndexOf(word, StringComparison.Ordinal), text.Code.IndexOf(word, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_comments_are_comments()
    {
        string comments = SourceText.Of("a = \"// R.1\"; // R.2\n/* R.3 */ R.4").Comments;
        Assert.Equal(["R.2", "R.3"], comments.Split(' ', '\n', '/', '*').Where(word => word.Length > 0));
    }
}
