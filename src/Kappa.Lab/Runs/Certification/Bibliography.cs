using System.Text;
using Kappa.Certificates;

namespace Kappa.Lab.Runs.Certification;

/// <summary>One reference of the sources page.</summary>
/// <param name="Key">Its key there, for example <c>A</c>.</param>
/// <param name="BibKey">Its key in BibTeX.</param>
/// <param name="Authors">Full names.</param>
/// <param name="Title">Title.</param>
/// <param name="Year">Year.</param>
/// <param name="Venue">Proceedings or journal; empty for a preprint.</param>
/// <param name="Arxiv">Identifier on arXiv; empty when there is none.</param>
internal sealed record Reference(
    string Key, string BibKey, IReadOnlyList<string> Authors, string Title, int Year, string Venue = "", string Arxiv = "")
{
    /// <summary>What kind of publication it is, which its BibTeX entry must say.</summary>
    public PublicationKind Kind { get; init; } = Venue.Length > 0 ? PublicationKind.Proceedings : PublicationKind.Preprint;

    /// <summary>Volume of the journal; empty elsewhere.</summary>
    public string Volume { get; init; } = "";

    /// <summary>Pages; empty where they are not known here.</summary>
    public string Pages { get; init; } = "";

    /// <summary>Authors. Title. Venue, identifier, year.</summary>
    public string ToText()
    {
        string venue = Venue + (Volume.Length > 0 ? $" {Volume}" : string.Empty)
            + (Pages.Length > 0 ? $":{Pages.Replace("--", "–", StringComparison.Ordinal)}" : string.Empty);
        string[] where = [
            .. new[]
            {
                venue, Arxiv.Length > 0 ? $"arXiv {Arxiv}" : string.Empty, FormattableString.Invariant($"{Year}"),
            }.Where(part => part.Length > 0)];
        string end = Title.EndsWith('?') ? string.Empty : ".";
        return $"{string.Join(", ", Authors)}. {Title}{end} {string.Join(", ", where)}.";
    }

    /// <summary>The entry of a BibTeX file.</summary>
    public string ToBibTeX()
    {
        var text = new StringBuilder();
        string entry = Kind switch
        {
            PublicationKind.Journal => "article",
            PublicationKind.Proceedings => "inproceedings",
            _ => "misc",
        };
        _ = text.Append('@').Append(entry).Append('{').Append(BibKey).Append(",\n");
        Field("author", string.Join(" and ", Authors));
        Field("title", $"{{{Title}}}");
        Field(Kind == PublicationKind.Journal ? "journal" : "booktitle", Venue);
        Field("volume", Volume);
        Field("pages", Pages);
        Field("year", FormattableString.Invariant($"{Year}"));
        Field("eprint", Arxiv);
        Field("archivePrefix", Arxiv.Length > 0 ? "arXiv" : string.Empty);
        return text.Append('}').ToString();

        void Field(string name, string value)
        {
            if (value.Length > 0)
            {
                _ = text.Append("  ").Append(name).Append(" = {").Append(value).Append("},\n");
            }
        }
    }
}

/// <summary>Kinds of publications.</summary>
internal enum PublicationKind
{
    /// <summary>Not published elsewhere: <c>@misc</c>, with its identifier on arXiv if it has one.</summary>
    Preprint,

    /// <summary>A paper of a conference: <c>@inproceedings</c>.</summary>
    Proceedings,

    /// <summary>A paper of a journal: <c>@article</c>.</summary>
    Journal,
}

/// <summary>The references of theorems and runs, as text and as BibTeX. Immutable.</summary>
internal static class Bibliography
{
    /// <summary>What was derived for this project is cited as the project.</summary>
    public const string OwnKey = "K";

    /// <summary>Every reference that a theorem may name or a run may use.</summary>
    public static IReadOnlyList<Reference> All { get; } =
    [
        new(
            "A", "qin2025residual", ["Zhen Qin", "Jinxin Zhou", "Jiachen Jiang", "Zhihui Zhu"],
            "On the Convergence of Gradient Descent on Learning Transformers with Residual Connections", 2025, Arxiv: "2506.05249"),
        new(
            "NM", "nguyen2020global", ["Quynh Nguyen", "Marco Mondelli"],
            "Global Convergence of Deep Networks with One Wide Layer Followed by Pyramidal Topology", 2020,
            "Advances in Neural Information Processing Systems", "2002.07867"),
        new(
            "B", "song2024unraveling", ["Bingqing Song", "Boran Han", "Shuai Zhang", "Jie Ding", "Mingyi Hong"],
            "Unraveling the Gradient Descent Dynamics of Transformers", 2024, "Advances in Neural Information Processing Systems",
            "2411.07538"),
        new(
            "C", "wu2023convergence", ["Yongtao Wu", "Fanghui Liu", "Grigorios Chrysos", "Volkan Cevher"],
            "On the Convergence of Encoder-only Shallow Transformers", 2023, "Advances in Neural Information Processing Systems",
            "2311.01575"),
        new(
            "KB", "kingma2015adam", ["Diederik P. Kingma", "Jimmy Ba"], "Adam: A Method for Stochastic Optimization", 2015,
            "International Conference on Learning Representations", "1412.6980"),
        new(
            "RV", "roy2007effective", ["Olivier Roy", "Martin Vetterli"], "The effective rank: A measure of effective dimensionality", 2007,
            "European Signal Processing Conference (EUSIPCO)") { Pages = "606--610" },
        new(
            "FP", "fernando1994accurate", ["K. Vince Fernando", "Beresford N. Parlett"],
            "Accurate singular values and differential qd algorithms", 1994,
            "Numerische Mathematik") { Kind = PublicationKind.Journal, Volume = "67", Pages = "191--229" },
        new(
            "T", "theil1950rank", ["Henri Theil"], "A rank-invariant method of linear and polynomial regression analysis", 1950,
            "Proceedings of the Royal Netherlands Academy of Sciences") { Kind = PublicationKind.Journal, Volume = "53" },
        new(
            "SEN", "sen1968estimates", ["Pranab Kumar Sen"], "Estimates of the regression coefficient based on Kendall's tau", 1968,
            "Journal of the American Statistical Association") { Kind = PublicationKind.Journal, Volume = "63", Pages = "1379--1389" },
        new(OwnKey, "kappa", ["The Kappa authors"], "Kappa: when, how fast and why does gradient descent converge on a Transformer?", 2026),
    ];

    /// <summary>The references of theorems, each once, in the order of the list.</summary>
    /// <param name="theorems">The theorems.</param>
    public static IReadOnlyList<Reference> Of(IEnumerable<Theorem> theorems)
    {
        ArgumentNullException.ThrowIfNull(theorems);
        HashSet<string> keys = [.. theorems.SelectMany(theorem => theorem.Sources).Select(source => source.Key)];
        return [.. All.Where(reference => keys.Contains(reference.Key))];
    }
}
