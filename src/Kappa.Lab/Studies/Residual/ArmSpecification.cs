using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The specification of each run of the reproduction: an ordinary <c>kappa run</c> that anyone can repeat.</summary>
internal static class ArmSpecification
{
    /// <summary>"Own step" of the claims: the best of these multiples of 1/λ_max(K_0).</summary>
    public static StepSizeSpecification OwnStep { get; } = StepSizeSpecification.Best(0.1, 0.3, 1);

    /// <summary>What the claims read of a comparison run, at every step.</summary>
    private static readonly TelemetryQuantities Conditioning = TelemetryQuantities.Of("output.conditionNumber", "output.sigmaMin");

    // Ten decades below the target leave the late rate a long window; further down only rounding is measured.
    private const double LossFloor = 1e-20;

    // A run without residuals that has stalled is stationary to rounding: its gradient, of order
    // 1 at the start, then is near 1e-15. A converging one passes here only below the loss floor.
    private const double GradientTolerance = 1e-12;

    /// <summary>The specification of an arm on a case.</summary>
    /// <remarks>Tokens and targets N(0, 1/d), LeCun initialisation, smooth leaky ReLU (0.1, 0.5), branches scaled by 1/√L.</remarks>
    /// <param name="problem">Problem and seed.</param>
    /// <param name="arm">The connections it keeps.</param>
    /// <param name="stepSize">The rule.</param>
    /// <param name="steps">Most steps.</param>
    /// <param name="spectra">Whether the conditioning of the attention outputs is recorded at every step, or losses alone.</param>
    public static ExperimentSpecification Of(
        LearningProblem problem, Arm arm, StepSizeSpecification stepSize, int steps, bool spectra = false) =>
        new()
        {
            Model = new ModelSpecification
            {
                Depth = problem.Depth,
                Width = problem.Size.Width,
                FfnWidth = problem.Size.FfnWidth,
                AttentionResidual = arm.AttentionResidual,
                FfnResidual = arm.FfnResidual,
            },
            Data = new DataSpecification
            {
                Source = problem.Source,
                Samples = problem.Size.Samples,
                Tokens = problem.Size.Tokens,
                TeacherResidual = problem.Source == DataSource.Teacher ? 1 : null,
            },
            Initialisation = new InitialisationSpecification
            {
                Scheme = Kappa.Descent.InitialisationScheme.LeCun,
                QueryGain = problem.QueryKeyScale,
                KeyGain = problem.QueryKeyScale,
                BranchScale = BranchScale.InverseSqrtDepth,
            },
            Descent = new DescentSpecification
            { StepSize = stepSize, Steps = steps, LossFloor = LossFloor, GradientTolerance = GradientTolerance },
            Telemetry = new TelemetrySpecification
            { Quantities = spectra ? Conditioning : TelemetryQuantities.Of("loss"), SpectraAt = SpectraSchedule.None },
            Seed = problem.Seed,
        };

    /// <summary>The command that repeats a run, ready to be pasted into a shell.</summary>
    public static string Command(ExperimentSpecification specification) =>
        $"kappa run {string.Join(' ', SpecificationWriter.Changes(specification).Select(ShellWord.Of))}";
}
