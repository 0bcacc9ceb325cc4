using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Queries, keys and values trained, W_O fixed: softmax against Gaussian
/// at several token scales, at the same step and at each one's own.</summary>
internal static class AllTrainedStudy
{
    /// <summary>An arm's own step: the best of these multiples of 1/λ_max(K_0).</summary>
    public static StepSizeSpecification OwnStep { get; } = StepSizeSpecification.Best(0.1, 0.3, 1);

    // Of 1/λ_max(K_0), the larger one: stable for both kernels.
    private const double SharedMultiple = 0.3;
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
            () => KernelSpecifications.AllTrained(arm, scale, plan.AllSteps, seed) is var run && own ? run : AtSharedStep(run),
            run =>
            {
                KernelReading reading = KernelReading.OfDescent(run, plan.AllSteps);
                reading.Numbers[Measured.Scale] = scale;
                return reading;
            });
    }

    private static ExperimentSpecification AtSharedStep(ExperimentSpecification run)
    {
        double stepSize = KernelArm.All.Min(arm =>
        {
            using var start = Experiment.Prepare(
                run with
                {
                    Model = run.Model with { Kernel = arm.Kernel.Kind },
                    Descent = run.Descent with { StepSize = StepSizeSpecification.Auto(SharedMultiple) },
                });
            return start.StepSize;
        });
        return run with { Descent = run.Descent with { StepSize = StepSizeSpecification.Fixed(stepSize) } };
    }
}
