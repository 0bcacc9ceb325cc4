using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

/// <summary>Compares small figures with approved files in tests/Approved, which were looked at by eye.</summary>
public sealed partial class ApprovedFigureTests
{
    /// <summary>Two units of the last printed digit: either number may be rounded the other way.</summary>
    private const double Tolerance = 0.02;

    [Fact]
    public void A_small_figure_looks_as_approved() => RequireApproved("small-figure.svg", Small());

    [Fact]
    public void A_small_surface_looks_as_approved() => RequireApproved("small-surface.svg", Surface());

    private static void RequireApproved(string name, Figure figure)
    {
        var approved = Path.Combine(Root(), "tests", "Approved", name);
        var received = Path.Combine(AppContext.BaseDirectory, name + ".received");
        File.WriteAllText(received, SvgFigure.File(figure));
        var (expected, actual) = (Tokens(File.ReadAllText(approved)), Tokens(SvgFigure.File(figure)));
        var at = expected.Zip(actual).TakeWhile(p => Same(p.First, p.Second)).Count();
        Assert.True(at == expected.Count && at == actual.Count,
            $"The figure differs from {approved} at token {at} of {expected.Count}: '{expected.ElementAtOrDefault(at)}' became "
                + $"'{actual.ElementAtOrDefault(at)}'. "
            + $"Look at the new picture, {received}; if it is right, replace the approved file by it.");
    }

    internal static Figure Small()
    {
        var figure = new Figure("small", "Loss and κ", "Two seeds; band: minimum to maximum.") { Preset = FigurePreset.Column };
        _ = figure.AddPanel("loss", Axis.Whole("step k"), Axis.Log("ℒ / ℒ_0"))
            .Band("residual", [0, 1, 2, 3], [1, 0.08, 0.009, 0.0007], [1, 0.12, 0.011, 0.0013])
            .Line("residual", [0, 1, 2, 3], [1, 0.1, 0.01, 0.001])
            .Line("no residual", [0, 1, 2, 3], [1, double.NaN, 0.5, 0.4]).HorizontalLine(0.005, "target");
        _ = figure.AddPanel("κ by depth", Axis.Categories("depth"), Axis.Linear("κ"))
            .Intervals(["1", "2"], [4, 9], [3, 7], [6, 12], "residual");
        return figure;
    }

    /// <summary>A saddle with a hole: what is not finite is left open, a hill in front hides what is behind.</summary>
    internal static Figure Surface()
    {
        var figure = new Figure("small-surface", "Saddle", "Height and colour: x² − y² + 2.") { Preset = FigurePreset.Column };
        double[] at = [-1, -0.5, 0, 0.5, 1];
        var values = new double[5, 5];
        for (var row = 0; row < 5; row++)
        {
            for (var column = 0; column < 5; column++) values[row, column] = (at[column] * at[column]) - (at[row] * at[row]) + 2;
        }

        values[1, 3] = double.NaN;
        _ = figure.AddPanel("", Axis.Linear("α"), Axis.Linear("β")).Surface(at, at, values, "value", AxisScale.Linear);
        return figure;
    }

    private static List<string> Tokens(string svg) => [.. XDocument.Parse(svg).Descendants()
        .SelectMany(e =>
            e.Attributes().SelectMany(a => (string[])[a.Name.LocalName, a.Value]).Prepend(e.Name.LocalName)
                .Append(e.HasElements ? "" : e.Value))
        .SelectMany(t => Token().Matches(t).Select(m => m.Value))];

    private static bool Same(string expected, string actual) => expected == actual
        || (
            double.TryParse(expected, CultureInfo.InvariantCulture, out var a)
            && double.TryParse(actual, CultureInfo.InvariantCulture, out var b) && Math.Abs(a - b) <= Tolerance);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kappa.slnx"))) folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException(
                $"The tests run from {AppContext.BaseDirectory}, which is not below the folder of Kappa.slnx.");
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?|[^\s\d-]+|-")]
    private static partial Regex Token();
}
