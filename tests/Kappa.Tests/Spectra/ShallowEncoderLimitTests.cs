using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

/// <summary>The limiting kernel (S.7) against cases known in closed form and against kernels of wide models.</summary>
public sealed class ShallowEncoderLimitTests
{
    [Fact]
    public void Equal_orthogonal_opposite_and_zero_means_have_their_closed_forms()
    {
        // One token a sample, so the means are the tokens: a, b ⟂ a, −a and 0.
        var limit = ShallowEncoderLimit.Of(Matrix.From(new double[,] { { 3, 0 }, { 0, 2 }, { -3, 0 }, { 0, 0 } }), 4, TokenPooling.Sum);
        Matrix readout = limit.ReadoutKernel, value = limit.ValueKernel;
        Assert.Equal(9.0 / 2, readout[0, 0], 1e-14);
        Assert.Equal(9.0 / 2, value[0, 0], 1e-14);
        Assert.Equal(6 / (2 * Math.PI), readout[0, 1], 1e-14);
        Assert.Equal(0, value[0, 1], 1e-14);
        Assert.Equal(0, readout[0, 2], 1e-14);
        Assert.Equal(0, value[0, 2], 1e-14);
        Assert.All(Enumerable.Range(0, 4), k => Assert.Equal(0.0, limit.Kernel[3, k]));
    }

    [Theory]
    [InlineData(TokenPooling.Sum)]
    [InlineData(TokenPooling.Mean)]
    public void The_kernel_of_a_wide_model_tends_to_it_like_one_over_the_root_of_the_width(TokenPooling pooling)
    {
        double[] distances = [
            .. new[] { 1600, 25_600 }.Select(width => Enumerable.Range(0, 16).Average(seed => Distance(width, pooling, seed)))];

        // A factor 16 in width is a factor 4 in distance; the mean of sixteen draws is right to about a fifth.
        Assert.InRange(distances[0] / distances[1], 2.6, 6);
        Assert.InRange(distances[1], 1e-3, 0.05);
    }

    private static double Distance(int width, TokenPooling pooling, long seed)
    {
        const int Samples = 3, Tokens = 4, InputWidth = 5;
        Matrix inputs = ModelCase.Gaussian(Samples * Tokens, InputWidth, 8, "inputs");
        var shape = TransformerShape.ShallowEncoder(InputWidth, width, 1.0 / width) with
        { OutputScale = 1 / Math.Sqrt(width), Pooling = pooling };
        using var model = Transformer.OfArrays(shape, inputs, ModelCase.Gaussian(Samples, 1, 8, "targets"), Samples);
        var parameters = new ModelParameters(model.Layout);
        new RandomSequence(seed, "ntk").FillGaussian(parameters.Vector);
        Matrix jacobian = JacobianMatrix.Of(model, parameters, TrainedSet.All), kernel = Matrix.Allocate(Samples, Samples);
        Products.MultiplyByTransposed(jacobian, jacobian, kernel);
        Matrix limit = ShallowEncoderLimit.Of(inputs, Samples, pooling).Kernel;
        return Math.Sqrt(Vectors.SquaredDistance(kernel.Span, limit.Span)) / Vectors.Norm(limit.Span);
    }
}
