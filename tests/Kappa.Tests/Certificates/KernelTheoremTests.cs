using Kappa.Certificates;
using Kappa.Certificates.KernelAttention;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;
using MathNetMatrix = MathNet.Numerics.LinearAlgebra.Matrix<double>;
using MathNetVector = MathNet.Numerics.LinearAlgebra.Vector<double>;

namespace Kappa.Tests.Certificates;

/// <summary>The theorems about model G (G.4, G.5) against runs that they promise
/// something about and against another library's decompositions.</summary>
public sealed class KernelTheoremTests
{
    private static readonly TransformerTheorem ValuesOnly = Theorems.OfKernelAttention[0];
    private static readonly TransformerTheorem RankWindow = Theorems.OfKernelAttention[1];

    // Split: D = 12 ≥ M = 6 and square stacked W_O. Joint: D = 5 < M = 6 ≤ HD = 10 and d = 7 ≥ D_out = 3.
    public static TheoryData<string, AttentionKernelKind> Regimes => new()
    {
        { "split", AttentionKernelKind.Softmax },
        { "split", AttentionKernelKind.Gaussian },
        { "joint", AttentionKernelKind.Softmax },
        { "joint", AttentionKernelKind.Gaussian },
    };

    [Theory]
    [MemberData(nameof(Regimes))]
    public void A_run_with_trained_values_keeps_the_guaranteed_loss_and_radii_at_every_step(string regime, AttentionKernelKind kind)
    {
        (Transformer model, ModelParameters start) = Case(regime, kind);
        using Transformer owned = model;
        TrainedSet trained = TrainedSet.Of(ParameterKind.Value);
        var point = new TransformerPoint(model, start, trained);
        Certificate certificate = ValuesOnly.Evaluate(point);
        Assert.Equal(CertificateOutcome.Guaranteed, certificate.Outcome);
        Assert.True(
            Constant(
                certificate,
                regime == "joint" ? "min_h σ_{D_out}(W_O^h)² σ_M(B)²" : "σ_{D_out}(W_O)² min_h σ_M(B_h)²") == Constant(certificate, "μ"));
        Assert.Equal(0, Constant(certificate, "min ℒ"));

        Guarantee guarantee = certificate.Guarantee!;
        double last = Follow.Keeps(model, start, trained, guarantee, point.Loss, steps: 200);
        Assert.InRange(last, 0, 0.9 * point.Loss);

        // The map's own constants are sharper, and their rate is never below the guaranteed one.
        Assert.InRange(Constant(certificate, "σ_min(J)²") / Constant(certificate, "μ"), 1 - 1e-8, 1e9);
        Assert.InRange(Constant(certificate, "σ_max(J)²") / Constant(certificate, "β"), 0, 1 + 1e-8);
        Assert.Equal(
            CertificateOutcome.NotCertified,
            ValuesOnly.Evaluate(point, new CertificateOptions { StepSize = 1.01 * guarantee.LargestStepSize }).Outcome);
    }

    [Theory]
    [MemberData(nameof(Regimes))]
    public void The_constants_are_those_of_the_kronecker_map_by_another_library(string regime, AttentionKernelKind kind)
    {
        (Transformer model, ModelParameters start) = Case(regime, kind);
        using Transformer owned = model;
        Certificate certificate = ValuesOnly.Evaluate(new TransformerPoint(model, start, TrainedSet.Of(ParameterKind.Value)));
        MathNetMatrix map = KroneckerMap(model, start);
        MathNetVector values = map.Svd(computeVectors: false).S;
        Assert.InRange(Constant(certificate, "σ_max(J)²") / (values[0] * values[0]), 1, 1 + 1e-8);
        Assert.InRange(certificate.Guarantee!.LargestStepSize * Constant(certificate, "β"), 1 - 1e-8, 1);
        double smallest = values[map.RowCount - 1];

        // Outward rounding takes 4ε σ_max √columns off σ_min and the factor 1 + 1e-9 off both.
        double outward = (8 * 2.3e-16 * Math.Sqrt(map.ColumnCount) * values[0] / smallest) + 1e-8;
        Assert.InRange(outward, 1e-8, 1e-4);
        Assert.InRange(Constant(certificate, "σ_min(J)²") / (smallest * smallest), 1 - (2 * outward), 1);
    }

