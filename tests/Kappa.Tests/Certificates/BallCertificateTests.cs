using System.Text.Json;
using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

public sealed class BallCertificateTests
{
    // The tolerance of the reference files for constants of certificates.
    private const double Tolerance = 1e-5;

    private static readonly Theorem Ball = Theorems.Find("ball")!;

    [Theory]
    [InlineData("certifiable")]
    [InlineData("certified-near-solution")]
    public void Constants_radii_and_rate_are_those_of_the_reference(string name)
    {
        var reference = ReferenceCase.Load(name);
        Certificate certificate = Evaluate(reference);
        JsonElement expected = reference.Expected.GetProperty("certificate");

        Assert.Equal(CertificateOutcome.Guaranteed, certificate.Outcome);
        Close(expected.GetProperty("mu"), certificate.Guarantee!.PlConstant);
        Close(expected.GetProperty("mu_ffn_out"), Constant(certificate, "μ(W_2)") ?? 0);
        Close(expected.GetProperty("mu_ffn_in"), Constant(certificate, "μ(W_1)") ?? 0);
        Close(expected.GetProperty("beta"), Constant(certificate, "β")!.Value);
        Close(expected.GetProperty("max_step"), certificate.Guarantee.StepSize);
        Close(expected.GetProperty("guaranteed_rate"), certificate.Guarantee.Rate);
        foreach (BlockRadius radius in certificate.Guarantee.Radii)
        {
            Close(expected.GetProperty("radii").GetProperty(radius.Block.Name.Split('.')[^1]), radius.Radius);
        }
    }

    [Theory]
    [InlineData("attention-residual-only")]
    [InlineData("no-residual-depth1")]
    [InlineData("not-certified-no-residual")]
    [InlineData("residual-depth1")]
    public void Points_that_the_reference_does_not_certify_are_not_certified_and_say_by_what_factor(string name)
    {
        var reference = ReferenceCase.Load(name);
        Certificate certificate = Evaluate(reference);
        Assert.False(reference.Expected.GetProperty("certificate").GetProperty("certified").GetBoolean());
        Assert.NotEqual(CertificateOutcome.Guaranteed, certificate.Outcome);
        Assert.Null(certificate.Guarantee);
        Assert.True(certificate.Outcome == CertificateOutcome.NotApplicable || certificate.Shortfall > 1);
    }

    [Fact]
    public void A_shortfall_is_the_factor_by_which_the_residual_must_shrink()
    {
        using ResidualTransformerPoint far = NearSolution(1e-2);
        double shortfall = Ball.Evaluate(far).Shortfall;
        Assert.InRange(shortfall, 1.1, 1e6);

        // The residual is proportional to the distance of the targets from the output; the factor is found to 1e-3.
        using ResidualTransformerPoint below = NearSolution(1e-2 / shortfall * (1 - 1e-9));
        using ResidualTransformerPoint above = NearSolution(1e-2 / shortfall * 1.002);
        Assert.Equal(CertificateOutcome.Guaranteed, Ball.Evaluate(below).Outcome);
        Assert.Equal(CertificateOutcome.NotCertified, Ball.Evaluate(above).Outcome);
    }

