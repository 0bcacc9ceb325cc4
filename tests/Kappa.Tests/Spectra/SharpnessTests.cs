using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;
using DenseMatrix = MathNet.Numerics.LinearAlgebra.Double.DenseMatrix;
using Symmetricity = MathNet.Numerics.LinearAlgebra.Symmetricity;

namespace Kappa.Tests.Spectra;

public sealed class SharpnessTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_ends_are_those_of_the_Hessian_written_out(int index)
    {
        ModelCase @case = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer model = @case.NewModel();
        foreach (TrainedSet trained in new[] { TrainedSet.All, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut) })
        {
            var hessian = new HessianOperator(model, @case.Weights, trained);
            double[] eigenvalues = Eigenvalues(hessian);
            var sharpness = Sharpness.Of(model, @case.Weights, trained, new LanczosOptions { Tolerance = 1e-9, MaximumProducts = 400 });
            double scale = Math.Max(Math.Abs(eigenvalues[0]), eigenvalues[^1]);
            Assert.True(sharpness.LargestEigenvalue.Converged && sharpness.SmallestEigenvalue.Converged);
            Assert.Equal(eigenvalues[^1], sharpness.LargestEigenvalue.Value, 1e-9 * scale);
            Assert.Equal(eigenvalues[0], sharpness.SmallestEigenvalue.Value, 1e-9 * scale);
            Assert.Equal(scale, sharpness.SpectralRadius.Value, 1e-9 * scale);
        }
    }

    [Fact]
    public void The_operator_is_the_second_derivative_of_the_loss()
    {
        // (ℒ(θ+hv) − 2ℒ(θ) + ℒ(θ−hv))/h² = ⟨v, ∇²ℒ v⟩ + O(h²): the error falls by four; at h = 2⁻⁶ rounding adds 4 ε ℒ/h² ≈ 4e-12 ℒ.
        var @case = new ModelCase(new ResidualTransformerShape { Width = 5, FfnWidth = 7, Depth = 2, ReadoutWidth = 3 });
        using ResidualTransformer model = @case.NewModel();
        TrainedSet trained = TrainedSet.Of(ParameterKind.Query, ParameterKind.FfnIn, ParameterKind.Readout);
        var hessian = new HessianOperator(model, @case.Weights, trained);
        double[] v = LanczosProcess.GaussianStart(hessian.Size, 3, "v");
        Vectors.Scale(v, 1 / Vectors.Norm(v));
        double[] product = new double[hessian.Size];
        hessian.Apply(v, product);
        double curvature = Vectors.Dot(v, product);
        double coarse = SecondDifference(1.0 / 64) - curvature;
        double fine = SecondDifference(1.0 / 128) - curvature;
        Assert.InRange(Math.Abs(fine), 0, 1e-3 * Math.Abs(curvature));
        Assert.InRange(coarse / fine, 3.9, 4.1);

        double SecondDifference(double h) => (LossAt(h) - (2 * LossAt(0)) + LossAt(-h)) / (h * h);

        double LossAt(double distance)
        {
            var moved = new ResidualTransformerWeights(@case.Shape);
            moved.CopyFrom(@case.Weights);
            int start = 0;
            foreach (ParameterBlock block in moved.Layout.Blocks.Where(trained.Includes))
            {
                Vectors.AddScaled(moved[block].Span, distance, v.AsSpan(start, block.Length));
                start += block.Length;
            }

            return @case.Evaluate(model, moved).Loss;
        }
    }

    [Fact]
    public void Where_the_model_is_linear_it_is_the_largest_eigenvalue_of_the_kernel()
    {
        // With W_2 of the last block alone, F is linear in it: the Hessian is JᵀJ whatever the targets are.
        var @case = new ModelCase(new ResidualTransformerShape { Width = 6, FfnWidth = 10, Depth = 2 }, samples: 3, tokens: 4);
        using ResidualTransformer model = @case.NewModel();
        TrainedSet trained = TrainedSet.OfNames("blocks.1.ffn_out");
        var sharpness = Sharpness.Of(model, @case.Weights, trained);
        double expected = JacobianSpectrum.Of(model, @case.Weights, trained).LambdaMax;
        Assert.Equal(expected, sharpness.LargestEigenvalue.Value, 1e-10 * expected);
        Assert.True(sharpness.LargestEigenvalue.Converged);
    }

    [Fact]
    public void Targets_far_below_the_output_give_negative_curvature_and_a_spectral_radius_of_its_modulus()
    {
        // E = −Y + F with large Y: the second term of the Hessian is as large as
        // one likes and has no sign, for it has trace zero in each bilinear pair.
        var @case = new ModelCase(new ResidualTransformerShape { Width = 5, FfnWidth = 7 });
        Vectors.Scale(@case.Targets.Span, 100);
        using ResidualTransformer model = @case.NewModel();
        var options = new LanczosOptions { Ends = SpectrumEnds.Both };
        var sharpness = Sharpness.Of(model, @case.Weights, TrainedSet.All, options);
        Assert.True(sharpness.SmallestEigenvalue.Value < -1);
        Assert.Equal(Math.Max(-sharpness.SmallestEigenvalue.Value, sharpness.LargestEigenvalue.Value), sharpness.SpectralRadius.Value);

        var opposite = new Sharpness(new EigenvalueEstimate(1, 0.1, false), new EigenvalueEstimate(-3, 0.2, true), 5, 0);
        Assert.Equal(new EigenvalueEstimate(3, 0.2, true), opposite.SpectralRadius);
    }

    private static double[] Eigenvalues(HessianOperator hessian)
    {
        var dense = new DenseMatrix(hessian.Size, hessian.Size);
        double[] unit = new double[hessian.Size];
        double[] column = new double[hessian.Size];
        for (int j = 0; j < hessian.Size; j++)
        {
            unit[j] = 1;
            hessian.Apply(unit, column);
            unit[j] = 0;
            dense.SetColumn(j, column);
        }

        return [.. ((dense + dense.Transpose()) / 2).Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real).Order()];
    }
}
