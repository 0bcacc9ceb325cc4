using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>The smallest width that converges on N samples: T(1e-2) within the budget at the run's step.</summary>
/// <param name="Template">Everything but the width.</param>
/// <param name="Widths">The widths tried, ascending.</param>
internal sealed record WidthSearch(EncoderRun Template, IReadOnlyList<int> Widths)
{
    public string Identity => $"{Template.Identity} widths {string.Join(' ', Widths)}";

    /// <summary>Tries from the smallest on and stops at the first that converges: convergence need not be monotone in the width, so there is no bisection.</summary>
    public Checkpoint Run(CancellationToken cancellation)
    {
        Checkpoint record = JobStore.NewRecord();
        int found = Widths.FirstOrDefault(width => !EncoderOutcome.Of(Template with { Width = width }, cancellation).StepsToTarget.IsLowerBound);
        record.AddNumber("width", found);
        return record;
    }

    public WidthSearchResult Read(Checkpoint record)
    {
        double width = record.GetNumber("width");
        return new WidthSearchResult(Template.Sizes.Samples, Template.Seed, width > 0 ? width : Widths[^1], width == 0);
    }
}

/// <summary>What a search found.</summary>
/// <param name="Samples">N.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Width">The width, or the largest that was tried.</param>
/// <param name="IsLowerBound">Whether none converged.</param>
internal sealed record WidthSearchResult(int Samples, long Seed, double Width, bool IsLowerBound);
