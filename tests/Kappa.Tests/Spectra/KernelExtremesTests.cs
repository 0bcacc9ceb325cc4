using Kappa.Models;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class KernelExtremesTests
{
    public static TheoryData<string> Names => [.. ReferenceCase.Names];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_ends_are_those_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        var extremes = KernelExtremes.Of(model, reference.Weights, reference.Trained);
        double[] expected = [
            .. reference.Expected.GetProperty("ntk_eigenvalues").EnumerateArray().Select(value => value.GetDouble()).Order()];

        // An eigenvalue apart from the others is far better than its residual, at most tolerance·λ.
        Assert.True(extremes.LambdaMax.Converged);
        Assert.Equal(expected[^1], extremes.LambdaMax.Value, 1e-10 * expected[^1]);
        Assert.Equal(expected[0], extremes.LambdaMin.Value, 1e-7 * expected[^1]);
        Assert.True(extremes.LambdaMin.Converged);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Products_with_the_kernel_are_those_of_the_Jacobian(int index)
    {
        // Σ_j ⟨e_j, K e_j⟩ = tr K = Σ σ_k(J)², and Σ_j ‖K e_j‖² = ‖K‖² = Σ σ_k(J)⁴, J written out by backward passes alone.
        ModelCase @case = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer model = @case.NewModel();
        foreach (TrainedSet trained in new[] { TrainedSet.All, TrainedSet.Of(ParameterKind.Key, ParameterKind.FfnOut) })
        {
            var spectrum = JacobianSpectrum.Of(model, @case.Weights, trained);
            var kernel = new KernelOperator(model, @case.Weights, trained);
            double trace = 0;
            double squares = 0;
            for (int j = 0; j < kernel.Size; j++)
            {
                double[] unit = new double[kernel.Size];
                double[] column = new double[kernel.Size];
                unit[j] = 1;
                kernel.Apply(unit, column);
                trace += column[j];
                squares += column.Sum(x => x * x);
            }

            Assert.Equal(spectrum.Eigenvalues.Sum(), trace, 1e-12 * trace);
            Assert.Equal(spectrum.Eigenvalues.Sum(x => x * x), squares, 1e-12 * squares);
            Assert.Equal(spectrum.SingularValues.Length, Math.Min(kernel.Size, kernel.Parameters));
        }
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(1, 0.0)]
    [InlineData(2, 1.0)]
    [InlineData(4, 0.0)]
    public void The_largest_eigenvalue_takes_fewer_than_one_hundred_products(int depth, double attentionResidual)
    {
        var shape = new ResidualTransformerShape { Depth = depth, Width = 16, FfnWidth = 32, AttentionResidual = attentionResidual };
        var @case = new ModelCase(shape, samples: 2, tokens: 4, seed: 3, inputScale: 0.25);
        using ResidualTransformer model = @case.NewModel();
        var extremes = KernelExtremes.Of(model, @case.Weights, TrainedSet.All, new LanczosOptions { Ends = SpectrumEnds.Largest });
        double expected = JacobianSpectrum.Of(model, @case.Weights, TrainedSet.All).LambdaMax;
        Assert.True(extremes.LambdaMax.Converged);
        Assert.InRange(extremes.Products, 2, 99);
        Assert.InRange(extremes.LambdaMax.Value / expected, 1 - 1e-6, 1 + 1e-12);
    }

    [Fact]
    public void A_budget_that_is_too_small_is_said_to_be()
    {
        var @case = new ModelCase(new ResidualTransformerShape { Width = 16, FfnWidth = 32 }, samples: 2, tokens: 4, seed: 3);
        using ResidualTransformer model = @case.NewModel();
        var extremes = KernelExtremes.Of(model, @case.Weights, TrainedSet.All, new LanczosOptions { MaximumProducts = 25 });
        double smallest = JacobianSpectrum.Of(model, @case.Weights, TrainedSet.All).LambdaMin;
        Assert.Equal(25, extremes.Products);
        Assert.False(extremes.LambdaMin.Converged);
        Assert.True(extremes.LambdaMin.Value > smallest);
        Assert.True(extremes.LambdaMin.Residual > 1e-6 * extremes.LambdaMin.Value);
    }

    [Fact]
    public void Fewer_parameters_than_outputs_are_told_from_a_small_eigenvalue()
    {
        var @case = new ModelCase(new ResidualTransformerShape { Width = 8, FfnWidth = 12, KeyWidth = 2 });
        using ResidualTransformer model = @case.NewModel();
        var limited = KernelExtremes.Of(model, @case.Weights, TrainedSet.Of(ParameterKind.Query));
        Assert.Equal(SpectrumStatus.RankLimited, limited.Status);
        Assert.Equal(new EigenvalueEstimate(0, 0, true), limited.LambdaMin);
        Assert.True(limited.LambdaMax.Converged);

        // W_Q and W_K together have 64 ≥ 24 parameters for 3 × 2 tokens of width 4,
        // and still no rank: the softmax does not see a constant added to a row.
        @case = new ModelCase(new ResidualTransformerShape { Width = 4, FfnWidth = 6, KeyWidth = 8 });
        using ResidualTransformer wide = @case.NewModel();
        var deficient = KernelExtremes.Of(wide, @case.Weights, TrainedSet.Of(ParameterKind.Query, ParameterKind.Key));
        Assert.Equal(SpectrumStatus.BelowFloor, deficient.Status);
        Assert.Equal(0, deficient.LambdaMin.Value);
        Assert.True(deficient.LambdaMin.Residual >= deficient.Floor);
    }

    [Fact]
    public void A_zero_and_a_non_finite_Jacobian_have_a_status()
    {
        // Queries have no influence when there is one token.
        var @case = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 3 }, samples: 2, tokens: 1);
        using ResidualTransformer model = @case.NewModel();
        Assert.Equal(SpectrumStatus.Zero, KernelExtremes.Of(model, @case.Weights, TrainedSet.Of(ParameterKind.Query)).Status);
        @case.Weights.Vector[^1] = double.NaN;
        var broken = KernelExtremes.Of(model, @case.Weights, TrainedSet.All);
        Assert.Equal(SpectrumStatus.NonFinite, broken.Status);
        Assert.False(broken.LambdaMax.Converged);
    }
}
