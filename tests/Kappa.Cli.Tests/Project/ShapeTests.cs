using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>Files hold one concept and functions are read in one look.</summary>
public sealed partial class ShapeTests
{
    private const int LongestFile = 300;
    private const int LongestFunction = 60;

    /// <summary>Exceptions, each with its reason. Keys are <c>path</c> or <c>path function</c>.</summary>
    private static readonly Dictionary<string, string> Excused = new()
    {
        [
            "src/Kappa/Numerics/Bidiagonalisation.cs UpdateAndGather"]
            = "a register tile of four rows written out; its length is the twelve broadcasts, and a split would spill them",
    };

    [Fact]
    public void No_source_file_is_longer_than_300_lines()
    {
        IEnumerable<string> offences = Repository.Under("src/", ".cs").Where(path => !Excused.ContainsKey(path))
            .Select(path => (Path: path, Lines: Repository.Read(path).TrimEnd().Count(c => c == '\n') + 1))
            .Where(file => file.Lines > LongestFile)
            .Select(file => $"{file.Path}: {file.Lines} lines");
        Assert.True(
            !offences.Any(),
            $"A file must have at most {LongestFile} lines; split it by concept, or excuse it in {nameof(ShapeTests)} with a "
                + $"reason:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void No_function_is_longer_than_60_lines()
    {
        IEnumerable<string> offences = Repository.Under("src/", ".cs")
            .SelectMany(path =>
                Functions(SourceText.Of(Repository.Read(path)).Code).Where(function =>
                    function.Lines > LongestFunction && !Excused.ContainsKey($"{path} {function.Name}"))
                .Select(function => $"{path}:{function.Line}: {function.Name} has {function.Lines} lines"));
        Assert.True(
            !offences.Any(),
            $"A function must have at most {LongestFunction} lines; name its parts, or excuse it in {nameof(ShapeTests)} with a "
                + $"reason:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Every_excuse_is_still_needed_and_has_a_reason()
    {
        foreach ((string key, string reason) in Excused)
        {
            Assert.True(
                Repository.Files.Contains(key.Split(' ')[0]),
                $"{key} is excused in {nameof(ShapeTests)} but does not exist: remove the excuse.");
            Assert.NotEqual("", reason);
        }
    }

    [Theory]
    [InlineData("class A { void F(int a)\n{\n\n}\n}", "F", 4)]
    [InlineData("class A { A(int a)\n : base(a)\n{\n}\n}", "A", 4)]
    [InlineData("class A { T F<T>(T a)\n where T : struct\n{\n if (a)\n {\n }\n}\n}", "F", 7)]
    [InlineData("class A { int F(int a) =>\n a switch\n {\n 1 => 2,\n };\n}", "F", 5)]
    [InlineData("class A { int F(int a) => new B(a) { C = 1 };\n}", "F", 1)]
    [InlineData("class A(int a) : B(new C(\n a))\n{\n int F() => 1;\n}", "F", 1)]
    public void Functions_are_found_with_their_lengths(string source, string name, int lines)
    {
        (string found, int _, int length) = Assert.Single(Functions(SourceText.Of(source).Code));
        Assert.Equal((name, lines), (found, length));
    }

    /// <summary>Members and local functions: a name and a parameter list followed by a body in braces or by an arrow.</summary>
    private static IEnumerable<(string Name, int Line, int Lines)> Functions(string code)
    {
        int last = -1;
        foreach (Match head in Head().Matches(code))
        {
            string name = head.Groups["name"].Value;
            if (head.Index < last && head.Groups["before"].Value is "" || NotFunctions().IsMatch(name) || IsBase(code, head.Index)
                || head.Groups["before"].Value is "new" or "record" or "class" or "struct" or "await" or "return" or "when" or "is" or "and"
                    or "or" or "not")
                continue;
            int close = Matching(code, head.Index + head.Length - 1, '(', ')');
            Match body = Body().Match(code, close + 1);
            if (!body.Success)
                continue;
            int open = body.Index + body.Length - 1;
            int end = code[open] == '{' ? Matching(code, open, '{', '}') : Statement(code, open);
            last = end;
            int line = Repository.LineAt(code, head.Groups["name"].Index);
            yield return (name, line, Repository.LineAt(code, end) - line + 1);
        }
    }

    /// <summary>Whether a colon stands before the name: a base type with arguments, which the body of the type follows.</summary>
    private static bool IsBase(string code, int index) => code.AsSpan(0, index).TrimEnd() is [.., ':'];

    private static int Matching(string code, int i, char open, char close)
    {
        for (int depth = 0; i < code.Length; i++)
        {
            depth += code[i] == open ? 1 : code[i] == close ? -1 : 0;
            if (depth == 0)
                return i;
        }

        return code.Length - 1;
    }

    /// <summary>Where the statement that contains i ends: its semicolon outside all brackets.</summary>
    private static int Statement(string code, int i)
    {
        for (int depth = 0; i < code.Length; i++)
        {
            depth += code[i] is '(' or '{' or '[' ? 1 : code[i] is ')' or '}' or ']' ? -1 : 0;
            if (depth <= 0 && code[i] == ';')
                return i;
        }

        return code.Length - 1;
    }

    [GeneratedRegex(@"(?:(?<before>\w+)[\]\?>]*\s+|(?<=[>\]?)]\s+)|(?<![\w.]))(?<name>\w+)\s*(?:<[\w\s,]+>)?\(")]
    private static partial Regex Head();

    [GeneratedRegex(@"\G\s*(?::\s*(?:base|this)\s*\((?>[^()]+|\((?<d>)|\)(?<-d>))*(?(d)(?!))\)\s*)?(?:where\s[^{;=]+)?(?:\{|=>)")]
    private static partial Regex Body();

    [GeneratedRegex(
        @"^(if|for|foreach|while|switch|using|lock|fixed|catch|when|nameof|typeof|sizeof|default|checked|unchecked|base|this|return)$")]
    private static partial Regex NotFunctions();
}