    [Theory]
    [InlineData(AttentionKernelKind.Softmax)]
    [InlineData(AttentionKernelKind.Gaussian)]
    public void Below_full_row_rank_nothing_is_certified_and_the_floor_is_the_projections(AttentionKernelKind kind)
    {
        var shape = TransformerShape.KernelAttention(4, 2, new AttentionKernel(kind));
        using Transformer model = New(shape, samples: 3, tokens: 3, out ModelParameters start);
        Certificate certificate = ValuesOnly.Evaluate(new TransformerPoint(model, start, TrainedSet.Of(ParameterKind.Value)));
        Assert.Equal((CertificateOutcome.NotCertified, double.PositiveInfinity), (certificate.Outcome, certificate.Shortfall));

        // ½‖(I − J J⁺)Y‖² with the pseudoinverse by SVD; at W_V = 0 the output is 0, so Y itself is the residual.
        MathNetMatrix map = KroneckerMap(model, start);
        MathNetVector y = MathNetVector.Build.DenseOfArray(
            [.. Enumerable.Range(0, model.Targets.Rows).SelectMany(row => model.Targets.Row(row).ToArray())]);
        MathNetVector rest = y - (map * (map.PseudoInverse() * y));
        double floor = 0.5 * rest.DotProduct(rest);
        Assert.InRange(floor, 0.1, 100);
        Assert.InRange(Constant(certificate, "min ℒ") / floor, 1 - 1e-9, 1 + 1e-9);
    }

    [Fact]
    public void Trained_queries_make_values_only_inapplicable_and_some_heads_are_enough()
    {
        (Transformer model, ModelParameters start) = Case("joint", AttentionKernelKind.Softmax);
        using Transformer owned = model;
        Certificate refused = ValuesOnly.Evaluate(new TransformerPoint(model, start, TrainedSet.All));
        Assert.Equal(CertificateOutcome.NotApplicable, refused.Outcome);
        Assert.Contains("heads.0.query", refused.Explanation, StringComparison.Ordinal);
        Certificate one = ValuesOnly.Evaluate(new TransformerPoint(model, start, TrainedSet.OfNames("heads.1.value")));
        Assert.Equal(CertificateOutcome.NotCertified, one.Outcome);
    }

    // n = 2, H = 6, D = d = 8: H(n−1) = 6 < D ≤ Hn = 12, the window in which a Gaussian can satisfy a PL inequality and a softmax cannot.
    [Theory]
    [InlineData(AttentionKernelKind.Gaussian, false, 16, true)]
    [InlineData(AttentionKernelKind.Softmax, false, 12, false)]
    [InlineData(AttentionKernelKind.Gaussian, true, 12, false)]
    public void Inside_the_window_the_rank_is_the_bound_and_full_for_free_rows_alone(
        AttentionKernelKind kind, bool normalised, int rank, bool isFull)
    {
        var shape = TransformerShape.KernelAttention(
            8, 6, new AttentionKernel(kind, NormalisesRows: normalised)) with
        { KeyWidth = 8, ValueWidth = 8 };
        using Transformer model = New(shape, samples: 1, tokens: 2, out ModelParameters start);
        Certificate certificate = RankWindow.Evaluate(new TransformerPoint(model, start, TrainedSet.Of(ParameterKind.Query)));
        Assert.Equal(rank, certificate.Conditions[0].Value);
        Assert.Equal(isFull, certificate.Conditions[0].Holds);
        Assert.Equal(rank, Constant(certificate, "rank J"));
        Assert.Equal(isFull, Constant(certificate, "λ_min(K)") > 0);
        Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
    }

