using System.Globalization;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class FigureFilesTests
{
    [Fact]
    public void The_csv_gives_back_every_value_to_the_last_bit()
    {
        var random = new Random(21);
        var ys = Enumerable.Range(0, 3000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64())).Append(double.NaN)
            .Append(double.NegativeInfinity).ToArray();
        var xs = Gallery.Steps(ys.Length);
        var figure = new Figure("csv", "csv");
        _ = figure.AddPanel("", Axis.Linear("x"), Axis.Log("y")).Line("a, \"quoted\"", xs, ys);
        var lines = CsvFigure.Write(figure).TrimEnd('\n').Split('\n');
        Assert.Equal("panel,kind,series,curve,x,y,low,high,value", lines[0]);
        const string start = "1,line,\"a, \"\"quoted\"\"\",1,";
        for (var i = 0; i < ys.Length; i++)
        {
            Assert.StartsWith(start, lines[i + 1], StringComparison.Ordinal);
            var fields = lines[i + 1][start.Length..].Split(',');
            Assert.Equal(xs[i], double.Parse(fields[0], CultureInfo.InvariantCulture));
            Assert.Equal(ys[i], double.Parse(fields[1], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Curves_of_one_name_are_numbered()
    {
        var rows = CsvFigure.Write(Gallery.LossCurves()).Split('\n').Where(l => l.StartsWith("1,line,residual,", StringComparison.Ordinal));
        Assert.Equal(["1", "2", "3", "4", "5", "6"], rows.Select(r => r.Split(',')[3]).Distinct());
    }

    [Fact]
    public void Braces_balance_in_every_pgfplots_file()
    {
        foreach (var figure in Gallery.All())
        {
            var depth = 0;
            var tex = PgfplotsFigure.Write(figure);
            foreach (var line in tex.Split('\n').Where(l => !l.StartsWith('%')))
            {
                for (var i = 0; i < line.Length; i++)
                {
                    if (line[i] == '\\') i++; // an escaped brace is text
                    else if (line[i] == '{') depth++;
                    else if (line[i] == '}') depth--;
                    Assert.True(depth >= 0);
                }
            }

            Assert.Equal(0, depth);
            Assert.DoesNotContain("Infinity", tex, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(FigurePreset.Column, 244.8)]
    [InlineData(FigurePreset.TwoColumn, 504)]
    [InlineData(FigurePreset.Slide, 720)]
    public void The_tex_file_is_a_picture_of_the_width_asked_for_without_a_document(object preset, double width)
    {
        var figure = new Figure("picture", "picture") { Preset = (FigurePreset)preset };
        _ = figure.AddPanel("", Axis.Linear("x"), Axis.Linear("y")).Line("a", [0, 1], [0, 1]);
        string[] tex = [.. PgfplotsFigure.Write(figure).Split('\n').Where(line => !line.StartsWith('%'))];
        Assert.StartsWith("\\begin{tikzpicture}[x=1bp, y=1bp", tex[0], StringComparison.Ordinal);
        Assert.Equal("\\end{tikzpicture}", tex[^2]);
        Assert.Contains(
            tex,
            line =>
                line.StartsWith(FormattableString.Invariant($"\\useasboundingbox (0,0) rectangle ({width},"), StringComparison.Ordinal));
        Assert.DoesNotContain(
            tex, line => line.Contains("document", StringComparison.Ordinal) || line.Contains("usepackage", StringComparison.Ordinal));
        Assert.Contains("\\usepackage{pgfplots}", PgfplotsFigure.Write(figure), StringComparison.Ordinal);
    }

    [Fact]
    public void Thinning_is_said_where_points_are_left_out_and_not_where_none_is()
    {
        double[] many = [.. Enumerable.Range(0, 5000).Select(k => (double)k)], few = [0, 1, 2];
        var figure = new Figure("f", "f");
        _ = figure.AddPanel("", Axis.Linear("x"), Axis.Linear("y")).Line("a", many, [.. many.Select(Math.Sin)]);
        var brief = new Figure("g", "g");
        _ = brief.AddPanel("", Axis.Linear("x"), Axis.Linear("y")).Line("a", few, few);
        Assert.Equal([FigureNotes.Thinned], figure.Notes);
        Assert.Contains("% Note: Long lines are drawn thinned", PgfplotsFigure.Write(figure), StringComparison.Ordinal);
        Assert.Empty(brief.Notes);
    }

    [Fact]
    public void Hostile_text_reaches_tex_only_escaped()
    {
        var tex = string.Join('\n', PgfplotsFigure.Write(Gallery.Hostile()).Split('\n').Where(l => !l.StartsWith('%')));
        Assert.DoesNotContain("\\input{", tex, StringComparison.Ordinal);
        Assert.Contains("\\textbackslash{}input\\{/etc/passwd\\}", tex, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_says_what_was_written()
    {
        var folder = Directory.CreateTempSubdirectory("kappa-figures-").FullName;
        try
        {
            var written = FigureFiles.Write(Gallery.Medians(), folder, convert: false);
            Assert.Equal(["medians.svg", "medians.csv", "medians.tex"], written.Paths.Select(Path.GetFileName));
            Assert.Equal(
                ["medians.csv", "medians.svg", "medians.tex"],
                Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Empty(written.Notices);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Without_a_converter_the_notice_is_one_line()
    {
        var (paths, notices) = SvgConversion.Convert("figures/a.svg", searchPath: "/nowhere");
        Assert.Empty(paths);
        Assert.Equal(
            "No PNG or PDF of the figures: rsvg-convert is not on the PATH (it is part of librsvg). The SVG files are complete.",
            Assert.Single(notices));
    }

    [Fact]
    public void A_disk_that_refuses_a_picture_is_no_notice()
    {
        if (OperatingSystem.IsWindows()) return; // the stand-in is a shell script
        var folder = Directory.CreateTempSubdirectory("kappa-figures-").FullName;
        try
        {
            var program = Path.Combine(folder, "rsvg-convert");
            File.WriteAllText(program, "#!/bin/sh\nprintf picture\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var (paths, _) = SvgConversion.Convert(Path.Combine(folder, "a.svg"), searchPath: folder);
            Assert.Equal(["picture", "picture"], paths.Select(File.ReadAllText));
            _ = Directory.CreateDirectory(Path.Combine(folder, "b.png"));
            BadInputException refused = Assert.Throws<BadInputException>(
                () => SvgConversion.Convert(Path.Combine(folder, "b.svg"), searchPath: folder));
            Assert.Contains("b.png: must be writable", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_converter_that_fails_is_a_notice_for_each_file()
    {
        if (OperatingSystem.IsWindows()) return; // the stand-in is a shell script
        var folder = Directory.CreateTempSubdirectory("kappa-figures-").FullName;
        try
        {
            var program = Path.Combine(folder, "rsvg-convert");
            File.WriteAllText(program, "#!/bin/sh\necho 'no such glyph' >&2\nexit 3\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var (paths, notices) = SvgConversion.Convert(Path.Combine(folder, "a.svg"), searchPath: folder);
            Assert.Empty(paths);
            Assert.Equal(
                [
                    "No a.png: rsvg-convert failed with exit code 3: no such glyph",
                    "No a.pdf: rsvg-convert failed with exit code 3: no such glyph"],
                notices);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_caller_s_mistakes_are_named_with_numbers()
    {
        var axes = new Figure("f", "f").AddPanel("p", Axis.Linear("x"), Axis.Linear("y"));
        Assert.Contains(
            "xs has 2 and ys has 3", Assert.Throws<ArgumentException>(() => axes.Line("a", [1, 2], [1, 2, 3])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "[1, 2] and not empty but are [2, 1]",
            Assert.Throws<ArgumentException>(() => axes.HeatMap([1, 2], [1], new double[2, 1], "m")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "has none", Assert.Throws<InvalidOperationException>(() => axes.Intervals(["a"], [1], [0], [2], "b")).Message,
            StringComparison.Ordinal);
        Assert.Contains("../f", Assert.Throws<ArgumentException>(() => new Figure("../f", "f")).Message, StringComparison.Ordinal);
    }
}
