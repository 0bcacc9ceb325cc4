using System.Text.Json;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class JacobianSpectrumTests
{
    public static TheoryData<string> Names => [.. ReferenceCase.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_spectrum_is_that_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        var spectrum = JacobianSpectrum.Of(model, reference.Weights, reference.Trained);

        // The tolerance of the files: 1e-7 of the largest eigenvalue, whose complex-step Jacobian was squared there.
        double[] expected = [.. Numbers(reference.Expected.GetProperty("ntk_eigenvalues")).OrderDescending()];
        Assert.Equal(expected.Length, spectrum.Eigenvalues.Length);
        for (int k = 0; k < expected.Length; k++)
        {
            Assert.Equal(expected[k], spectrum.Eigenvalues[k], 1e-7 * expected[0]);
        }

        Assert.Equal(expected[0], spectrum.LambdaMax, 1e-10 * expected[0]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Branch_output_and_hidden_spectra_are_those_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        model.Forward(reference.Weights);
        for (int l = 0; l < reference.Shape.Depth; l++)
        {
            AssertSpectrum(reference, "attention_output_singular_values", l, model.Layer(l).AttentionOutput);
            AssertSpectrum(reference, "attention_branch_singular_values", l, model.Layer(l).AttentionBranch);
            AssertSpectrum(reference, "hidden_singular_values", l, model.Layer(l).Hidden);
        }
    }

    [Fact]
    public void Block_kernels_hold_the_block_bounds_and_those_of_linear_blocks_are_equal_to_them()
    {
        // M = 6 rows, d = 8, m = 12: wide enough for every bound to say something. Without readout K of W_2 is ΦΦᵀ ⊗ I.
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: null);
        using (model)
        {
            var spectrum = JacobianSpectrum.Of(model, weights, TrainedSet.All, withBlocks: true);
            var bounds = BlockBounds.Of(model, weights, TrainedSet.All);
            Assert.Equal(Smallest(spectrum, ParameterKind.FfnOut), bounds.FfnOut!.Value, 1e-12 * spectrum.LambdaMax);
            Assert.InRange(bounds.FfnIn!.Value, 1e-6, Smallest(spectrum, ParameterKind.FfnIn));
            Assert.Null(bounds.Readout);
            Assert.InRange(bounds.Sum, 1e-6, spectrum.LambdaMin);
            Assert.True(spectrum.Blocks.Sum(block => block.Summary.SigmaMinRow * block.Summary.SigmaMinRow) <= spectrum.LambdaMin);
        }
    }

    [Fact]
    public void With_a_readout_its_block_bound_is_an_equality_and_the_others_carry_its_smallest_value()
    {
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: 3);
        using (model)
        {
            var spectrum = JacobianSpectrum.Of(model, weights, TrainedSet.All, withBlocks: true);
            var bounds = BlockBounds.Of(model, weights, TrainedSet.All);
            Assert.Equal(Smallest(spectrum, ParameterKind.Readout), bounds.Readout!.Value, 1e-12 * spectrum.LambdaMax);

            // K of W_2 is ΦΦᵀ ⊗ W_UᵀW_U, so this bound is an equality as well.
            Assert.Equal(Smallest(spectrum, ParameterKind.FfnOut), bounds.FfnOut!.Value, 1e-12 * spectrum.LambdaMax);
            Assert.InRange(bounds.FfnIn!.Value, 1e-6, Smallest(spectrum, ParameterKind.FfnIn));
        }
    }

    [Fact]
    public void Bounds_of_matrices_that_are_not_trained_or_of_an_activation_without_slope_do_not_exist()
    {
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: null, ActivationKind.Relu);
        using (model)
        {
            model.Forward(weights);
            Assert.Equal(new BlockBounds(null, null, null), BlockBounds.Of(model, weights, TrainedSet.Of(ParameterKind.Value)));
            Assert.Null(BlockBounds.Of(model, weights, TrainedSet.All).FfnIn);
        }
    }

    [Fact]
    public void The_largest_eigenvalue_agrees_with_power_iteration_and_sets_the_linearised_rate()
    {
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: null);
        using (model)
        {
            var spectrum = JacobianSpectrum.Of(model, weights, TrainedSet.All);
            LargestKernelEigenvalue estimate = PowerIteration.Estimate(
                model, weights, TrainedSet.All, tolerance: 1e-9, maximumIterations: 5000);
            Assert.Equal(spectrum.LambdaMax, estimate.Value, 1e-8 * spectrum.LambdaMax);

            double stepSize = 1 / spectrum.LambdaMax;
            double contraction = 1 - (spectrum.LambdaMin / spectrum.LambdaMax);
            Assert.Equal(1 - (contraction * contraction), spectrum.LinearisedRate(stepSize), 1e-15);
            Assert.True(spectrum.LinearisedRate(2.1 * stepSize) < 0);
        }
    }

    [Fact]
    public void Fewer_parameters_than_outputs_leave_a_rank_limited_kernel_with_zeros()
    {
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: 1);
        using (model)
        {
            // 6 outputs and the 8 parameters of W_U: enough.
            Assert.Equal(
                SpectrumStatus.WellDefined, JacobianSpectrum.Of(model, weights, TrainedSet.Of(ParameterKind.Readout)).Summary.Status);
        }

        (model, weights) = Example(readoutWidth: null, keyWidth: 2);
        using (model)
        {
            // 48 outputs and the 16 parameters of W_Q [8, 2]: too few.
            var spectrum = JacobianSpectrum.Of(model, weights, TrainedSet.Of(ParameterKind.Query));
            Assert.Equal(SpectrumStatus.RankLimited, spectrum.Summary.Status);
            Assert.Equal(16, spectrum.SingularValues.Length);
            Assert.Equal(48, spectrum.Eigenvalues.Length);
            Assert.Equal(0, spectrum.Eigenvalues[^1]);
            Assert.Equal(0, spectrum.LambdaMin);
        }
    }

    [Fact]
    public void Too_large_a_Jacobian_is_refused_with_its_size_before_any_work()
    {
        (ResidualTransformer model, ResidualTransformerWeights weights) = Example(readoutWidth: null);
        using (model)
        {
            string message = Assert.Throws<ArgumentException>(() =>
                JacobianSpectrum.Of(model, weights, TrainedSet.All, memoryLimit: 100_000)).Message;
            Assert.Contains("M·d_out = 48", message, StringComparison.Ordinal);
            Assert.Contains("384 trained parameters", message, StringComparison.Ordinal);
        }
    }

    private static (ResidualTransformer Model, ResidualTransformerWeights Weights) Example(
        int? readoutWidth, ActivationKind activation = ActivationKind.SmoothLeakyRelu, int keyWidth = 8)
    {
        var shape = new ResidualTransformerShape
        {
            Depth = 1,
            Width = 8,
            FfnWidth = 12,
            KeyWidth = keyWidth,
            ReadoutWidth = readoutWidth,
            Activation = new Activation(activation),
        };
        ResidualTransformerWeights weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, 5);
        return (ResidualTransformer.WithoutTargets(shape, MatrixSamples.Gaussian(6, 8, 4), 2), weights);
    }

    private static double Smallest(JacobianSpectrum spectrum, ParameterKind kind)
    {
        double sigma = spectrum.Blocks.Single(block => block.Block.Kind == kind).Summary.SigmaMinRow;
        return sigma * sigma;
    }

    private static void AssertSpectrum(ReferenceCase reference, string property, int layer, Matrix matrix)
    {
        double[] expected = [.. Numbers(reference.Expected.GetProperty(property)[layer])];
        double[] actual = MatrixSamples.Values(matrix);
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
        {
            Assert.Equal(expected[k], actual[k], 1e-10 * expected[0]);
        }
    }

    private static IEnumerable<double> Numbers(JsonElement array) => array.EnumerateArray().Select(x => x.GetDouble());
}