    [Fact]
    public void A_step_size_within_one_over_beta_is_guaranteed_in_proportion_and_a_larger_one_is_not()
    {
        using ResidualTransformerPoint point = NearSolution(1e-7);
        Guarantee own = Ball.Evaluate(point).Guarantee!;
        Guarantee half = Ball.Evaluate(point, new CertificateOptions { StepSize = own.StepSize / 2 }).Guarantee!;
        Assert.Equal(own.Rate / 2, half.Rate, 1e-12 * own.Rate);
        Assert.Equal(own.LargestStepSize, half.LargestStepSize);

        Certificate tooLarge = Ball.Evaluate(point, new CertificateOptions { StepSize = 3 * own.StepSize });
        Assert.Equal(CertificateOutcome.NotCertified, tooLarge.Outcome);
        Assert.Equal(3, tooLarge.Shortfall, 1e-6);
        Assert.Contains("1/β", tooLarge.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_condition_of_a_guarantee_holds_and_a_radius_is_reported_for_trained_blocks_only()
    {
        using ResidualTransformerPoint point = NearSolution(1e-7, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut));
        Certificate certificate = Ball.Evaluate(point);
        Assert.Equal(CertificateOutcome.Guaranteed, certificate.Outcome);
        Assert.All(certificate.Conditions, condition => Assert.True(condition.Holds, condition.Name));
        Assert.Equal(["blocks.0.value", "blocks.0.ffn_out"], certificate.Guarantee!.Radii.Select(radius => radius.Block.Name));
        Assert.Null(Constant(certificate, "μ(W_1)"));
    }

    [Fact]
    public void Fewer_trained_blocks_have_smaller_constants_and_with_W2_alone_the_theorem_is_about_a_quadratic()
    {
        using ResidualTransformerPoint all = NearSolution(1e-7);
        using ResidualTransformerPoint alone = NearSolution(1e-7, TrainedSet.Of(ParameterKind.FfnOut));
        Certificate certificate = Ball.Evaluate(alone);

        // F is linear in W_2: μ = σ_M(Φ)², β = ‖Φ‖₂², whatever the radius.
        double[] sigma = new double[alone.Rows];
        new SingularValues(alone.Rows, alone.Shape.FfnWidth).Compute(alone.Model.Layer(0).Hidden, sigma);
        Assert.Equal(sigma[^1] * sigma[^1], certificate.Guarantee!.PlConstant, 1e-8 * sigma[^1] * sigma[^1]);
        Assert.Equal(sigma[0] * sigma[0], Constant(certificate, "β")!.Value, 1e-8 * sigma[0] * sigma[0]);
        Assert.True(Constant(Ball.Evaluate(all), "β") > Constant(certificate, "β"));
    }

    [Fact]
    public void A_trained_readout_takes_its_own_movement_off_the_bound_of_W2()
    {
        TrainedSet trained = TrainedSet.Of(ParameterKind.FfnOut, ParameterKind.Readout);
        using ResidualTransformerPoint far = NearSolution(10, trained, readoutWidth: 3);
        using ResidualTransformerPoint point = NearSolution(9 / Ball.Evaluate(far).Shortfall, trained, readoutWidth: 3);
        Certificate certificate = Ball.Evaluate(point);

        // Neither W_2 nor W_U moves Φ: μ = σ_M(Φ)² (σ_3(W_U) − C_U)²; the readout's own share is added to it.
        double[] features = new double[point.Rows], readout = new double[3];
        new SingularValues(point.Rows, point.Shape.FfnWidth).Compute(point.Model.Layer(0).Hidden, features);
        new SingularValues(point.Shape.Width, 3).Compute(point.Weights.Readout!.Value, readout);
        double radius = certificate.Guarantee!.Radii[^1].Radius,
            expected = features[^1] * features[^1] * (readout[^1] - radius) * (readout[^1] - radius);
        Assert.InRange(radius / readout[^1], 0.01, 0.9);
        Assert.Equal(expected, Constant(certificate, "μ(W_2)")!.Value, 1e-7 * expected);
        Assert.Equal(expected, certificate.Guarantee.PlConstant - (Constant(certificate, "μ(W_U)") ?? 0), 1e-7 * expected);
    }

    [Fact]
    public void A_loss_that_only_rounds_to_zero_is_certified_where_the_features_are_independent_and_nowhere_else()
    {
        foreach (double gain in (double[])[1, 0])
        {
            using ResidualTransformerPoint point = NearSolution(0, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut), gain);
            Certificate certificate = Ball.Evaluate(point);
            Assert.Equal(0, point.Loss);
            Assert.Equal(gain == 1 ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified, certificate.Outcome);
            Assert.All(certificate.Constants, constant => Assert.False(double.IsNaN(constant.Value), constant.Name));

            // Targets that are the rounded output leave a residual of some 1e-16.
            Assert.All(certificate.Guarantee?.Radii ?? [], radius => Assert.InRange(radius.Radius, double.Epsilon, 1e-11));
        }
    }

