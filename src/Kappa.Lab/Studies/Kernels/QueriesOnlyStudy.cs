using Kappa.Lab.Store;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Queries only (G.5): n = 2, D = d = 8; with 6 heads inside the window H(n−1) &lt; D ≤ Hn, with 10 outside.</summary>
internal static class QueriesOnlyStudy
{
    public const int Width = 8;

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
        string setting = FormattableString.Invariant(
            $"H={heads}, {(IsInside(heads) ? "inside" : "outside")} the window, targets within {100 * distance:F0} % of F_0");
        return new KernelJob(
            KernelStudy.QueriesOnly, setting, arm.Name, seed,
            () => KernelSpecifications.QueriesOnly(arm, heads, distance, plan.QuerySteps, seed),
            run => Read(run, plan.QuerySteps, heads));
    }

    private static KernelReading Read(RunRecord run, int steps, int heads)
    {
        Dictionary<string, double> start = KernelReading.AtStart(run, KernelStudy.QueriesOnly, at => new(StringComparer.Ordinal)
        {
            [Measured.JacobianRank] =
                JacobianMatrix.Spectrum(JacobianMatrix.Of(at.Model, at.Initial, at.Trained), out _).NumericalRank,
        });
        (double stepSize, double[] losses) = KernelReading.Path(run);
        return new(
            new Dictionary<string, double>(start, StringComparer.Ordinal)
            {
                [Measured.Heads] = heads,
                [Measured.StepSize] = stepSize,
                [Measured.Outputs] = Size.Rows * Width,
                [Measured.EndFraction] = losses[^1] / losses[0],
                [Measured.Budget] = steps,
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Measured.Loss] = losses });
    }
}
