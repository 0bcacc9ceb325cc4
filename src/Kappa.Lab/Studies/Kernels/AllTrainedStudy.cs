using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Queries, keys and values trained, W_O fixed: softmax against Gaussian
/// at several token scales, at the same step and at each one's own.</summary>
internal static class AllTrainedStudy
{
    private static readonly double[] Multiples = [0.1, 0.3, 1];
    private static readonly bool[] Rules = [true, false];

    public const int Width = 16;

    public const int Heads = 2;

    public static KernelSize Size { get; } = new(4, 4);

    // The shared step needs both kernels' eigenvalues, which are cheap.
    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from scale in plan.TokenScales
        from own in Rules
        from arm in KernelArm.All
        from seed in Enumerable.Range(0, plan.Seeds)
        select Job(plan, scale, own, arm, seed);

    /// <summary>The first step with ℒ ≤ 1e-2 ℒ_0, or null.</summary>
    public static int? Passage(double[] losses) => FirstPassage.Of(losses, FirstPassage.Hundredth);

    private static KernelJob Job(KernelsPlan plan, double scale, bool own, KernelArm arm, long seed)
    {
        string setting = FormattableString.Invariant(
            $"Q, K, V trained, token scale {scale}, {(own ? "own" : "same")} step (N={Size.Samples} n={Size.Tokens} D=16 H=2)");
        return new KernelJob(
            KernelStudy.AllTrained, setting, arm.Name, seed,
            () =>
                own
                    ? Tried(KernelSpecifications.AllTrained(arm, scale, 1, plan.AllSteps, seed))
                    : [AtSharedStep(KernelSpecifications.AllTrained(arm, scale, 1, plan.AllSteps, seed))],
            runs =>
            {
                KernelReading reading = KernelReading.OfBest(runs, plan.AllSteps);
                reading.Numbers[Quantity.Scale] = scale;
                return reading;
            });
    }

    /// <summary>A run at each of the multiples of 1/λ_max(K_0).</summary>
    public static IReadOnlyList<ExperimentSpecification> Tried(ExperimentSpecification run) =>
        [.. Multiples.Select(multiple => run with { Descent = run.Descent with { StepSize = StepSizeSpecification.Auto(multiple) } })];

    // 0.3/λ_max(K_0) of the kernel with the larger eigenvalue: stable for both.
    private static ExperimentSpecification AtSharedStep(ExperimentSpecification run)
    {
        double stepSize = KernelArm.All.Min(arm =>
        {
            ExperimentSpecification other = run with { Model = run.Model with { Kernel = arm.Kernel.Kind } };
            using var start = Experiment.Prepare(Tried(other)[1]);
            return start.StepSize;
        });
        return run with { Descent = run.Descent with { StepSize = StepSizeSpecification.Fixed(stepSize) } };
    }
}
