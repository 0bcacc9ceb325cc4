using System.Globalization;
using System.Xml.Linq;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class SvgFigureTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Every_figure_of_the_gallery_is_well_formed_XML()
    {
        foreach (var figure in Gallery.All())
            Assert.Equal("svg", XDocument.Parse(SvgFigure.File(figure)).Root!.Name.LocalName);
    }

    [Fact]
    public void The_same_figure_gives_the_same_bytes()
    {
        foreach (var (first, second) in Gallery.All().Zip(Gallery.All()))
        {
            Assert.Equal(SvgFigure.File(first), SvgFigure.File(second));
            Assert.Equal(PgfplotsFigure.Write(first), PgfplotsFigure.Write(second));
            Assert.Equal(CsvFigure.Write(first), CsvFigure.Write(second));
        }
    }

    [Fact]
    public void Random_data_with_NaN_and_infinities_gives_well_formed_XML_with_finite_coordinates()
    {
        var random = new Random(11);
        double[] special = [
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, double.Epsilon, double.MaxValue, -double.MaxValue, 1];
        double[] Values(int n) =>
            [
                .. Enumerable.Range(0, n).Select(_ =>
                    random.Next(3) == 0
                        ? special[random.Next(special.Length)]
                        : (random.NextDouble() - 0.3) * Math.Pow(10, random.Next(-300, 300)))];
        for (var trial = 0; trial < 60; trial++)
        {
            var n = random.Next(0, 12);
            var figure = new Figure("random", "random");
            var axes = figure.AddPanel(
                "", random.Next(2) == 0 ? Axis.Log("x") : Axis.Linear("x"), random.Next(2) == 0 ? Axis.Log("y") : Axis.Linear("y"));
            _ = axes.Line("a", Values(n), Values(n)).Band("b", Values(n), Values(n), Values(n)).Scatter("c", Values(n), Values(n))
                .Fit(Values(1)[0], Values(1)[0], "fit", interval: new FitInterval(0, 1, 1)).HorizontalLine(Values(1)[0], "h")
                .VerticalLine(Values(1)[0], "v").Identity();
            var text = SvgFigure.File(figure);
            _ = XDocument.Parse(text);
            Assert.DoesNotContain("NaN", Attributes(text), StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", Attributes(text), StringComparison.Ordinal);
            Assert.DoesNotContain("∞", Attributes(text), StringComparison.Ordinal);
            Assert.DoesNotContain("∞", PgfplotsFigure.Write(figure).Split("\\begin{tikzpicture}")[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_stays_text_and_hostile_text_stays_inert()
    {
        var document = XDocument.Parse(SvgFigure.File(Gallery.Hostile()));
        Assert.Empty(document.Descendants(s_svg + "script"));
        Assert.Contains(
            document.Descendants(s_svg + "text"), t => t.Value.Contains("<script>alert(\"1\")</script>", StringComparison.Ordinal));
        Assert.DoesNotContain('\u202e', document.ToString());
    }

    [Fact]
    public void A_line_is_drawn_where_its_axes_say()
    {
        var figure = new Figure("placed", "placed");
        _ = figure.AddPanel("", Axis.Linear("x", 0, 10), Axis.Log("y", 1, 1000)).Line("a", [0, 5, 10], [1, 10, 1000]);
        var document = XDocument.Parse(SvgFigure.File(figure));
        var frame = document.Descendants(s_svg + "clipPath").Single().Element(s_svg + "rect")!;
        double Of(string name) => double.Parse(frame.Attribute(name)!.Value, CultureInfo.InvariantCulture);
        var path = document.Descendants(s_svg + "g").Single(g => g.Attribute("clip-path") is not null).Elements(s_svg + "path").Single()
            .Attribute("d")!.Value;
        var numbers = path.Split(['M', 'L', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        // log₁₀ 10 is a third of the way from 1 to 1000, the middle of 0..10 is a half; positions are printed to 0.005.
        double[] expected = [
            Of("x"), Of("y") + Of("height"), Of("x") + (Of("width") / 2), Of("y") + (Of("height") * 2 / 3), Of("x") + Of("width"), Of("y")];
        Assert.Equal(expected.Length, numbers.Length);
        Assert.All(expected.Zip(numbers), pair => Assert.Equal(pair.First, pair.Second, 0.011));
    }

    [Fact]
    public void Axis_ticks_stand_at_the_positions_of_their_labels()
    {
        var figure = new Figure("ticks", "ticks");
        _ = figure.AddPanel("", Axis.Linear("x", 0, 100), Axis.Log("y", 1, 100)).Line("a", [0], [1]);
        var document = XDocument.Parse(SvgFigure.File(figure));
        var frame = document.Descendants(s_svg + "clipPath").Single().Element(s_svg + "rect")!;
        var (left, width) = (
            double.Parse(frame.Attribute("x")!.Value, CultureInfo.InvariantCulture),
            double.Parse(frame.Attribute("width")!.Value, CultureInfo.InvariantCulture));
        foreach (var value in (int[])[0, 20, 40, 60, 80, 100])
        {
            var label = document.Descendants(s_svg + "text").Single(t =>
                t.Value == value.ToString(CultureInfo.InvariantCulture) && t.Attribute("text-anchor")!.Value == "middle");
            Assert.Equal(left + (width * value / 100), double.Parse(label.Attribute("x")!.Value, CultureInfo.InvariantCulture), 0.011);
        }
    }

    [Fact]
    public void Identifiers_are_unique_and_prefixed_by_the_figure()
    {
        var ids = XDocument.Parse(SvgFigure.File(Gallery.LossCurves())).Descendants().Attributes("id").Select(a => a.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.StartsWith("loss-", id, StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_drawn_is_counted_in_the_notes()
    {
        var figure = new Figure("notes", "notes");
        _ = figure.AddPanel("", Axis.Linear("x"), Axis.Log("y", 0.1, 10)).Line("a", [1, 2, 3, 4, 5], [1, 0, double.NaN, 100, -2])
            .HorizontalLine(-1, "zero");
        Assert.Equal(
            [
                "Not drawn: a 2 of 5 points (1 not finite, 1 not positive on a logarithmic axis).",
                "Shaded line: below 0.1: a 1 of 5 points.", "Outside the axes: a 1 of 5 points.",
                "Reference lines without a place on their axis: zero at −1."],
            figure.Notes);
    }

    [Fact]
    public void A_hole_of_a_surface_is_called_one_and_a_path_is_drawn_where_it_has_a_place()
    {
        var figure = new Figure("surface", "surface");
        double[] at = [0, 1, 2];
        _ = figure.AddPanel("", Axis.Linear("x", 0, 2), Axis.Linear("y", 0, 2)).Surface(
            at, at, new double[,] { { 1, 2, 3 }, { 2, double.NaN, 4 }, { 3, 4, 5 } }, "m")
            .SurfacePath("path", [0, 1, 5, 2, 2], [0, 1, 1, 2, 1], [1, 2, 2, 5, double.NaN]);
        Assert.Equal(
            [
                "Outside the axes: path 1 of 5 points.",
                "m: 1 of 9 values are not finite or not positive; where one is a corner of a cell the surface has a hole."],
            figure.Notes);
        XElement[] drawn = [.. XDocument.Parse(SvgFigure.File(figure)).Descendants().Where(e => e.Name.LocalName == "circle")];
        Assert.Equal(3, drawn.Length);
        Assert.Contains("1,surfacePath,path,1,5,1,,,2\n", CsvFigure.Write(figure), StringComparison.Ordinal);
        Assert.Contains("(1,1,0.30103) ", PgfplotsFigure.Write(figure), StringComparison.Ordinal);

        // The points rise with the loss: the first is the lowest on the page.
        double[] heights = [
            .. drawn.Select(e => double.Parse(e.Attribute("cy")!.Value, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.True(heights[0] > heights[1] && heights[1] > heights[2]);
        _ = Assert.Throws<InvalidOperationException>(() =>
            new Figure("f", "f").AddPanel("", Axis.Linear("x"), Axis.Linear("y")).SurfacePath("p", [0], [0], [1]));
    }

    [Fact]
    public void A_spike_of_one_column_survives_in_a_heat_map_of_many()
    {
        var values = new double[1, 5000];
        for (var i = 0; i < 5000; i++) values[0, i] = 1;
        values[0, 1234] = 1e-6;
        var colours = new HeatMapColours(new HeatMapSeries("m", SeriesStyle.Default, Gallery.Steps(5000), [1], values, Axis.Log("m")));
        Assert.Contains(colours.Cells(200), c => c.From <= 1234 && c.To >= 1234 && c.Fraction == 0);
        Assert.True(colours.Cells(200).Count() <= 400);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, -1)]
    [InlineData(-1, 1)]
    public void The_legend_stands_where_no_data_are(int alongX, int alongY)
    {
        var figure = new Figure("legend", "legend");
        // A cluster in one corner and a line along the opposite edge leave the other corners free.
        var axes = figure.AddPanel("", Axis.Linear("x", -1, 1), Axis.Linear("y", -1, 1));
        _ = axes.Scatter(
            "cluster", [0.9 * alongX, 0.7 * alongX, 0.5 * alongX],
            [0.9 * alongY, 0.8 * alongY, 0.85 * alongY]).Line("edge", [-1, 1], [-0.9 * alongY, -0.9 * alongY]);
        var panel = Assert.Single(FigureLayout.For(figure).Panels);
        Assert.Equal(LegendPlace.Inside, panel.Margins.Legend);
        foreach (var series in axes.Series)
        {
            foreach (var (x, y) in SeriesPoints.Of(series, axes))
                Assert.False(Covers(panel.LegendBox, panel.X.Position(x), panel.Y.Position(y)));
        }

        Assert.False(Covers(panel.LegendBox, panel.LegendBox.X + 1, panel.Y.Position(-0.9 * alongY)));
    }

    [Fact]
    public void A_legend_without_a_free_place_stands_outside_the_plot()
    {
        var panel = FigureLayout.For(Gallery.All().Single(f => f.Name == "twelve")).Panels[0];
        Assert.True(panel.LegendBox.X >= panel.Plot.Right || panel.LegendBox.Y >= panel.Plot.Bottom);
    }

    private static bool Covers(Box box, double x, double y) => x >= box.X && x <= box.Right && y >= box.Y && y <= box.Bottom;

    private static string Attributes(string svg) =>
        string.Join('\n', XDocument.Parse(svg).Descendants().Attributes().Select(a => a.Value));
}
