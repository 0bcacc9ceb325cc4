using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>A name stands for one type: a reader who has met it somewhere knows it everywhere.</summary>
public sealed partial class TypeNameTests
{
    [Fact]
    public void No_two_types_of_src_share_a_name()
    {
        IEnumerable<string> offences = Repository.Under("src/", ".cs")
            .SelectMany(path => Types(SourceText.Of(Repository.Read(path)).Code).Select(type => (type.Name, type.IsPartial, path)))
            .GroupBy(type => type.Name)
            .Where(types => types.Count(type => !type.IsPartial) + (types.Any(type => type.IsPartial) ? 1 : 0) > 1)
            .Select(types => $"{types.Key}: {string.Join(", ", types.Select(type => type.path))}");
        Assert.True(
            !offences.Any(),
            $"A type, nested or not, must have a name of its own; say what it is in its name:\n{string.Join('\n', offences)}");
    }

    [Theory]
    [InlineData("class A; class B { enum A { } }", "A", "B", "A")]
    [InlineData("record struct A(int X); interface I<T>;", "A", "I<>")]
    [InlineData("class A<T, U> { } class A { }", "A<,>", "A")]
    [InlineData("void F<T>() where T : class { var record = x; }")]
    public void Types_are_found_with_their_parameters(string code, params string[] names) =>
        Assert.Equal(names, Types(code).Select(type => type.Name));

    /// <summary>Every type that is declared, with a comma for each type parameter after the first.</summary>
    private static IEnumerable<(string Name, bool IsPartial)> Types(string code) => Declaration().Matches(code).Select(match => (
        match.Groups["name"].Value
            + (match.Groups["of"].Success ? $"<{new string(',', match.Groups["of"].Value.Count(c => c == ','))}>" : ""),
        match.Groups["partial"].Success));

    [GeneratedRegex(
        @"\b(?<partial>partial\s+)?(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+(?<name>[A-Z]\w*)\s*"
            + @"(?:<(?<of>[^>(]*)>)?\s*(?=[({:;]|where\b)")]
    private static partial Regex Declaration();
}
