using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Oracle;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>Points whose numbers lie so far apart that products of bounds
/// leave the range of doubles: no bound may be lost there (C.34).</summary>
public sealed class RangeTests
{
    /// <summary>Sizes of the tokens (s, ±s), of W_K, W_V, W_1, W_2 and the targets, and τ. W_Q = 0 and W_2 are trained.</summary>
    public static TheoryData<double, double, double, double, double, double, double, ActivationKind> Points => new()
    {
        { 1e-82, 1e100, 1e10, 1e82, 1e60, 1e66, 1, ActivationKind.Identity },
        { 1e-82, 1e100, 1e10, 1e82, 1e60, 1e66, 1, ActivationKind.SmoothLeakyRelu },
        { 1e-82, 1e80, 1e10, 1e82, 1e76, 1e70, 1, ActivationKind.Identity },
        { 1e-161, 1e-3, 1e24, 1e153, 1e30, 1e23, 1e279, ActivationKind.Identity },
        { 1e-161, 1e-3, 1e24, 1e153, 1e30, 1e37, 1e279, ActivationKind.Identity },
        { 1e-161, 1e-3, 1e24, 1e153, 1e30, 1e27, 1e279, ActivationKind.Identity },
    };

    [Theory]
    [MemberData(nameof(Points))]
    public void Where_W_Q_runs_away_although_its_derivative_is_a_product_below_the_smallest_double_nothing_is_certified(
        double token, double key, double value, double ffnIn, double ffnOut, double target, double temperature, ActivationKind activation)
    {
        // In exact arithmetic W_Q leaves every ball at the first steps and the loss grows
        // without end; the derivative of F in W_Q is of the size of τ s² k s v w B.
        var shape = new ResidualTransformerShape
        { Width = 2, FfnWidth = 2, KeyWidth = 1, Temperature = temperature, FfnResidual = 0, Activation = new Activation(activation) };
        var weights = new ResidualTransformerWeights(shape);
        BlockWeights block = weights.Block(0);
        (block.Key[1, 0], block.Value[1, 1], block.FfnIn[0, 0], block.FfnIn[1, 1]) = (key, value, ffnIn, ffnIn);
        (block.FfnOut[0, 0], block.FfnOut[0, 1], block.FfnOut[1, 0], block.FfnOut[1, 1]) = (ffnOut, 0.5 * ffnOut, -0.3 * ffnOut, ffnOut);
        Matrix inputs = Matrix<double>.From(new[,] { { token, token }, { token, -token } }),
            targets = Matrix<double>.From(new[,] { { target, 2 * target }, { -target, 0.5 * target } });
        using var point = new ResidualTransformerPoint(
            inputs, 1, targets, weights, TrainedSet.OfNames("blocks.0.query", "blocks.0.ffn_out"));
        foreach (Theorem theorem in Theorems.OfResidualTransformer)
        {
            Certificate certificate = theorem.Evaluate(point);
            Assert.False(certificate.Outcome == CertificateOutcome.Guaranteed, $"{theorem.Name}: {certificate.Explanation}");
            Assert.True(
                temperature < 1e160 || theorem is not KernelFloorCertificate
                    || certificate.Explanation.Contains("overflows", StringComparison.Ordinal),
                certificate.Explanation);
        }
    }

    [Fact]
    public void Local_bounds_of_the_second_derivative_of_an_activation_hold_where_it_crosses_0_and_where_squares_leave_the_range()
    {
        var pi = BigReal.Parse("3.1415926535897932384626433832795028841971693993751058209749445923");
        foreach (
            double x in (double[])[
                0, 1, Math.Sqrt(2), Math.BitIncrement(Math.Sqrt(2)), Math.BitDecrement(Math.Sqrt(2)), 1.5, 2, 5, 29.9, 31, 1e160])
        {
            BigReal exact = x > 40
                ? BigReal.Zero
                : BigReal.Abs(2 - ((BigReal)x * x)) * BigReal.Exp(-((BigReal)x * x / 2)) / BigReal.Sqrt(2 * pi);
            double bound = new Activation(ActivationKind.Gelu).SecondDerivativeBoundNear(-x, 0);
            Assert.True(exact <= bound && (x > 29 || bound <= (double)exact + 2e-9), $"GELU at {x:R}: {exact} > {bound:R}");
        }

        foreach (
            (double x, double smoothing) in ((double, double)[])[
                (0, 0.5), (1e-160, 1e-100), (1e3, 0.5), (1e155, 1e100), (1e200, 1e100), (1e120, 1e-100), (double.MaxValue, 1)])
        {
            BigReal ratio = smoothing / BigReal.Sqrt(((BigReal)x * x) + ((BigReal)smoothing * smoothing)),
                exact = (1 - (BigReal)0.1) / (2 * (BigReal)smoothing) * ratio * ratio * ratio;
            double bound = new Activation(ActivationKind.SmoothLeakyRelu, 0.1, smoothing).SecondDerivativeBoundNear(x, 0);
            Assert.True(
                exact <= bound && bound <= ((double)exact * (1 + 1e-8)) + 1e-289, $"{x:R}, ε = {smoothing:R}: {exact} against {bound:R}");
        }
    }

