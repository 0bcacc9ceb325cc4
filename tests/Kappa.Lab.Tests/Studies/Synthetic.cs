using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies.Residual;
using Kappa.Spectra;

namespace Kappa.Lab.Tests.Studies;

/// <summary>Runs made up number by number, to see each verdict come out.</summary>
internal static class Synthetic
{
    public const int Budget = 100;

    public static ProblemSize Size { get; } = new(2, 4, 16, 32);

    /// <summary>One run; by default it converges linearly with ratio 0.7 a step, κ(H) = 4, σ_M(H) constant.</summary>
    public static ArmRun Run(
        Arm arm,
        long seed = 0,
        int depth = 1,
        double queryKeyScale = 1,
        StepRule rule = StepRule.Own,
        double[]? loss = null,
        double conditionNumber = 4,
        double[]? pathConditionNumber = null,
        double[]? sigmaMinRatio = null,
        StopReason stop = StopReason.StepBudget,
        double stallLevel = 0.5)
    {
        loss ??= Geometric(0.7);
        return new ArmRun(
            new LearningProblem(Size, DataSource.Gaussian, depth, queryKeyScale, seed), arm, rule, 0.1, StepSizeSpecification.Auto(1), 10,
            Budget, stop, stallLevel,
            RateFit.Of(loss), new ArmPath(loss, pathConditionNumber ?? Constant(conditionNumber), sigmaMinRatio ?? Constant(1), null));
    }

    /// <summary>ℒ_k = ratioᵏ for k = 0 … budget.</summary>
    public static double[] Geometric(double ratio) => [.. Enumerable.Range(0, Budget + 1).Select(k => Math.Pow(ratio, k))];

    /// <summary>A loss that falls to <paramref name="level"/> and stays there.</summary>
    public static double[] Levelling(double level) => [.. Geometric(0.5).Select(loss => level + ((1 - level) * loss))];

    public static double[] Constant(double value) => [.. Enumerable.Repeat(value, Budget + 1)];

    /// <summary>The three arms on three seeds.</summary>
    public static ArmRun[] Arms(Func<long, ArmRun> residual, Func<Arm, long, ArmRun> without) =>
    [
        .. from seed in new long[] { 0, 1, 2 }
           from arm in Arm.All
           select arm == Arm.Residual ? residual(seed) : without(arm, seed),
    ];

    /// <summary>A run of the rate grid with log late rate = exponent · log κ.</summary>
    public static RatePoint Point(
        double conditionNumber, double exponent, long seed, TrainedPart trains = TrainedPart.All, double? endConditionNumber = null)
    {
        double rate = 0.9 * Math.Pow(conditionNumber, exponent);
        var fit = new RateFit { Outcome = RateOutcome.Linear, Explanation = "made up", LateSlope = Math.Log(1 - rate) };
        return new RatePoint(
            trains, 1, 1, 1, 1, seed, 0.1, conditionNumber, endConditionNumber ?? conditionNumber, conditionNumber, rate, rate, fit);
    }
}
