using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>How the step size of a comparison run was chosen.</summary>
internal enum StepRule
{
    /// <summary>The arm's own best of 0.1, 0.3 and 1 times 1/λ_max(K_0); the monotone adaptive rule where all three diverge.</summary>
    Own,

    /// <summary>The smallest own step of the arms compared, used by all of
    /// them; arms whose own rule is adaptive have no step to compare.</summary>
    Same,
}

/// <summary>One run of one arm on one case: what the claims are judged on.</summary>
/// <param name="Problem">Problem and seed.</param>
/// <param name="Arm">Which connections it keeps.</param>
/// <param name="Rule">How its step was chosen.</param>
/// <param name="StepSize">η; under the adaptive rule the first one tried.</param>
/// <param name="StepSizeRule">The specification's rule for it, for example <c>auto(0.3)</c>.</param>
/// <param name="LargestEigenvalue">λ_max of the kernel at the start.</param>
/// <param name="Budget">Most steps.</param>
/// <param name="Stop">Why the run ended.</param>
/// <param name="StallLevel">½ Σ_i ‖Y_i − 1ȳ_iᵀ‖²: the loss of the best output that is constant over the tokens of each sample.</param>
/// <param name="Rate">The fit of the late rate.</param>
/// <param name="Path">The recorded path.</param>
internal sealed record ArmRun(
    LearningProblem Problem, Arm Arm, StepRule Rule, double StepSize, StepSizeSpecification StepSizeRule, double LargestEigenvalue,
    int Budget, StopReason Stop, double StallLevel, RateFit Rate, ArmPath Path)
{
    /// <summary>The loss fraction whose first passage T(1e-2) the first claim compares.</summary>
    public const double Target = Runs.FirstPassage.Hundredth;

    /// <summary>The name of its run folder.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The specification of its run.</summary>
    public ExperimentSpecification? Specification { get; init; }

    /// <summary>Whether its step size changes along the run.</summary>
    public bool IsAdaptive => StepSizeRule.Kind == StepSizeKind.Adaptive;

    /// <summary>Recorded steps: one more than the updates made, because step 0 is recorded too.</summary>
    public int Steps => Path.Loss.Length;

    /// <summary>The last loss over the first.</summary>
    public double FinalFraction => Path.Loss[^1] / Path.Loss[0];

    /// <summary>The last loss over the stall level.</summary>
    public double FinalOverStallLevel => Path.Loss[^1] / StallLevel;

    /// <summary>T(1e-2), the first step with ℒ ≤ 1e-2 ℒ_0, or, when it was
    /// not reached, one more than the step budget as a lower bound.</summary>
    /// <remarks>The budget counts and not the steps made: a run that diverged or came to rest
    /// early does not reach the target at any later step either, and must not look fast.</remarks>
    public (double Value, bool IsLowerBound) StepsToTarget => Path.FirstPassage(Target) is { } step ? (step, false) : (Budget + 1.0, true);
}

/// <summary>Per-step series of one run; index k is step k.</summary>
/// <param name="Loss">ℒ_k.</param>
/// <param name="ConditionNumber">κ(H) of the last layer.</param>
/// <param name="SigmaMinRatio">min over layers of σ_M(H_l) at step k over its value at step 0.</param>
/// <param name="LayerSigmaMin">σ_M(H_l) by layer, for the heat map; null when it is not kept.</param>
internal sealed record ArmPath(double[] Loss, double[] ConditionNumber, double[] SigmaMinRatio, double[][]? LayerSigmaMin)
{
    /// <summary>The first step with ℒ ≤ fraction·ℒ_0, or null.</summary>
    /// <param name="fraction">Fraction of the initial loss.</param>
    public int? FirstPassage(double fraction) => Runs.FirstPassage.Of(Loss, fraction);
}
