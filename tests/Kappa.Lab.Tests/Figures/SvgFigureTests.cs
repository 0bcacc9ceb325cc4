using System.Xml.Linq;
using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class SvgFigureTests
{
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
}
