using Kappa.Certificates;
using Kappa.Certificates.ShallowEncoder;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>The theorems about model S: S.9 against runs, S.5 against its formula at random radii.</summary>
public sealed class EncoderTheoremTests
{
    private static readonly TransformerTheorem Wide = Theorems.OfShallowEncoder[0];

    public static TheoryData<TokenPooling, LossReduction> Switches => new()
    {
        { TokenPooling.Sum, LossReduction.Sum },
        { TokenPooling.Mean, LossReduction.Sum },
        { TokenPooling.Sum, LossReduction.Mean },
        { TokenPooling.Mean, LossReduction.Mean },
    };

    [Theory]
    [MemberData(nameof(Switches))]
    public void A_wide_run_keeps_the_guaranteed_loss_and_radii_at_every_step(TokenPooling pooling, LossReduction reduction)
    {
        using Transformer model = New(width: 20_000, pooling, reduction, readoutScale: 0.02, out ModelParameters start);
        var point = new TransformerPoint(model, start, TrainedSet.All);
        Certificate certificate = Wide.Evaluate(point);
        Assert.True(certificate.Outcome == CertificateOutcome.Guaranteed, certificate.Explanation);
        Guarantee guarantee = certificate.Guarantee!;
        double last = Follow.Keeps(model, start, TrainedSet.All, guarantee, point.Loss, steps: 60);
        Assert.InRange(last, 0, 0.5 * point.Loss);
        Assert.Equal(
            CertificateOutcome.NotCertified,
            Wide.Evaluate(point, new CertificateOptions { StepSize = 1.01 * guarantee.LargestStepSize }).Outcome);
    }

    [Fact]
    public void The_residual_factor_of_a_failing_certificate_is_certified_and_a_smaller_one_is_not()
    {
        using Transformer model = New(width: 3000, TokenPooling.Mean, LossReduction.Sum, readoutScale: 1e-4, out ModelParameters start);
        Certificate certificate = Wide.Evaluate(new TransformerPoint(model, start, TrainedSet.All));
        Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
        double factor = certificate.Shortfall;
        Assert.InRange(factor, 1.0001, 1e6);
        var bounds = new WideEncoderBounds(new EncoderAtCentre(new TransformerPoint(model, start, TrainedSet.All)));
        Assert.NotNull(bounds.Find(bounds.At.ResidualNorm * (UpperBound)(0.999 / factor)));
        Assert.Null(bounds.Find(bounds.At.ResidualNorm * (UpperBound)(1.001 / factor)));
    }

    [Theory]
    [InlineData("encoder", 8, 32, 2)]
    [InlineData("encoder-sharper", 4, 14, 0.5)]
    public void No_radii_satisfy_the_conditions_of_C_at_a_larger_residual_than_the_ones_found(
        string name, double first, double second, double softmax)
    {
        using Transformer model = New(width: 40, TokenPooling.Sum, LossReduction.Sum, readoutScale: 0.3, out ModelParameters start);
        var theorem = (TransformerTheorem)Theorems.Find(name)!;
        var point = new TransformerPoint(model, start, TrainedSet.All);
        Certificate certificate = theorem.Evaluate(point);
        Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
        Assert.InRange(certificate.Shortfall, 1.01, 1e9);

        var at = new EncoderAtCentre(point);
        var random = new RandomSequence(3, "radii");
        double[] draws = new double[4 * 20_000];
        random.FillGaussian(draws);
        double best = double.PositiveInfinity;
        for (int k = 0; k < draws.Length; k += 4)
        {
            best = Math.Min(best, Shortfall(at, [.. draws.Skip(k).Take(4).Select(draw => Math.Exp(2 * draw))], first, second, softmax));
        }

        // Random radii come within a few per cent of the best and never beyond it (the search is right to 1e-4).
        Assert.InRange(best / certificate.Shortfall, 1 - 1e-3, 1.5);
    }

