using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Queries only (G.5): n = 2, D = d = 8; with 6 heads inside the window H(n−1) &lt; D ≤ Hn, with 10 outside.</summary>
internal static class QueriesOnlyStudy
{
    public const int Width = 8;

    // 1/λ_max(K_0): the targets are near F_0, so the problem is nearly linear and this step is stable.
    private const double Multiple = 1;

    private static readonly int[] HeadCounts = [6, 10];
    private static readonly double[] Distances = [0.03, 0.1];

    public static KernelSize Size { get; } = new(2, 2);

    /// <summary>Whether a softmax's Jacobian cannot have full rank and a Gaussian's can.</summary>
    public static bool IsInside(double heads) => heads * (Size.Tokens - 1) < Width && Width <= heads * Size.Tokens;

    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from heads in HeadCounts
        from distance in Distances
        from arm in KernelArm.All
        from seed in Enumerable.Range(0, plan.Seeds)
        select Job(plan, heads, distance, arm, seed);

    private static KernelJob Job(KernelsPlan plan, int heads, double distance, KernelArm arm, long seed)
    {
        KernelJob job = null!;
        string setting = FormattableString.Invariant($"H={heads}, {(IsInside(heads) ? "inside" : "outside")} the window, targets within {100 * distance:F0} % of F_0");
        job = new KernelJob(KernelStudy.QueriesOnly, setting, arm.Name, seed, $"{plan.QuerySteps}", context => Run(job, plan.QuerySteps, heads, distance, arm, context));
        return job;
    }

    private static KernelRun Run(KernelJob job, int steps, int heads, double distance, KernelArm arm, KernelJobContext context)
    {
        var shape = TransformerShape.KernelAttention(Width, heads, arm.Kernel) with { KeyWidth = Width, ValueWidth = Width };
        using var problem = KernelProblem.Local(shape, Size, distance, job.Seed);
        var queries = TrainedSet.Of(ParameterKind.Query);
        SpectrumSummary kernel = problem.Kernel(queries);
        double stepSize = Multiple / (kernel.SigmaMax * kernel.SigmaMax);
        double[] losses = problem.Descend(queries, stepSize, steps, context.Cancellation);
        return job.Measured(
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Quantity.Heads] = heads,
                [Quantity.StepSize] = stepSize,
                [Quantity.JacobianRank] = kernel.NumericalRank,
                [Quantity.Outputs] = Size.Rows * Width,
                [Quantity.EndFraction] = losses[^1] / losses[0],
                [Quantity.Budget] = steps,
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Quantity.Loss] = losses });
    }
}
