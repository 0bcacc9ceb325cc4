using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

/// <summary>Compares one small figure with the approved file tests/Approved/small-figure.svg, which was looked at by eye.</summary>
public sealed partial class ApprovedFigureTests
{
    /// <summary>Two units of the last printed digit: either number may be rounded the other way.</summary>
    private const double Tolerance = 0.02;

    [Fact]
    public void A_small_figure_looks_as_approved()
    {
        var approved = Path.Combine(Root(), "tests", "Approved", "small-figure.svg");
        var (expected, actual) = (Tokens(File.ReadAllText(approved)), Tokens(SvgFigure.File(Small())));
        var at = expected.Zip(actual).TakeWhile(p => Same(p.First, p.Second)).Count();
        Assert.True(at == expected.Count && at == actual.Count,
            $"The figure differs from {approved} at token {at} of {expected.Count}: '{expected.ElementAtOrDefault(at)}' became '{actual.ElementAtOrDefault(at)}'. "
            + "Look at the new picture; if it is right, replace the approved file by it.");
    }

    internal static Figure Small()
    {
        var figure = new Figure("small", "Loss and κ", "Two seeds; band: minimum to maximum.") { Preset = FigurePreset.Column };
        _ = figure.AddPanel("loss", Axis.Whole("step k"), Axis.Log("ℒ / ℒ_0"))
            .Band("residual", [0, 1, 2, 3], [1, 0.08, 0.009, 0.0007], [1, 0.12, 0.011, 0.0013]).Line("residual", [0, 1, 2, 3], [1, 0.1, 0.01, 0.001])
            .Line("no residual", [0, 1, 2, 3], [1, double.NaN, 0.5, 0.4]).HorizontalLine(0.005, "target");
        _ = figure.AddPanel("κ by depth", Axis.Categories("depth"), Axis.Linear("κ")).Intervals(["1", "2"], [4, 9], [3, 7], [6, 12], "residual");
        return figure;
    }

    private static List<string> Tokens(string svg) => [.. XDocument.Parse(svg).Descendants()
        .SelectMany(e => e.Attributes().SelectMany(a => (string[])[a.Name.LocalName, a.Value]).Prepend(e.Name.LocalName).Append(e.HasElements ? "" : e.Value))
        .SelectMany(t => Token().Matches(t).Select(m => m.Value))];

    private static bool Same(string expected, string actual) => expected == actual
        || (double.TryParse(expected, CultureInfo.InvariantCulture, out var a) && double.TryParse(actual, CultureInfo.InvariantCulture, out var b) && Math.Abs(a - b) <= Tolerance);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kappa.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"The tests run from {AppContext.BaseDirectory}, which is not below the folder of Kappa.slnx.");
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?|[^\s\d-]+|-")]
    private static partial Regex Token();
}