    [Fact]
    public void Where_the_conditions_of_C_hold_the_proposition_says_what_is_left_unproven()
    {
        using Transformer model = New(width: 40, TokenPooling.Sum, LossReduction.Sum, readoutScale: 0.3, out ModelParameters start);
        Matrix targets = Matrix.Allocate(model.Samples, 1);
        model.Output(start, model.AllSamples, targets);
        for (int n = 0; n < targets.Rows; n++)
        {
            targets[n, 0] += 1e-9;
        }

        using var near = Transformer.OfArrays(model.Shape, model.Inputs, targets, model.Samples);
        var point = new TransformerPoint(near, start, TrainedSet.All);
        foreach (string name in new[] { "encoder", "encoder-sharper" })
        {
            Certificate certificate = ((TransformerTheorem)Theorems.Find(name)!).Evaluate(point);
            Assert.All(certificate.Conditions, condition => Assert.True(condition.Holds, condition.Name));
            Assert.Equal((CertificateOutcome.NotCertified, 1), (certificate.Outcome, certificate.Shortfall));
            Assert.Contains("kink", certificate.Explanation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_fixed_readout_and_a_narrow_model_are_refused_with_numbers()
    {
        using Transformer model = New(width: 3, TokenPooling.Sum, LossReduction.Sum, readoutScale: 1, out ModelParameters start);
        Certificate narrow = Wide.Evaluate(new TransformerPoint(model, start, TrainedSet.All));
        Assert.Equal(CertificateOutcome.NotApplicable, narrow.Outcome);
        Assert.Contains("but is 3", narrow.Explanation, StringComparison.Ordinal);
        Assert.Contains(
            "readout", Wide.Evaluate(new TransformerPoint(model, start, TrainedSet.OfNames("value"))).Explanation,
            StringComparison.Ordinal);
        using var residual = new ResidualTransformerPoint(
            ModelCase.Gaussian(2, 2, 1, "x"), 1, ModelCase.Gaussian(2, 2, 1, "y"),
            new ResidualTransformerWeights(new ResidualTransformerShape { Width = 2, FfnWidth = 2 }), TrainedSet.All);
        Assert.All(
            Theorems.All.Except(Theorems.OfResidualTransformer),
            theorem => Assert.Equal(CertificateOutcome.NotApplicable, theorem.Evaluate(residual).Outcome));
    }

    // (S.5), written out: the factor by which √(2ℓ_0) is too large at given radii, for sum pooling and a summed loss.
    private static double Shortfall(EncoderAtCentre at, double[] radii, double first, double second, double softmax)
    {
        double[] bar = [.. at.Norms.Select((norm, k) => norm.Value + radii[k])];
        double cx = at.Inputs.Max(input => Vectors.Norm(input.Span)) / Math.Sqrt(at.Tokens), alpha = at.SmallestFeature.Value;
        double rho = Math.Sqrt(at.Samples) * Math.Pow(at.Tokens, 1.5) * at.OutputScale.Value * cx,
            t = softmax * at.LogitScale.Value * cx * cx * at.Tokens;
        double z = bar[0] * bar[0] * (1 + (t * t * bar[1] * bar[1] * ((bar[2] * bar[2]) + (bar[3] * bar[3]))));
        double slope = new[]
        {
            bar[1] / radii[0], bar[0] / radii[1], t * bar[3] * bar[1] * bar[0] / radii[2], t * bar[2] * bar[1] * bar[0] / radii[3],
        }.Max();
        return at.ResidualNorm.Value * Math.Max(
            first * rho * slope / (alpha * alpha), second * rho * rho * z / bar[0] / (alpha * alpha * alpha));
    }

    [Fact]
    public void The_limiting_kernel_is_that_of_the_NTK_initialisation_with_its_own_scales_alone()
    {
        Assert.Null(Limit(EncoderScheme.Ntk, 1.0 / 64));
        Assert.Contains("τ₀ = 1/d_m = 0.01562", Limit(EncoderScheme.Ntk, 1.0 / 8), StringComparison.Ordinal);
        Assert.Contains("they are 0.01562 and 1;", Limit(EncoderScheme.LeCun, 1.0 / 64), StringComparison.Ordinal);
        EncoderScheme narrow = EncoderScheme.Ntk with { InputVariance = _ => 0.25 };
        Assert.Contains("the mean square of query is 0.2", Limit(narrow, 1.0 / 64), StringComparison.Ordinal);

        static string? Limit(EncoderScheme scheme, double logitScale)
        {
            (TransformerShape shape, ModelParameters start) = scheme.Create(TransformerShape.ShallowEncoder(8, 64, logitScale), 5);
            using var model = Transformer.OfArrays(
                shape, ModelCase.Gaussian(12, 8, 6, "inputs", 0.35), ModelCase.Gaussian(4, 1, 6, "targets"), 4);
            Certificate certificate = Theorems.OfShallowEncoder[^1].Evaluate(new TransformerPoint(model, start, TrainedSet.All));
            return certificate.Outcome == CertificateOutcome.NotApplicable ? certificate.Explanation : null;
        }
    }

    private static Transformer New(int width, TokenPooling pooling, LossReduction reduction, double readoutScale, out ModelParameters start)
    {
        const int Samples = 4, Tokens = 3, InputWidth = 8;
        var shape = TransformerShape.ShallowEncoder(InputWidth, width, 1.0 / width) with { Pooling = pooling, Reduction = reduction };
        var model = Transformer.OfArrays(
            shape, ModelCase.Gaussian(Samples * Tokens, InputWidth, 6, "inputs", 0.35), ModelCase.Gaussian(Samples, 1, 6, "targets"),
            Samples);
        start = new ModelParameters(model.Layout);
        new RandomSequence(6, "weights").FillGaussian(start.Vector);
        Vectors.Scale(start.Vector, 1 / Math.Sqrt(InputWidth));
        Vectors.Scale(start["readout"].Span, Math.Sqrt(InputWidth / (double)width) * readoutScale);
        return model;
    }
}
