using Kappa.Lab.Runs;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Queries, keys and values trained, W_O fixed: softmax against Gaussian at several token scales, at the same step and at each one's own.</summary>
internal static class AllTrainedStudy
{
    private static readonly double[] Multiples = [0.1, 0.3, 1];
    private static readonly bool[] Rules = [true, false];

    public const int Width = 16;

    public const int Heads = 2;

    public static KernelSize Size { get; } = new(4, 4);

    public static TrainedSet Trained { get; } = TrainedSet.Of(ParameterKind.Query, ParameterKind.Key, ParameterKind.Value);

    public static TransformerShape Shape(KernelArm arm) => TransformerShape.KernelAttention(Width, Heads, arm.Kernel);

    // One job a run and a rule; the shared step needs both kernels' eigenvalues, which are cheap.
    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from scale in plan.TokenScales
        from own in Rules
        from arm in KernelArm.All
        from seed in Enumerable.Range(0, plan.Seeds)
        select Job(plan, scale, own, arm, seed);

    /// <summary>The best stable run over <see cref="Multiples"/> of 1/λ_max(K_0), see <see cref="BestRun"/>.</summary>
    public static (double StepSize, double[] Losses) Best(KernelProblem problem, TrainedSet trained, int steps, CancellationToken cancellation)
    {
        SpectrumSummary kernel = problem.Kernel(trained);
        return BestRun.Of(
            Multiples.Select(multiple => multiple / (kernel.SigmaMax * kernel.SigmaMax)).Select(stepSize => (StepSize: stepSize, Losses: problem.Descend(trained, stepSize, steps, cancellation))),
            run => Passage(run.Losses),
            run => run.Losses[^1] / run.Losses[0]);
    }

    /// <summary>The first step with ℒ ≤ 1e-2 ℒ_0, or null.</summary>
    public static int? Passage(double[] losses) => FirstPassage.Of(losses, FirstPassage.Hundredth);

    private static KernelJob Job(KernelsPlan plan, double scale, bool own, KernelArm arm, long seed)
    {
        KernelJob job = null!;
        string setting = FormattableString.Invariant($"Q, K, V trained, token scale {scale}, {(own ? "own" : "same")} step (N={Size.Samples} n={Size.Tokens} D=16 H=2)");
        job = new KernelJob(KernelStudy.AllTrained, setting, arm.Name, seed, $"{plan.AllSteps}", context => Run(job, plan.AllSteps, scale, own, arm, context));
        return job;
    }

    private static KernelRun Run(KernelJob job, int steps, double scale, bool own, KernelArm arm, KernelJobContext context)
    {
        using var problem = KernelProblem.Of(Shape(arm), Size, scale, job.Seed);
        (double stepSize, double[] losses) = own ? Best(problem, Trained, steps, context.Cancellation) : (0, []);
        if (!own)
        {
            stepSize = KernelArm.All.Min(other => SharedStep(other, scale, job.Seed));
            losses = problem.Descend(Trained, stepSize, steps, context.Cancellation);
        }

        int? passage = Passage(losses);
        return job.Measured(
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Quantity.Scale] = scale,
                [Quantity.StepSize] = stepSize,
                [Quantity.EndFraction] = losses[^1] / losses[0],
                [Quantity.Passage] = passage ?? double.NaN,
                [Quantity.Budget] = steps,
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Quantity.Loss] = losses });
    }

    // 0.3/λ_max(K_0) of the kernel with the larger eigenvalue: stable for both.
    private static double SharedStep(KernelArm arm, double scale, long seed)
    {
        using var problem = KernelProblem.Of(Shape(arm), Size, scale, seed);
        double sigma = problem.Kernel(Trained).SigmaMax;
        return Multiples[1] / (sigma * sigma);
    }
}
