using System.Text.Json;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Models G and S against values from complex-step differentiation (tests/Data/trainable),
/// to the tolerances of the files: 1e-10, and 1e-7 of the largest kernel eigenvalue.</summary>
public sealed class TrainableReferenceTests
{
    private const double Tolerance = 1e-10;
    private const double EigenvalueTolerance = 1e-7;

    public static TheoryData<string> Names => ["kernel-softmax", "kernel-gaussian", "shallow-encoder-sum", "shallow-encoder-mean"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Output_loss_and_gradient_are_those_of_the_reference(string name)
    {
        TrainableReference reference = TrainableReference.Load(name);
        using IModel model = reference.NewModel();
        ModelParameters parameters = reference.Parameters(model.Layout), gradient = new(model.Layout),
            expected = reference.ExpectedGradient(model.Layout);
        Matrix output = Matrix.Allocate(reference.Targets.Rows, reference.Targets.Columns);
        model.Output(parameters, model.AllSamples, output);
        AssertClose(ReferenceCase.Stacked(reference.Expected.GetProperty("output")).Span, output.Span);

        double loss = model.LossAndGradient(parameters, model.AllSamples, gradient, reference.Trained),
            expectedLoss = reference.Expected.GetProperty("loss").GetDouble();
        Assert.InRange(loss / expectedLoss, 1 - Tolerance, 1 + Tolerance);
        Assert.Equal(loss, model.Loss(parameters, model.AllSamples));
        foreach (ParameterBlock block in model.Layout.Blocks)
        {
            AssertClose(expected[block].Span, gradient[block].Span);
        }

        double norm = Vectors.Norm(gradient.Vector);
        Assert.InRange(norm / reference.Expected.GetProperty("gradient_norm").GetDouble(), 1 - Tolerance, 1 + Tolerance);
        Assert.InRange(norm * norm / (2 * loss) / reference.Expected.GetProperty("pl_ratio").GetDouble(), 1 - Tolerance, 1 + Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernels_eigenvalues_are_those_of_the_reference(string name)
    {
        TrainableReference reference = TrainableReference.Load(name);
        using IModel model = reference.NewModel();
        Matrix jacobian = JacobianMatrix.Of(model, reference.Parameters(model.Layout), reference.Trained);
        _ = JacobianMatrix.Spectrum(jacobian, out double[] values);
        double[] expected = [.. Numbers(reference.Expected.GetProperty("ntk_eigenvalues"))];
        Assert.Equal(expected.Length, jacobian.Rows);
        for (int k = 0; k < expected.Length; k++)
        {
            double eigenvalue = k < values.Length ? values[k] * values[k] : 0;
            Assert.InRange(eigenvalue - expected[k], -EigenvalueTolerance * expected[0], EigenvalueTolerance * expected[0]);
        }
    }

    [Theory]
    [InlineData("kernel-softmax")]
    [InlineData("kernel-gaussian")]
    public void The_singular_values_of_B_are_those_of_the_reference(string name)
    {
        TrainableReference reference = TrainableReference.Load(name);
        using var model = Transformer.OfArrays(reference.KernelShape, reference.Inputs, reference.Targets, reference.Samples);
        AssertSingularValues(
            TransformerFeatures.OfHeads(model, reference.Parameters(model.Layout)),
            reference.Expected.GetProperty("kernel_feature_singular_values"));
    }

    [Theory]
    [InlineData("shallow-encoder-sum")]
    [InlineData("shallow-encoder-mean")]
    public void The_singular_values_of_the_pooled_features_are_those_of_the_reference(string name)
    {
        TrainableReference reference = TrainableReference.Load(name);
        using var model = Transformer.OfArrays(reference.EncoderShape, reference.Inputs, reference.Targets, reference.Samples);
        AssertSingularValues(
            TransformerFeatures.Pooled(model, reference.Parameters(model.Layout)),
            reference.Expected.GetProperty("pooled_singular_values"));
    }

    private static void AssertSingularValues(in Matrix matrix, JsonElement expected)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        AssertClose([.. Numbers(expected)], values);
    }

    private static IEnumerable<double> Numbers(JsonElement array) => array.EnumerateArray().Select(value => value.GetDouble());

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        double norm = 0, error = 0;
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
        {
            norm += expected[k] * expected[k];
            error += (expected[k] - actual[k]) * (expected[k] - actual[k]);
        }

        Assert.InRange(Math.Sqrt(error), 0, Tolerance * Math.Sqrt(norm));
    }
}
