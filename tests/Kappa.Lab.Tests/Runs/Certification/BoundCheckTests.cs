using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>The comparison of a guarantee with what happens notices everything that is promised and not kept.</summary>
public sealed class BoundCheckTests : IDisposable
{
    private readonly Experiment _experiment;
    private readonly ResidualTransformerPoint _point;

    public BoundCheckTests()
    {
        ExperimentSpecification specification = SpecificationReader.Read(
            null, ["width=8", "ffnWidth=32", "samples=1", "tokens=3"]).Specification!;
        _experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
        _point = new ResidualTransformerPoint(
            _experiment.Data.Inputs, _experiment.Data.Samples, _experiment.Data.Targets, _experiment.InitialWeights, _experiment.Trained);
    }

    // Made, and true for this point: 1e-4 is far slower than it goes.
    private static Guarantee Modest => new() { StepSize = 0.05, LargestStepSize = 0.05, Rate = 1e-4, PlConstant = 2e-3, Radii = [] };

    public void Dispose()
    {
        _point.Dispose();
        _experiment.Dispose();
    }

    [Fact]
    public void A_kept_guarantee_is_certified_with_the_measured_rate()
    {
        BoundObservation observation = Descend(Modest)!;
        Assert.True(observation.Holds, observation.Violation);
        Assert.Equal(100, observation.Steps);
        var losses = new List<double>();
        var descent = new GradientDescent(
            _experiment.Model, new DescentOptions { StepSize = StepSizeRule.Fixed(0.05), MaximumSteps = 100 });
        _ = descent.Run(
            descent.Start(_experiment.InitialWeights), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(1 - Math.Pow(losses[100] / losses[0], 0.01), observation.MeasuredRate, 1e-12);
        Assert.Equal(Math.Log(1 - observation.MeasuredRate) / Math.Log(1 - 1e-4), observation.Ratio, 1e-6 * observation.Ratio);
        Assert.Equal(CertificationGrade.Certified, TheoremFinding.GradeOf(Made(Modest), observation, null));
        Assert.Equal(CertificationGrade.Guaranteed, TheoremFinding.GradeOf(Made(Modest)));
    }

    [Fact]
    public void A_rate_that_is_not_kept_is_a_contradiction()
    {
        BoundObservation observation = Descend(Modest with { Rate = 0.9 })!;
        Assert.Contains("after 1 steps the loss is", observation.Violation, StringComparison.Ordinal);
        Assert.Equal(CertificationGrade.Contradicted, TheoremFinding.GradeOf(Made(Modest), observation));
    }

    [Fact]
    public void A_matrix_that_moves_too_far_is_a_contradiction()
    {
        ParameterBlock block = _point.Weights.Layout.Blocks[^1];
        BoundObservation observation = Descend(Modest with { Radii = [new BlockRadius(block, 1e-6)] })!;
        Assert.Contains($"{block.Name} has moved by", observation.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descent_that_blows_up_is_a_contradiction()
    {
        Assert.NotNull(Descend(Modest with { StepSize = 1e6 })!.Violation);
    }

    [Fact]
    public void What_rests_on_an_estimate_is_never_certified()
    {
        Certificate estimated = Made(Modest) with
        { Conditions = [new Condition("c", "c", "C.9", 1, ConditionRelation.Above, 0) { Grade = ConstantGrade.Estimated }] };
        BoundObservation kept = Descend(Modest)!;
        Assert.Equal(CertificationGrade.Consistent, TheoremFinding.GradeOf(estimated, kept));
        Assert.Equal(CertificationGrade.NotCertified, TheoremFinding.GradeOf(estimated));
        Assert.Equal(CertificationGrade.NotCertified, TheoremFinding.GradeOf(estimated, kept, kept with { Violation = "no" }));

        // A constant that no hypothesis rests on is there for orientation.
        Certificate oriented = Made(Modest) with { Constants = [new Constant("c", "c", "C.9", 1, ConstantGrade.Estimated)] };
        Assert.Equal(CertificationGrade.Certified, TheoremFinding.GradeOf(oriented, kept));
        Assert.Equal(CertificationGrade.Guaranteed, TheoremFinding.GradeOf(oriented));
    }

    [Fact]
    public void Steps_in_single_precision_are_no_evidence_for_or_against_a_theorem()
    {
        BoundObservation kept = Descend(Modest)! with { Precision = Precision.Single };
        BoundObservation departed = Descend(Modest with { Rate = 0.9 })! with { Precision = Precision.Single };
        Assert.Equal(CertificationGrade.Guaranteed, TheoremFinding.GradeOf(Made(Modest), kept, departed));
        Assert.Equal(CertificationGrade.Certified, TheoremFinding.GradeOf(Made(Modest), Descend(Modest), departed));
    }

    [Fact]
    public void The_automatic_number_of_steps_follows_the_rate_and_the_size()
    {
        Assert.Equal(2000, BoundCheck.AffordableSteps(_point.Model, Modest));
        Assert.Equal(66, BoundCheck.AffordableSteps(_point.Model, Modest with { Rate = 0.1 }));
        Assert.Equal(50, BoundCheck.AffordableSteps(_point.Model, Modest with { Rate = 0.9 }));
    }

    private BoundObservation? Descend(Guarantee guarantee) =>
        BoundCheck.Descend(_point.Model, _point.Trained, _point.Weights, guarantee, 100, TestContext.Current.CancellationToken);

    private static Certificate Made(Guarantee guarantee) =>
        new() { Theorem = Theorems.All[0], Outcome = CertificateOutcome.Guaranteed, Explanation = "made", Guarantee = guarantee };
}