    [Fact]
    public void The_rank_bound_is_never_exceeded_over_random_shapes()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            var shape = TransformerShape.KernelAttention(
                2 + (seed % 4), 1 + (seed % 3),
                seed % 2 == 0
                    ? AttentionKernel.Softmax
                    : AttentionKernel.Gaussian) with
            { KeyWidth = 1 + (seed % 2), ValueWidth = 1 + (seed % 5), OutputWidth = 3 };
            using Transformer model = New(shape, samples: 2, tokens: 1 + (seed % 4), out ModelParameters start, seed);
            Matrix jacobian = JacobianMatrix.Of(model, start, TrainedSet.Of(ParameterKind.Query));
            SpectrumSummary spectrum = JacobianMatrix.Spectrum(jacobian, out double[] values);
            int rank = spectrum.SigmaMax == 0 ? 0 : SpectrumSummary.RankAt(values, 1e-12 * spectrum.SigmaMax);
            Assert.InRange(rank, 0, RankWindowTheorem.RankBound(shape, jacobian.Rows / 3, 1 + (seed % 4)));
        }
    }

    private static (Transformer Model, ModelParameters Start) Case(string regime, AttentionKernelKind kind)
    {
        TransformerShape shape = regime == "split"
            ? TransformerShape.KernelAttention(12, 3, new AttentionKernel(kind))
            : TransformerShape.KernelAttention(5, 2, new AttentionKernel(kind)) with { KeyWidth = 3, ValueWidth = 7, OutputWidth = 3 };
        Transformer model = New(shape, samples: 2, tokens: 3, out ModelParameters start);
        return (model, start);
    }

    private static Transformer New(TransformerShape shape, int samples, int tokens, out ModelParameters start, long seed = 4)
    {
        var model = Transformer.OfArrays(
            shape, ModelCase.Gaussian(samples * tokens, shape.Width, seed, "inputs", 0.6),
            ModelCase.Gaussian(samples * tokens, shape.OutputWidth, seed, "targets"), samples);
        start = new ModelParameters(model.Layout);
        new RandomSequence(seed, "weights").FillGaussian(start.Vector);
        Vectors.Scale(start.Vector, 0.7);
        return model;
    }

    // vec by rows of F = Σ_h B_h W_V^h W_O^h: the block of head h is B_h ⊗ W_O^hᵀ.
    private static MathNetMatrix KroneckerMap(Transformer model, ModelParameters start)
    {
        Matrix features = TransformerFeatures.OfHeads(model, start);
        MathNetMatrix? map = null;
        for (int head = 0; head < model.Shape.Heads; head++)
        {
            MathNetMatrix block = ToMathNet(features.ColumnRange(head * model.Shape.Width, model.Shape.Width))
                .KroneckerProduct(ToMathNet(start[$"heads.{head}.output"]).Transpose());
            map = map is null ? block : map.Append(block);
        }

        return map!;
    }

    private static MathNetMatrix ToMathNet(Matrix matrix) =>
        MathNetMatrix.Build.Dense(matrix.Rows, matrix.Columns, (row, column) => matrix[row, column]);

    private static double Constant(Certificate certificate, string symbol) =>
        Assert.Single(certificate.Constants, constant => constant.Symbol == symbol).Value;
}

/// <summary>A run of gradient descent held against a guarantee.</summary>
internal static class Follow
{
    /// <summary>Asserts ℒ_t ≤ (1 − rate)^t ℒ_0 and the radii at every step, down to where rounding rules.</summary>
    public static double Keeps(IModel model, ModelParameters start, TrainedSet trained, Guarantee guarantee, double initialLoss, int steps)
    {
        ModelParameters at = start.Clone(), gradient = new(model.Layout);
        double bound = initialLoss, loss = initialLoss;
        for (int step = 0; step < steps && bound > 1e-24 * initialLoss; step++)
        {
            loss = model.LossAndGradient(at, model.AllSamples, gradient, trained);
            Assert.InRange(loss, 0, (bound * (1 + 1e-9)) + (1e-26 * initialLoss));
            foreach (BlockRadius radius in guarantee.Radii)
            {
                Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(at[radius.Block].Span, start[radius.Block].Span)), 0, radius.Radius);
            }

            Vectors.AddScaled(at.Vector, -guarantee.StepSize, gradient.Vector);
            bound *= 1 - guarantee.Rate;
        }

        return loss;
    }
}
