using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

/// <summary>Products with the kernel of models G and S against the Jacobian written out.</summary>
public sealed class KernelOperatorTests
{
    private static readonly TrainableCase[] Cases = [.. TrainableCase.KernelAttentions(), .. TrainableCase.ShallowEncoders()];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Cases.Length)];

    // The exponent of a Gaussian is formed in another way than in the passes, so
    // its last digits differ: some hundred rounding errors of the largest number.
    [Theory]
    [MemberData(nameof(Indices))]
    public void A_product_with_the_kernel_is_that_of_the_Jacobian_with_its_transpose(int index)
    {
        using IModel model = Cases[index].New();
        ModelParameters parameters = Cases[index].Parameters(model.Layout);
        foreach (TrainedSet trained in new[] { TrainedSet.All, TrainedSet.Of(ParameterKind.Key, ParameterKind.Value) })
        {
            Matrix jacobian = JacobianMatrix.Of(model, parameters, trained);
            var kernel = new KernelOperator(model, parameters, trained);
            Assert.Equal((jacobian.Rows, jacobian.Columns), (kernel.Size, kernel.Parameters));
            double[] u = new double[kernel.Size], product = new double[kernel.Size];
            new RandomSequence(7, "direction").FillGaussian(u);
            kernel.Apply(u, product);
            double[] gradient = [
                .. Enumerable.Range(0, jacobian.Columns).Select(k =>
                    Enumerable.Range(0, jacobian.Rows).Sum(row => jacobian[row, k] * u[row]))];
            double[] expected = [.. Enumerable.Range(0, jacobian.Rows).Select(row => Vectors.Dot(jacobian.Row(row), gradient))];
            double size = expected.Max(Math.Abs);
            Assert.True(size > 0);
            Assert.All(expected.Zip(product), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * size));
        }
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void A_tangent_is_the_limit_of_difference_quotients(int index)
    {
        using IModel model = Cases[index].New();
        ModelParameters at = Cases[index].Parameters(model.Layout), along = new(model.Layout);
        new RandomSequence(9, "direction").FillGaussian(along.Vector);
        Vectors.Scale(along.Vector, 1 / Vectors.Norm(along.Vector));
        Matrix tangent = Output(), before = Output(), after = Output();
        model.Tangent(at, model.AllSamples, along, tangent);
        double coarse = Error(Cases[index].Step), fine = Error(Cases[index].Step / 2);

        // The error of a central difference falls by four when the step is halved; where rounding is all that is left it need not.
        Assert.True(fine < 1e-9 || coarse / fine is > 3.5 and < 4.5, $"{coarse:G3} and {fine:G3}");
        Assert.True(fine < 1e-2, $"{fine:G3}");

        double Error(double step)
        {
            ModelParameters moved = at.Clone();
            Vectors.AddScaled(moved.Vector, step, along.Vector);
            model.Output(moved, model.AllSamples, after);
            moved.CopyFrom(at);
            Vectors.AddScaled(moved.Vector, -step, along.Vector);
            model.Output(moved, model.AllSamples, before);
            Vectors.AddScaled(after.Span, -1, before.Span);
            Vectors.Scale(after.Span, 0.5 / step);
            return Math.Sqrt(Vectors.SquaredDistance(after.Span, tangent.Span)) / Vectors.Norm(tangent.Span);
        }

        Matrix Output() => Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using IModel model = Cases[0].New();
        ModelParameters parameters = Cases[0].Parameters(model.Layout);
        _ = Assert.Throws<ArgumentException>(() => model.Tangent(parameters, model.AllSamples, parameters, Matrix.Allocate(1, 1)));
        using IModel other = Cases[^1].New();
        _ = Assert.Throws<ArgumentException>(() =>
            model.Tangent(
                parameters, model.AllSamples, new ModelParameters(other.Layout),
                Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns)));
    }
}
