using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Certification;

/// <summary>The descent of models G and S notices everything that a guarantee promises and that is not kept.</summary>
public sealed class ModelCheckTests : IDisposable
{
    private readonly ModelPoint _point = ModelPoint.OfSpecification(
        SpecificationReader.Read(
            null, ["model.kind=kernelAttention", "width=16", "heads=2", "tokens=2", "trained=[value]"]).Specification!);

    private readonly Guarantee _true;

    public ModelCheckTests() =>
        _true = Lab.Runs.Certification.Certification.Of(_point, new() { CheckSteps = 0 }, TestContext.Current.CancellationToken)
            .Findings.Single(finding => finding.Certificate.Guarantee is not null).Certificate.Guarantee!;

    public void Dispose() => _point.Dispose();

    [Fact]
    public void What_is_true_is_kept_with_its_step_size_and_its_radii()
    {
        BoundObservation seen = Descend(_true, 30)!;
        Assert.Equal((null, 30, _true.StepSize, false), (seen.Violation, seen.Steps, seen.StepSize, seen.IsRecord));
        Assert.True(seen.MeasuredRate >= _true.Rate);
    }

    [Fact]
    public void A_faster_rate_a_smaller_radius_and_a_longer_step_are_contradicted()
    {
        Assert.Contains("loss", Descend(_true with { Rate = 0.9 }, 30)!.Violation, StringComparison.Ordinal);
        Assert.NotEmpty(_true.Radii);
        Assert.Contains(
            "value", Descend(_true with { Radii = [.. _true.Radii.Select(radius => radius with { Radius = 1e-9 })] }, 30)!.Violation,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "the descent ended early: It diverged: ", Descend(_true with { StepSize = 1e200, Radii = [] }, 30)!.Violation,
            StringComparison.Ordinal);
    }

    [Fact]
    public void No_steps_were_not_asked_for() => Assert.Equal((null, "not asked for"), Ask(_true, 0));

    private BoundObservation? Descend(Guarantee guarantee, long steps) => Ask(guarantee, steps).Check;

    private (BoundObservation? Check, string? Omission) Ask(Guarantee guarantee, long steps) =>
        BoundCheck.Of(_point.Model, _point.Trained, _point.Parameters, guarantee, steps, TestContext.Current.CancellationToken);
}
