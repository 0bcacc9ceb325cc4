using Kappa.Certificates;
using Kappa.Certificates.Enclosures;
using Kappa.Certificates.ShallowEncoder;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>The searches of models G and S end for every double, after a number of evaluations that is known.</summary>
public sealed class EncoderSearchTests
{
    private static readonly double[] Numbers =
        [
            0, double.Epsilon, 1e-310, 2.3e-308, 1e-200, 1e-160, 1e-30, 1, 1e30, 1e160, 1e200, double.MaxValue, double.PositiveInfinity,
            double.NaN];

    public static TheoryData<double> Doubles => [.. Numbers];

    [Theory]
    [MemberData(nameof(Doubles))]
    public void The_least_radii_are_found_or_given_up_after_a_known_number_of_evaluations(double slope)
    {
        foreach (double offset in Numbers)
        {
            int evaluations = 0;
            double[]? radii = LeastFixedPoint.Of(1, at =>
            {
                evaluations++;
                return [(UpperBound)offset + ((UpperBound)slope * (UpperBound)at[0])];
            });
            Assert.InRange(evaluations, 1, LeastFixedPoint.MaximumIterations);
            Assert.True(
                radii is null
                    || (
                        double.IsFinite(radii[0])
                        && (UpperBound)offset + ((UpperBound)slope * (UpperBound)radii[0]) <= (UpperBound)radii[0]),
                $"slope {slope}, offset {offset}: {radii?[0]}");
        }
    }

    [Fact]
    public void The_factor_of_a_residual_is_bisected_some_twenty_times()
    {
        foreach (double edge in Numbers)
        {
            int evaluations = 0;
            double factor = ResidualFactor.Largest(f =>
            {
                evaluations++;
                return f <= edge;
            });
            Assert.InRange(evaluations, 1, 25);
            Assert.InRange(factor, 0, 1);
            Assert.True(factor == 0 || factor <= edge, $"{factor} for {edge}");
        }
    }

    [Theory]
    [MemberData(nameof(Doubles))]
    public void Radii_of_a_wide_encoder_exist_or_not_for_every_residual_and_every_scale_of_its_weights(double scale)
    {
        using Transformer model = Model(out ModelParameters parameters);
        foreach (string name in new[] { "value", "readout", "query" })
        {
            ModelParameters scaled = parameters.Clone();
            Vectors.Scale(scaled[name].Span, scale);
            var bounds = new WideEncoderBounds(new EncoderAtCentre(new TransformerPoint(model, scaled, TrainedSet.All)));
            foreach (double residual in Numbers)
            {
                WideEncoderState? state = bounds.Find((UpperBound)residual);
                Assert.True(
                    state is null
                        || (
                            state.Decrease > 0 && state.Decrease <= LowerBound.Square(bounds.At.SmallestFeature)
                            && Array.TrueForAll(state.Radii, double.IsFinite)),
                    $"{name} {scale}, R = {residual}");
                Assert.True(state is null || double.IsFinite(residual), $"{name} {scale}: radii for R = {residual}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Doubles))]
    public void No_scale_of_data_or_weights_makes_a_theorem_of_G_or_S_throw_or_promise_a_rate_outside_0_to_1(double scale)
    {
        using Transformer encoder = Model(out ModelParameters encoderParameters);
        foreach (ParameterBlock block in encoder.Layout.Blocks)
        {
            ModelParameters scaled = encoderParameters.Clone();
            Vectors.Scale(scaled[block].Span, scale);
            foreach (TransformerTheorem theorem in Theorems.OfShallowEncoder)
            {
                Promises(theorem.Evaluate(new TransformerPoint(encoder, scaled, TrainedSet.All)));
            }
        }

        foreach (
            AttentionKernel kernel in new[]
                { AttentionKernel.Softmax, AttentionKernel.Gaussian, AttentionKernel.Gaussian with { NormalisesRows = true } })
        {
            var shape = TransformerShape.KernelAttention(4, kernel: kernel);
            Matrix inputs = ModelCase.Gaussian(4, 4, 3, "inputs"), targets = ModelCase.Gaussian(4, 4, 3, "targets");
            using var plain = Transformer.OfArrays(shape, inputs, targets, 2);
            var parameters = new ModelParameters(plain.Layout);
            new RandomSequence(3, "weights").FillGaussian(parameters.Vector);
            foreach (ParameterBlock block in plain.Layout.Blocks)
            {
                ModelParameters scaled = parameters.Clone();
                Vectors.Scale(scaled[block].Span, scale);
                Promises(Theorems.OfKernelAttention[0].Evaluate(new TransformerPoint(plain, scaled, TrainedSet.Of(ParameterKind.Value))));
            }

            Vectors.Scale(inputs.Span, scale);
            using var model = Transformer.OfArrays(shape, inputs, targets, 2);
            Promises(Theorems.OfKernelAttention[0].Evaluate(new TransformerPoint(model, parameters, TrainedSet.Of(ParameterKind.Value))));
        }
    }

    [Fact]
    public void A_factor_beyond_the_square_root_of_the_largest_double_is_found()
    {
        using Transformer model = Model(out ModelParameters parameters);
        Vectors.Scale(parameters["value"].Span, 1e-210);
        var point = new TransformerPoint(model, parameters, TrainedSet.All);
        var wide = (ShallowEncoderTheorem)Theorems.Find("wide-encoder")!;
        CertifiableInitialisation found = CertifiableInitialisation.Find(
            wide, point, null, new ScaleSearch { Smallest = double.Epsilon, Largest = double.MaxValue });
        Assert.InRange(found.Scale!.Value, 1e205, 1e220);
        Assert.InRange(found.Scale.Value / found.NotCertifiedScale!.Value, 1, 1.01);
        Assert.InRange(found.Tries, 300, 500);
    }

    private static void Promises(Certificate certificate)
    {
        if (certificate.Guarantee is Guarantee guarantee)
        {
            Assert.InRange(guarantee.Rate, double.Epsilon, 1);
            Assert.True(
                guarantee.StepSize > 0 && double.IsFinite(guarantee.StepSize) && double.IsFinite(guarantee.PlConstant),
                certificate.Explanation);
            Assert.All(guarantee.Radii, radius => Assert.True(double.IsFinite(radius.Radius), certificate.Explanation));
        }
    }

    private static Transformer Model(out ModelParameters parameters)
    {
        var shape = TransformerShape.ShallowEncoder(4, 30, 1.0 / 30);
        var model = Transformer.OfArrays(shape, ModelCase.Gaussian(6, 4, 2, "inputs"), ModelCase.Gaussian(3, 1, 2, "targets"), 3);
        parameters = new ModelParameters(model.Layout);
        new RandomSequence(2, "weights").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters["readout"].Span, 1e-6);
        return model;
    }
}