    [Fact]
    public void Dependent_features_are_not_certified_and_no_factor_helps()
    {
        using ResidualTransformerPoint point = NearSolution(1e-7, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut), ffnInGain: 0);
        Certificate certificate = Ball.Evaluate(point);
        Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
        Assert.Equal(double.PositiveInfinity, certificate.Shortfall);
        Assert.Contains("linearly dependent", certificate.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Kinks_narrow_features_untrained_features_and_overflow_are_not_applicable_with_a_reason()
    {
        NotApplicable("Relu has a kink", new ModelCase(Shape with { Activation = new Activation(ActivationKind.Relu) }));
        NotApplicable("LeakyRelu has a kink", new ModelCase(Shape with { Activation = new Activation(ActivationKind.LeakyRelu, 0.2) }));
        NotApplicable("m = 5 columns for M = 6 rows", new ModelCase(Shape with { FfnWidth = 5 }));
        NotApplicable("not trained", new ModelCase(Shape), TrainedSet.Of(ParameterKind.Value, ParameterKind.Query));
        NotApplicable("of the last block is not trained", new ModelCase(Shape with { Depth = 2 }), TrainedSet.OfNames("blocks.0.ffn_out"));
        NotApplicable("d_out = 8 > d = 7", new ModelCase(Shape with { ReadoutWidth = 8 }), TrainedSet.Of(ParameterKind.FfnOut));
        var overflowing = new ModelCase(Shape);
        Vectors.Scale(overflowing.Weights.Vector, 1e200);
        NotApplicable("finite", overflowing);
    }

    private static readonly ResidualTransformerShape Shape = new() { Width = 7, FfnWidth = 12 };

    private static void NotApplicable(string reason, ModelCase model, TrainedSet? trained = null)
    {
        using var point = new ResidualTransformerPoint(
            model.Inputs, model.Samples, model.Targets, model.Weights, trained ?? TrainedSet.All);
        Certificate certificate = Ball.Evaluate(point);
        Assert.Equal(CertificateOutcome.NotApplicable, certificate.Outcome);
        Assert.Contains(reason, certificate.Explanation, StringComparison.Ordinal);
        Assert.Empty(certificate.Conditions);
    }

    // Targets at a given distance from the output.
    private static ResidualTransformerPoint NearSolution(
        double distance, TrainedSet? trained = null, double ffnInGain = 1, int? readoutWidth = null)
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 7, FfnWidth = 24, ReadoutWidth = readoutWidth });
        Vectors.Scale(model.Weights.Block(0).FfnIn.Span, ffnInGain);
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        Matrix targets = Matrix.Allocate(evaluator.Rows, evaluator.OutputColumns);
        evaluator.ForwardOutput.CopyTo(targets);
        Vectors.AddScaled(targets.Span, distance / Vectors.Norm(model.Targets.Span), model.Targets.Span);
        return new ResidualTransformerPoint(model.Inputs, model.Samples, targets, model.Weights, trained ?? TrainedSet.All);
    }

    private static Certificate Evaluate(ReferenceCase reference)
    {
        using var point = new ResidualTransformerPoint(
            reference.Inputs, reference.Samples, reference.Targets, reference.Weights, reference.Trained);
        return Ball.Evaluate(point);
    }

    private static double? Constant(Certificate certificate, string symbol) =>
        certificate.Constants.FirstOrDefault(constant => constant.Symbol == symbol)?.Value;

    private static void Close(JsonElement expected, double actual) =>
        Assert.Equal(expected.GetDouble(), actual, Tolerance * Math.Abs(expected.GetDouble()));
}
