using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>Whatever a theorem names as its source can be cited.</summary>
public sealed class BibliographyTests
{
    [Fact]
    public void Every_source_of_every_theorem_has_its_reference()
    {
        foreach (Source source in Theorems.All.SelectMany(theorem => theorem.Sources))
        {
            Reference reference = Assert.Single(Bibliography.All, reference => reference.Key == source.Key);
            Assert.Contains(reference.Arxiv, source.Citation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_reference_is_complete_as_text_and_as_BibTeX()
    {
        Reference reference = Bibliography.All.Single(reference => reference.Key == "NM");
        Assert.Equal(
            "Quynh Nguyen, Marco Mondelli. Global Convergence of Deep Networks with One Wide Layer Followed by Pyramidal Topology. "
                + "Advances in Neural Information Processing Systems, arXiv 2002.07867, 2020.",
            reference.ToText());
        Assert.Equal(
            "@inproceedings{nguyen2020global,\n  author = {Quynh Nguyen and Marco Mondelli},\n  title = {{Global Convergence of Deep "
                + "Networks with One Wide Layer Followed by Pyramidal Topology}},\n  booktitle = {Advances in Neural Information "
                + "Processing Systems},\n  year = {2020},\n  eprint = {2002.07867},\n  archivePrefix = {arXiv},\n}",
            reference.ToBibTeX());
    }

    /// <summary>A kind of publication, an entry of BibTeX, and the field that such an entry must have.</summary>
    [Theory]
    [InlineData(PublicationKind.Preprint, "misc", "")]
    [InlineData(PublicationKind.Proceedings, "inproceedings", "booktitle")]
    [InlineData(PublicationKind.Journal, "article", "journal")]
    public void Every_kind_of_publication_has_the_entry_and_the_fields_that_BibTeX_asks_of_it(
        object kind, string entry, string venue)
    {
        Reference[] references = [.. Bibliography.All.Where(reference => reference.Kind.Equals(kind))];
        Assert.NotEmpty(references);
        Assert.All(references, reference =>
        {
            string text = reference.ToBibTeX();
            Assert.StartsWith($"@{entry}{{{reference.BibKey},\n", text, StringComparison.Ordinal);
            string[] fields = [.. text.Split('\n')[1..^1].Select(line => line.Trim().Split(' ')[0])];
            Assert.Superset(new HashSet<string>(["author", "title", "year"]), fields.ToHashSet());
            Assert.Equal(venue.Length > 0 ? [venue] : [], fields.Where(field => field is "booktitle" or "journal"));
        });
        Assert.Equal(3, Enum.GetValues<PublicationKind>().Length);
    }

    [Fact]
    public void The_references_of_some_theorems_are_theirs_alone()
    {
        Assert.Equal(["K"], Bibliography.Of([Theorems.Find("kernel-floor")!]).Select(reference => reference.Key));
        Assert.Equal(["NM", "K"], Bibliography.Of(Theorems.OfResidualTransformer).Select(reference => reference.Key));
    }
}
