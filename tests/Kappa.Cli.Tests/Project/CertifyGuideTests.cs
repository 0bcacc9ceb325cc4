using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The examples of the guide about certificates are what the commands
/// print, numbers apart: their last digits belong to a machine.</summary>
public sealed partial class CertifyGuideTests
{
    private const string Page = "docs/guide/certify.md";

    public static TheoryData<string> Examples =>
        [.. Example().Matches(Repository.Read(Page)).Select(match => match.Groups["command"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_verdict_in_the_guide_is_that_of_the_command(string command)
    {
        string shown = Example().Matches(Repository.Read(Page)).First(match => match.Groups["command"].Value == command).Groups["output"]
            .Value;
        CommandOutcome outcome = CommandLine.Invoke(command.Split(' '));
        Assert.Equal("", outcome.Messages);
        Assert.Equal(Verdict(shown), Verdict(outcome.Results));
        Match code = ExitCode().Match(shown);
        Assert.Equal(
            code.Success ? int.Parse(code.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : outcome.ExitCode,
            outcome.ExitCode);
    }

    [Fact]
    public void The_guide_has_an_example_of_every_verdict()
    {
        string page = Repository.Read(Page);
        Assert.Equal(5, Examples.Count);
        Assert.All(
            new[] { "\nCertified from step", "\nNot certified at step", "\nNot applicable: ", "\nCertified from W_2 = 0" },
            verdict => Assert.Contains(verdict, page, StringComparison.Ordinal));
    }

    // The sentence that stands first: to the end of its paragraph, on one line, with every number the same.
    private static string Verdict(string output)
    {
        string paragraph = string.Join(' ', output.Split('\n').TakeWhile(line => line.Length > 0 && line[0] is not ('$' or '…')));
        return Number().Replace(Spaces().Replace(paragraph, " ").Trim(), "#");
    }

    [GeneratedRegex(@"^```\n\$ kappa (?<command>[^\n]+)\n(?<output>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^\$ echo \$\?\n(\d+)", RegexOptions.Multiline)]
    private static partial Regex ExitCode();

    [GeneratedRegex(@"(?<![\w.])\d[\d.]*(?:[eE][+-]?\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
