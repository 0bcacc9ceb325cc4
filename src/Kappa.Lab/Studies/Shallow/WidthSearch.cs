namespace Kappa.Lab.Studies.Shallow;

/// <summary>The smallest width that converges on N samples: T(1e-2) within the budget at the run's step.</summary>
/// <param name="Template">Everything but the width.</param>
/// <param name="Widths">The widths tried, ascending.</param>
internal sealed record WidthSearch(EncoderRun Template, IReadOnlyList<int> Widths)
{
    /// <summary>The run of a width.</summary>
    public EncoderRun At(int width) => Template with { Width = width };

    /// <summary>What was found; <paramref name="width"/> is 0 where none converges.</summary>
    public WidthSearchResult Found(int width) => new(Template.Sizes.Samples, Template.Seed, width > 0 ? width : Widths[^1], width == 0);
}

/// <summary>What a search found.</summary>
/// <param name="Samples">N.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Width">The width, or the largest that was tried.</param>
/// <param name="IsLowerBound">Whether none converged.</param>
internal sealed record WidthSearchResult(int Samples, long Seed, double Width, bool IsLowerBound);
