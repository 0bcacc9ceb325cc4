using System.Globalization;
using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>The name of a measured part of a layer: <c>l0.branch</c>, <c>l0.head1.branch</c>, <c>l0.output</c>.</summary>
/// <param name="Layer">Layer number from 0.</param>
/// <param name="Part">What follows it.</param>
public sealed record PartName(int Layer, string Part)
{
    private static readonly string BranchName = PartOf(LayerPart.AttentionBranch), OutputName = PartOf(LayerPart.AttentionOutput);

    /// <summary>As it stands in the name of a column.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"l{Layer}.{Part}");

    /// <summary>Whether it is the attention branch, all heads together.</summary>
    public bool IsBranch => Part == BranchName;

    /// <summary>Whether it is the attention output H.</summary>
    public bool IsOutput => Part == OutputName;

    /// <summary>Whether it is what one head adds to the branch.</summary>
    public bool IsHead => Part.EndsWith($".{BranchName}", StringComparison.Ordinal);

    /// <summary>The part in words, for panels.</summary>
    public string Words => IsHead ? $"branch of {Part[..^(BranchName.Length + 1)].Replace("head", "head ", StringComparison.Ordinal)}"
        : Part == PartOf(LayerPart.AttentionNorm) ? "normalised input"
        : Part == PartOf(LayerPart.AttentionOutputNorm) ? "normalised attention output"
        : Part == PartOf(LayerPart.OutputNorm) ? "normalised block output"
        : $"attention {Part}";

    /// <summary>The parts whose singular values are among some columns, in their order.</summary>
    /// <param name="columns">Columns of telemetry.</param>
    public static IEnumerable<PartName> In(IEnumerable<string> columns)
    {
        string last = "." + Quantities.SigmaMax.Name;
        foreach (string column in columns.Where(column => column.EndsWith(last, StringComparison.Ordinal)))
        {
            int dot = column.IndexOf('.', StringComparison.Ordinal);
            if (column[0] == 'l' && dot < column.Length - last.Length
                && int.TryParse(column.AsSpan(1, dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int layer))
            {
                yield return new PartName(layer, column[(dot + 1)..^last.Length]);
            }
        }
    }

    /// <summary>A part of a layer by what it is.</summary>
    /// <param name="layer">Layer number from 0.</param>
    /// <param name="part">The part; none of a single head.</param>
    public static PartName Of(int layer, LayerPart part) => new(layer, PartOf(part));

    private static string PartOf(LayerPart part) => LayerMatrix.NameOf(0, part)["l0.".Length..];
}
