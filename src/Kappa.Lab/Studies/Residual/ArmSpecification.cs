using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The specification of each comparison run, so that every run of the reproduction is also a <c>kappa run</c> that anyone can repeat.</summary>
internal static class ArmSpecification
{
    /// <summary>The specification of an arm on a case.</summary>
    /// <remarks>Tokens and targets N(0, 1/d), LeCun initialisation, smooth leaky ReLU (0.1, 0.5), branches scaled by 1/√L.</remarks>
    public static ExperimentSpecification Of(LearningProblem problem, Arm arm, StepSizeSpecification stepSize, int steps) => new()
    {
        Model = new ModelSpecification
        {
            Depth = problem.Depth,
            Width = problem.Size.Width,
            FfnWidth = problem.Size.FfnWidth,
            AttentionResidual = arm.AttentionResidual,
            FfnResidual = arm.FfnResidual,
        },
        Data = new DataSpecification { Source = problem.Source, Samples = problem.Size.Samples, Tokens = problem.Size.Tokens, TeacherResidual = problem.Source == DataSource.Teacher ? 1 : null },
        Initialisation = new InitialisationSpecification
        {
            Scheme = Kappa.Descent.InitialisationScheme.LeCun,
            QueryGain = problem.QueryKeyScale,
            KeyGain = problem.QueryKeyScale,
            BranchScale = BranchScale.InverseSqrtDepth,
        },
        Descent = new DescentSpecification { StepSize = stepSize, Steps = steps, LossFloor = LossFloor, GradientTolerance = GradientTolerance },
        Seed = problem.Seed,
    };

    // Ten decades below the target leave the late rate a long window; further down only rounding is measured.
    private const double LossFloor = 1e-20;

    // A run without residuals that has stalled is stationary to rounding: its gradient, of order 1 at the start, then is near 1e-15. A converging one passes here only below the loss floor.
    private const double GradientTolerance = 1e-12;

    /// <summary>The command that repeats a run, ready to be pasted into a shell: the parentheses of a step-size rule are quoted.</summary>
    public static string Command(ExperimentSpecification specification)
    {
        ModelSpecification model = specification.Model;
        DataSpecification data = specification.Data;
        InitialisationSpecification start = specification.Initialisation;
        return FormattableString.Invariant(
            $"kappa run depth={model.Depth} width={model.Width} ffnWidth={model.FfnWidth} attentionResidual={model.AttentionResidual} ffnResidual={model.FfnResidual} source={data.Source.ToString().ToLowerInvariant()} samples={data.Samples} tokens={data.Tokens}{(data.TeacherResidual is null ? string.Empty : " teacherResidual=1")} scheme=leCun queryGain={start.QueryGain} keyGain={start.KeyGain} branchScale=inverseSqrtDepth 'stepSize={specification.Descent.StepSize}' steps={specification.Descent.Steps} lossFloor={specification.Descent.LossFloor} gradientTolerance={specification.Descent.GradientTolerance} seed={specification.Seed}");
    }
}
