using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kappa.Lab.Figures;
using Kappa.Lab.Reports;
using Kappa.Lab.Tests.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Reports;

public sealed class ReportTests
{
    [Fact]
    public void A_report_needs_nothing_from_outside()
    {
        var html = Gallery.SampleReport().ToHtml();
        foreach (var reference in (string[])["http:", "https:", "src=", "@import", "<script", "<link", "<iframe", "javascript:"])
            Assert.DoesNotContain(reference, html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(new Regex(@"url\((?!#)"), html);
    }

    [Fact]
    public void Every_identifier_is_unique_and_every_reference_to_one_resolves()
    {
        var html = Gallery.SampleReport().ToHtml(); // holds one figure twice
        var ids = Regex.Matches(html, @" id=""([^""]+)""").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(
            Regex.Matches(html, @"url\(#([^)]+)\)|href=""#([^""]+)""").Select(m => m.Groups[1].Value + m.Groups[2].Value),
            id => Assert.Contains(id, ids));
    }

    [Fact]
    public void The_body_is_well_formed()
    {
        var html = Gallery.SampleReport().ToHtml();
        var body = html[html.IndexOf("<body>", StringComparison.Ordinal)..(html.IndexOf("</body>", StringComparison.Ordinal) + 7)];
        Assert.Equal("body", XDocument.Parse(body).Root!.Name.LocalName);
    }

    [Fact]
    public void All_text_is_escaped()
    {
        const string hostile = "<img onerror=x>&\"'";
        var report = new Report(hostile).Lead(hostile).Verdict(BadgeTone.Negative, hostile, hostile);
        report.Footer = hostile;
        var section = report.Section(hostile).Paragraph(hostile).Code(hostile).List([hostile]).Definitions([(hostile, hostile)])
            .Table([hostile], [[hostile]], hostile).Figure(new Figure("f", hostile, hostile)).Verdict(BadgeTone.Neutral, hostile, hostile);
        _ = section.Details(hostile).Paragraph(hostile);
        _ = section.Section(hostile).Paragraph(hostile);
        Assert.DoesNotContain("<img", report.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("&lt;img onerror=x&gt;&amp;&quot;&#39;", report.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_have_headers_figures_have_captions_and_verdicts_have_words()
    {
        var body = XDocument.Parse(
            "<body>" + Regex.Match(Gallery.SampleReport().ToHtml(), "<main>.*</main>", RegexOptions.Singleline).Value + "</body>");
        Assert.All(body.Descendants("table"), t => Assert.All(t.Descendants("th"), h => Assert.Equal("col", h.Attribute("scope")!.Value)));
        Assert.All(body.Descendants("figure"), f => Assert.NotEmpty(f.Element("figcaption")!.Value));
        Assert.All(body.Descendants("svg"), s => Assert.NotEmpty(s.Element("desc")!.Value));
        Assert.All(
            body.Descendants("span").Where(s => s.Attribute("class")?.Value.StartsWith("badge", StringComparison.Ordinal) == true),
            b => Assert.Matches("[a-z]{3}", b.Value));
    }

    [Fact]
    public void Columns_of_numbers_are_aligned_and_columns_with_words_are_not()
    {
        var report = new Report("r");
        _ = report.Section("s").Table(["n", "w"], [["1.5", "two"], ["−3e-4", "4"], ["–", "–"]]);
        var html = report.ToHtml();
        Assert.Contains("<th scope=\"col\" class=\"number\">n</th><th scope=\"col\">w</th>", html, StringComparison.Ordinal);
    }

    /// <summary>A page has type of 16 pixels, and a wide figure is shown on at least 742 of them
    /// (a window of 800 less the margins), a slim one on at least 422 (a window of 480).</summary>
    [Fact]
    public void The_text_of_a_figure_is_at_least_four_fifths_of_the_page_s()
    {
        var html = Gallery.SampleReport().ToHtml();
        foreach (var (kind, shown) in new[] { ("wide", 742.0), ("slim", 422.0) })
        {
            var papers = Regex.Matches(html, $"<div class=\"paper {kind}\">.*?</svg>", RegexOptions.Singleline).ToList();
            Assert.NotEmpty(papers);
            foreach (var paper in papers)
            {
                var width = double.Parse(
                    Regex.Match(paper.Value, "viewBox=\"0 0 ([0-9.]+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                Assert.All(
                    Regex.Matches(paper.Value, "<text[^>]* font-size=\"([0-9.]+)\"").Select(m =>
                        double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)),
                    size =>
                        Assert.True(
                            size * shown / width >= 0.8 * 16 * 0.999,
                            $"{size} of {width} points on {shown} pixels is {size * shown / width:F1} pixels."));
            }
        }
    }

    [Fact]
    public void A_number_with_an_exponent_is_never_broken_at_its_sign()
    {
        var report = new Report("r");
        _ = report.Section("s").Paragraph("at most 8.3E-24 of it").Table(["a"], [["0.1 [1.5e-9, −2E+06]"]]);
        var html = report.ToHtml();
        Assert.Contains("at most <span class=\"n\">8.3E-24</span> of it", html, StringComparison.Ordinal);
        Assert.Contains("0.1 [<span class=\"n\">1.5e-9</span>, <span class=\"n\">−2E+06</span>]", html, StringComparison.Ordinal);
        Assert.Contains(".n { white-space: nowrap; }", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_caption_of_a_table_does_not_scroll_away_with_it()
    {
        var report = new Report("r");
        _ = report.Section("s").Table(["a"], [["1"]], "what it shows");
        var html = report.ToHtml();
        Assert.True(
            html.IndexOf("what it shows</p>", StringComparison.Ordinal) < html.IndexOf("<div class=\"frame\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_of_another_length_is_refused()
    {
        var section = new Report("r").Section("s");
        Assert.Contains(
            "row 1 has 1", Assert.Throws<ArgumentException>(() => section.Table(["a", "b"], [["1", "2"], ["3"]])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_report_gives_the_same_bytes_in_a_file_and_in_memory()
    {
        var folder = Directory.CreateTempSubdirectory("kappa-report-").FullName;
        try
        {
            var path = Path.Combine(folder, "inner", "report.html");
            Gallery.SampleReport().WriteTo(path);
            Assert.Equal(Gallery.SampleReport().ToHtml(), File.ReadAllText(path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
