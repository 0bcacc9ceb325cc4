using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

public sealed class CertifiableInitialisationTests
{
    private static readonly Theorem Ball = Theorems.Find("ball")!;

    private static readonly ResidualTransformerShape Shape = new() { Width = 8, FfnWidth = 24 };

    [Fact]
    public void The_scale_found_is_certified_and_one_smaller_by_the_tolerance_is_not()
    {
        using ResidualTransformerPoint point = Point(Shape);
        var found = CertifiableInitialisation.Find(Ball, point);
        _ = Assert.NotNull(found.Scale);
        Assert.InRange(found.Scale.Value / found.NotCertifiedScale!.Value, 1, 1.01);
        Assert.Equal(CertificateOutcome.Guaranteed, found.Certificate.Outcome);

        using ResidualTransformerPoint at = CertifiableInitialisation.At(point, found.Scale.Value);
        using ResidualTransformerPoint below = CertifiableInitialisation.At(point, found.NotCertifiedScale.Value);
        Assert.Equal(found.Certificate.Guarantee!.Rate, Ball.Evaluate(at).Guarantee!.Rate);
        Assert.Equal(CertificateOutcome.NotCertified, Ball.Evaluate(below).Outcome);
    }

    [Fact]
    public void Bisection_finds_the_threshold_of_any_theorem_from_either_side()
    {
        using ResidualTransformerPoint point = Point(Shape);
        foreach (double threshold in (double[])[0.003, 0.9, 1, 77])
        {
            var found = CertifiableInitialisation.Find(new FromScale(point, threshold), point);
            Assert.InRange(found.Scale!.Value, threshold * (1 - 1e-9), threshold * 1.0101);
            Assert.InRange(found.Tries, 2, 20);
        }

        var always = CertifiableInitialisation.Find(new FromScale(point, 1e-9), point);
        Assert.Equal((1e-4, null), (always.Scale, always.NotCertifiedScale));
        var never = CertifiableInitialisation.Find(new FromScale(point, 1e9), point, search: new ScaleSearch { Largest = 1000 });
        Assert.Equal((null, 1000.0), (never.Scale, never.NotCertifiedScale));
        Assert.Contains("No factor c up to 1000 is certified", never.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Scaling_multiplies_the_features_removes_W2_and_changes_nothing_else_in_a_model_of_one_block()
    {
        using ResidualTransformerPoint point = Point(Shape);
        using ResidualTransformerPoint scaled = CertifiableInitialisation.At(point, 1000);
        double[] features = scaled.Model.Layer(0).Hidden.Span.ToArray(), before = point.Model.Layer(0).Hidden.Span.ToArray();
        Assert.All(before.Zip(features), pair => Assert.Equal(1000 * pair.First, pair.Second, 1e-10));
        Assert.Equal(point.Model.Layer(0).AttentionOutput.Span.ToArray(), scaled.Model.ForwardOutput.Span.ToArray());
        Assert.Equal(500, scaled.Shape.Activation.Smoothing);
        Assert.Equal(point.Weights.Block(0).Value.Span.ToArray(), scaled.Weights.Block(0).Value.Span.ToArray());
    }

    [Fact]
    public void Deeper_models_have_a_price_too_and_without_the_residual_it_is_over_a_hundredfold()
    {
        double residual = Price(Shape), none = Price(Shape with { AttentionResidual = 0 }), deep = Price(Shape with { Depth = 2 });
        Assert.True(none > 100 * residual, $"{none} against {residual}");
        Assert.True(deep > residual, $"{deep} against {residual}");
        Assert.True(double.IsFinite(deep));

        static double Price(ResidualTransformerShape shape)
        {
            using ResidualTransformerPoint point = Point(shape);
            return CertifiableInitialisation.Find(Ball, point, search: new ScaleSearch { Largest = 1e12, Tolerance = 0.1 }).Scale
                ?? double.PositiveInfinity;
        }
    }

    [Fact]
    public void The_identity_scales_W1_alone_and_GELU_and_inapplicable_theorems_are_said_to_be_so()
    {
        // With the identity Φ = H W_1 has the rank of H, so d ≥ M is needed.
        using ResidualTransformerPoint identity = Point(Shape with { Activation = new Activation(ActivationKind.Identity) });
        _ = Assert.NotNull(CertifiableInitialisation.Find(Ball, identity).Scale);

        using ResidualTransformerPoint gelu = Point(Shape with { Activation = new Activation(ActivationKind.Gelu) });
        var found = CertifiableInitialisation.Find(Ball, gelu);
        Assert.Equal((null, CertificateOutcome.NotApplicable, 0), (found.Scale, found.Certificate.Outcome, found.Tries));
        Assert.Contains("GELU has no width", found.Explanation, StringComparison.Ordinal);
        Assert.Contains(
            "GELU", Assert.Throws<ArgumentException>(() => CertifiableInitialisation.At(gelu, 2)).Message, StringComparison.Ordinal);

        using ResidualTransformerPoint relu = Point(Shape with { Activation = new Activation(ActivationKind.Relu) });
        found = CertifiableInitialisation.Find(Ball, relu);
        Assert.Equal((null, CertificateOutcome.NotApplicable, 1), (found.Scale, found.Certificate.Outcome, found.Tries));
        Assert.Contains("kink", found.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_that_leave_no_room_are_refused()
    {
        using ResidualTransformerPoint point = Point(Shape);
        foreach (
            ScaleSearch search in (ScaleSearch[])[
                new() { Smallest = 2 }, new() { Largest = double.PositiveInfinity }, new() { Tolerance = 0 }])
        {
            _ = Assert.Throws<ArgumentException>(() => CertifiableInitialisation.Find(Ball, point, search: search));
        }

        _ = Assert.Throws<ArgumentException>(() => CertifiableInitialisation.At(point, double.NaN));
    }

    private static ResidualTransformerPoint Point(ResidualTransformerShape shape)
    {
        // Six rows; tokens of about unit norm.
        var model = new ModelCase(shape, samples: 2, tokens: 3, seed: 11, inputScale: 0.35);
        return new ResidualTransformerPoint(model.Inputs, model.Samples, model.Targets, model.Weights, TrainedSet.All);
    }

    /// <summary>Certifies from a given scale of W_1 on.</summary>
    private sealed class FromScale(ResidualTransformerPoint original, double threshold)
        : Theorem(new("from-scale", "C.11", "Test", "Holds from a scale on.", "", []))
    {
        private readonly double _norm = Vectors.Norm(original.Weights.Block(0).FfnIn.Span);

        internal override string? WhyNotApplicable(ResidualTransformerPoint point) => null;

        internal override Certificate Compute(ResidualTransformerPoint point, CertificateOptions options) => new()
        {
            Theorem = this,
            Outcome = Vectors.Norm(point.Weights.Block(0).FfnIn.Span) / _norm >= threshold * (1 - 1e-12)
                ? CertificateOutcome.Guaranteed
                : CertificateOutcome.NotCertified,
            Explanation = "test",
        };
    }
}