    [Fact]
    public void A_PL_constant_made_of_a_product_below_the_smallest_normal_number_is_at_most_the_true_one()
    {
        // h w_2 = 7.5e-324 is 1.518 times the smallest double: the nearest double, 2 times it, would make μ too large by 1.7.
        const double Input = 1e-150, FfnOut = 7.5e-174, Readout = 1e300;
        var shape = new ResidualTransformerShape
        {
            Width = 1,
            FfnWidth = 1,
            KeyWidth = 1,
            FfnResidual = 0,
            ReadoutWidth = 1,
            Activation = new Activation(ActivationKind.Identity),
        };
        var weights = new ResidualTransformerWeights(shape);
        weights.Block(0).FfnOut[0, 0] = FfnOut;
        weights.Readout!.Value[0, 0] = Readout;
        using var point = new ResidualTransformerPoint(
            Matrix<double>.From(new[,] { { Input } }), 1, Matrix<double>.From(new[,] { { 1.0 } }), weights,
            TrainedSet.OfNames("blocks.0.ffn_in"));
        Certificate certificate = new BallCertificate().Evaluate(point);
        BigReal root = (BigReal)Input * FfnOut * Readout;
        Assert.True(certificate.Constants.Single(constant => constant.Symbol == "μ").Value <= root * root, certificate.Explanation);
    }

    [Fact]
    public void Sums_products_quotients_roots_and_norms_of_bounds_are_bounds_at_every_size()
    {
        double[] sizes = [0, double.Epsilon, 3e-320, 2.3e-308, 1e-200, 1e-162, 0.1, 1, 3, 1e150, 1e200, double.MaxValue];
        foreach (double x in sizes)
        {
            foreach (double y in sizes)
            {
                UpperBound a = (UpperBound)x, b = (UpperBound)y;
                LowerBound c = (LowerBound)x, d = (LowerBound)y;
                AssertAbove((BigReal)x + y, a + b);
                AssertAbove((BigReal)x * y, a * b);
                AssertAbove(BigReal.Sqrt(((BigReal)x * x) + ((BigReal)y * y)), UpperBound.Norm([x, y]));
                AssertBelow((BigReal)x + y, c + d);
                AssertBelow((BigReal)x * y, c * d);
                AssertBelow(BigReal.Max((BigReal)x - y, BigReal.Zero), c - b);
                if (y > 0)
                {
                    AssertAbove((BigReal)x / y, a / d);
                    AssertBelow((BigReal)x / y, c / b);
                }

                AssertAbove(x > y ? (BigReal)x - y : BigReal.Zero, a.Excess(b));
                Assert.True((a * b).Value == 0 == (x == 0 || y == 0), "A positive bound became 0.");
            }

            AssertAbove(BigReal.Sqrt(x), UpperBound.Sqrt((UpperBound)x));
            AssertBelow(BigReal.Sqrt(x), LowerBound.Sqrt((LowerBound)x));
        }

        static void AssertAbove(BigReal exact, UpperBound bound) =>
            Assert.True(double.IsPositiveInfinity(bound.Value) || exact <= bound.Value, $"{exact} > {bound.Value:R}");

        static void AssertBelow(BigReal exact, LowerBound bound) => Assert.True(exact >= bound.Value, $"{exact} < {bound.Value:R}");
    }

    [Theory]
    [InlineData(1e-170, 1)]
    [InlineData(1e-308, 1)]
    [InlineData(1e160, 1)]
    [InlineData(1e-200, 1e-200)]
    [InlineData(1e200, 1e-250)]
    [InlineData(1e-300, 1e-10)]
    public void The_norm_of_a_matrix_with_weighted_rows_is_a_bound_at_every_size(double size, double weight)
    {
        Matrix matrix = Matrix<double>.From(new[,] { { 3 * size, 0 }, { 0, size } });
        BigReal exact = 3 * (BigReal)size, weighted = BigReal.Max((BigReal)(3 * size) * weight, size * (BigReal)(2 * weight));
        var norms = new SpectralNorm();
        Assert.True(exact * (1 - 1e-15) <= norms.Of(matrix).Value && norms.Of(matrix).Value <= exact * (1 + 1e-8));
        UpperBound bound = norms.Of(matrix, (ReadOnlySpan<double>)[weight, 2 * weight]);
        Assert.True(weighted * (1 - 1e-15) <= bound.Value, $"{weighted} > {bound.Value}");
    }
}
