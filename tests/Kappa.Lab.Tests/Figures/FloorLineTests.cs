using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed partial class FloorLineTests
{
    [Fact]
    public void Zeros_on_a_logarithmic_axis_are_drawn_on_a_shaded_line_and_said_once()
    {
        Figure figure = Collapsed();
        Assert.Equal(["Shaded line: values that are 0: layer 2, layer 3 throughout; layer 1 1 of 6 points."], figure.Notes);
        XElement[] elements = [.. XDocument.Parse(SvgFigure.File(figure)).Descendants()];
        XElement[] floors = [.. elements.Where(e => e.Attribute("class")?.Value == "floor")];
        Assert.Equal(2, floors.Length);
        double top = Number(floors[0], "y"), bottom = top + Number(floors[0], "height");
        double[][] lines = [
            .. elements.Where(e =>
                e.Name.LocalName == "path" && e.Parent!.Attribute("clip-path") is not null && e.Attribute("fill")?.Value == "none"
                && e.Attribute("d")!.Value.Contains('L', StringComparison.Ordinal)).Select(Heights)];

        // Layers 2 and 3 lie on the line in both panels, layer 0 in neither.
        Assert.Equal(4, lines.Count(line => line.All(y => y > top && y < bottom)));
        Assert.Equal(2, lines.Count(line => line.Length > 1 && line.All(y => y < top) && line.Distinct().Count() == 1));
        Assert.Contains(elements, e => e.Name.LocalName == "text" && e.Value == "0");
    }

    [Fact]
    public void Values_below_a_fixed_limit_lie_on_the_floor_line_and_its_label_says_what_it_is()
    {
        var figure = new Figure("loss", "loss");
        _ = figure.AddPanel("", Axis.Linear("k"), Axis.Log("ℒ/ℒ_0", minimum: 1e-12)).Line("a", [0, 1, 2], [1, 1e-6, 1e-20])
            .Line("b", [0, 1, 2], [1e-13, 1e-14, 0]);
        Assert.Equal(["Shaded line: below 10^{−12}: b throughout; a 1 of 3 points."], figure.Notes);
        Assert.Contains("&lt; 10", SvgFigure.File(figure), StringComparison.Ordinal);
        Assert.Contains("1,line,a,1,2,1E-20", CsvFigure.Write(figure), StringComparison.Ordinal);
    }

    [Fact]
    public void An_axis_without_such_values_has_no_floor_line()
    {
        var figure = new Figure("loss", "loss");
        _ = figure.AddPanel("", Axis.Log("k"), Axis.Log("ℒ")).Line("a", [1, 2], [1, 0.5]);
        _ = figure.AddPanel("", Axis.Linear("k"), Axis.Linear("y", minimum: 1)).Line("a", [0, 2], [0, 2]);
        Assert.DoesNotContain("class=\"floor\"", SvgFigure.File(figure), StringComparison.Ordinal);
        Assert.Equal(["Outside the axes: a 1 of 4 points."], figure.Notes);
    }

    [Fact]
    public void The_floor_line_and_what_lies_on_it_reach_LaTeX()
    {
        string[] plots = [
            .. PgfplotsFigure.Write(Collapsed()).Split('\n').Where(line => line.StartsWith("\\addplot", StringComparison.Ordinal))];
        Assert.Equal(2, plots.Count(line => line.Contains("fill=cececec", StringComparison.Ordinal)));
        Assert.Equal(2 * 5, plots.Length);
        Assert.DoesNotContain(plots, line => line.Contains(",0) ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_band_over_seeds_reaches_down_to_the_floor_line()
    {
        var figure = new Figure("band", "band");
        _ = figure.AddPanel("", Axis.Linear("k"), Axis.Log("σ_M")).Band("a", [0, 1], [0, 0], [1, 2]).Line("a", [0, 1], [0.1, 0.2]);
        XElement[] elements = [.. XDocument.Parse(SvgFigure.File(figure)).Descendants()];
        double top = Number(elements.Single(e => e.Attribute("class")?.Value == "floor"), "y");
        XElement band = elements.Single(e => e.Name.LocalName == "path" && e.Attribute("fill-opacity")?.Value == "0.2");
        Assert.True(Heights(band).Max() > top);
    }

    private static Figure Collapsed()
    {
        var figure = new Figure("sigma", "σ_M");
        foreach (string part in new[] { "branch", "output" })
        {
            Axes panel = figure.AddPanel(part, Axis.Whole("step k"), Axis.Log("σ_M"));
            _ = panel.Line("layer 0", [0, 1, 2], [0.1, 0.1, 0.1]).Line("layer 1", [0, 1, 2], [1e-3, 1e-6, part == "branch" ? 0 : 1e-7])
                .Line("layer 2", [0, 1, 2], [0, 0, 0]).Line("layer 3", [0, 1, 2], [0, 0, 0]);
        }

        return figure;
    }

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static double[] Heights(XElement path) =>
        [.. Point().Matches(path.Attribute("d")!.Value).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex("[ML][-0-9.]+ ([-0-9.]+)")]
    private static partial Regex Point();
}
