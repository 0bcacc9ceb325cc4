using Kappa.Lab.Runs.Evaluation;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>Differences of gradients where the gradient jumps.</summary>
public sealed class DifferencedHessianTests
{
    private const string Encoder = "model.kind=shallowEncoder width=4 tokens=1 samples=4 encoderWidth=8 steps=30";

    // The increment at 0 is ε^⅓ = 6.1e-6; it may shrink to 256 times less, and its inner quotient to a quarter of that.
    [Theory]
    [InlineData(1e-3, true)]
    [InlineData(5e-6, true)]
    [InlineData(1e-6, true)]
    [InlineData(-1e-6, true)]
    [InlineData(1e-7, true)]
    [InlineData(0, false)]
    [InlineData(1e-10, false)]
    [InlineData(-1e-10, false)]
    public void A_kink_beside_the_point_is_left_out_and_one_at_it_gives_no_number(double kink, bool isDefined)
    {
        var hessian = new DifferencedHessian(new KinkedLoss(curvature: 3, jump: 2, kink), [0.0]);
        double[] product = new double[1];
        hessian.Apply([0.7], product);
        Assert.Equal(!isDefined, hessian.FoundKink);
        Assert.Equal(isDefined, double.IsFinite(product[0]));
        if (isDefined)
            Assert.Equal(2.1, product[0], 1e-4);
    }

    [Fact]
    public void A_jump_of_the_gradient_of_a_millionth_is_seen()
    {
        var hessian = new DifferencedHessian(new KinkedLoss(curvature: 3, jump: 1e-6, kink: 0), [0.0]);
        hessian.Apply([1], new double[1]);
        Assert.True(hessian.FoundKink);
    }

    [Fact]
    public void Sharpness_across_a_kink_is_no_number()
    {
        var hessian = new DifferencedHessian(new KinkedLoss(curvature: 3, jump: 2, kink: 0), [0.0]);
        var sharpness = Sharpness.Of(hessian);
        Assert.Equal((true, false), (double.IsNaN(sharpness.LargestEigenvalue.Value), sharpness.LargestEigenvalue.Converged));
    }

    /// <summary>Pre-activations of a row of W_V that is 0 are exactly 0, and every direction takes some of them to either side.</summary>
    [Fact]
    public void A_shallow_encoder_whose_pre_activations_are_zero_has_no_sharpness_and_says_why()
    {
        using ModelPoint point = Point(Encoder);
        var options = new PointEvaluationOptions { WithHessian = true };
        PointEstimates ordinary = PointEvaluation.Of(point, options).Estimates;
        Assert.True(ordinary.Hessian!.LargestEigenvalue.Converged);
        Assert.Null(ordinary.HessianKink);

        point.Parameters[point.Model.Layout.Blocks.Single(block => block.Name == "value")].Row(0).Clear();
        var evaluation = PointEvaluation.Of(point, options);
        Assert.Null(evaluation.Estimates.Hessian);
        Assert.Equal(DifferencedHessian.KinkReason, evaluation.Estimates.HessianKink);
        using var stream = new MemoryStream();
        EvaluationJson.Write(evaluation, stream);
        using var document = System.Text.Json.JsonDocument.Parse(stream.ToArray());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, document.RootElement.GetProperty("hessian_extremes").ValueKind);
        Assert.Contains("kink", document.RootElement.GetProperty("hessian_extremes_reason").GetString(), StringComparison.Ordinal);
    }

    private static ModelPoint Point(string words) =>
        ModelPoint.OfSpecification(Kappa.Lab.Specifications.SpecificationReader.Read(null, words.Split(' ')).Specification!);

    /// <summary>½ a x² + J max(x − s, 0).</summary>
    private sealed class KinkedLoss(double curvature, double jump, double kink) : ILandscapeLoss
    {
        public TrainedCoordinates Coordinates => throw new NotSupportedException();

        public bool HasKinks => true;

        public double Loss(ReadOnlySpan<double> point) => (0.5 * curvature * point[0] * point[0]) + (jump * Math.Max(point[0] - kink, 0));

        public double LossAndGradient(ReadOnlySpan<double> point, Span<double> gradient)
        {
            gradient[0] = (curvature * point[0]) + (point[0] > kink ? jump : 0);
            return Loss(point);
        }

        public ISymmetricOperator HessianAt(ReadOnlySpan<double> point) => new DifferencedHessian(this, point);

        public void Dispose()
        {
        }
    }
}
