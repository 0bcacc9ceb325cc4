using System.Text;
using Kappa.Certificates;

namespace Kappa.Lab.Certification;

/// <summary>One reference of the sources page.</summary>
/// <param name="Key">Its key there, for example <c>A</c>.</param>
/// <param name="BibKey">Its key in BibTeX.</param>
/// <param name="Authors">Full names.</param>
/// <param name="Title">Title.</param>
/// <param name="Year">Year.</param>
/// <param name="Venue">Where it was published; empty for a preprint.</param>
/// <param name="Arxiv">Identifier on arXiv; empty when there is none.</param>
public sealed record Reference(string Key, string BibKey, IReadOnlyList<string> Authors, string Title, int Year, string Venue = "", string Arxiv = "")
{
    /// <summary>Authors. Title. Venue, identifier, year.</summary>
    public string ToText()
    {
        string[] where = [.. new[] { Venue, Arxiv.Length > 0 ? $"arXiv {Arxiv}" : string.Empty, FormattableString.Invariant($"{Year}") }.Where(part => part.Length > 0)];
        string end = Title.EndsWith('?') ? string.Empty : ".";
        return $"{string.Join(", ", Authors)}. {Title}{end} {string.Join(", ", where)}.";
    }

    /// <summary>The entry of a BibTeX file.</summary>
    public string ToBibTeX()
    {
        var text = new StringBuilder();
        _ = text.Append(Venue.Length > 0 ? "@inproceedings{" : "@misc{").Append(BibKey).Append(",\n");
        Field("author", string.Join(" and ", Authors));
        Field("title", $"{{{Title}}}");
        Field("booktitle", Venue);
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

/// <summary>The references of theorems and runs, as text and as BibTeX. Immutable.</summary>
public static class Bibliography
{
    /// <summary>What was derived for this project is cited as the project.</summary>
    public const string OwnKey = "K";

    /// <summary>Every reference that a theorem may name or a run may use.</summary>
    public static IReadOnlyList<Reference> All { get; } =
    [
        new("A", "qin2025residual", ["Zhen Qin", "Jinxin Zhou", "Jiachen Jiang", "Zhihui Zhu"], "On the Convergence of Gradient Descent on Learning Transformers with Residual Connections", 2025, Arxiv: "2506.05249"),
        new("NM", "nguyen2020global", ["Quynh Nguyen", "Marco Mondelli"], "Global Convergence of Deep Networks with One Wide Layer Followed by Pyramidal Topology", 2020, "NeurIPS", "2002.07867"),
        new("B", "song2024unraveling", ["Bingqing Song", "Boran Han", "Shuai Zhang", "Jie Ding", "Mingyi Hong"], "Unraveling the Gradient Descent Dynamics of Transformers", 2024, "NeurIPS", "2411.07538"),
        new("C", "wu2023convergence", ["Yongtao Wu", "Fanghui Liu", "Grigorios Chrysos", "Volkan Cevher"], "On the Convergence of Encoder-only Shallow Transformers", 2023, "NeurIPS", "2311.01575"),
        new("KB", "kingma2015adam", ["Diederik P. Kingma", "Jimmy Ba"], "Adam: A Method for Stochastic Optimization", 2015, "ICLR", "1412.6980"),
        new("RV", "roy2007effective", ["Olivier Roy", "Martin Vetterli"], "The effective rank: A measure of effective dimensionality", 2007, "EUSIPCO"),
        new("FP", "fernando1994accurate", ["K. Vince Fernando", "Beresford N. Parlett"], "Accurate singular values and differential qd algorithms", 1994, "Numerische Mathematik"),
        new("T", "theil1950rank", ["Henri Theil"], "A rank-invariant method of linear and polynomial regression analysis", 1950, "Proceedings of the Royal Netherlands Academy of Sciences"),
        new("SEN", "sen1968estimates", ["Pranab Kumar Sen"], "Estimates of the regression coefficient based on Kendall's tau", 1968, "Journal of the American Statistical Association"),
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
