using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class ModelInitialisationTests
{
    public static TheoryData<string, double, double, double> Schemes => new()
    {
        { "LeCun", 1.0 / 4000, 1.0 / 50, 1 },
        { "He", 2.0 / 4000, 2.0 / 50, 1 },
        { "NTK", 1, 1, 1 / Math.Sqrt(4000) },
    };

    [Theory]
    [MemberData(nameof(Schemes))]
    public void The_schemes_of_C_have_their_variances_and_output_scale(string name, double readout, double input, double outputScale)
    {
        EncoderScheme scheme = new[] { EncoderScheme.LeCun, EncoderScheme.He, EncoderScheme.Ntk }.Single(known => known.Name == name);
        (ShallowEncoderShape shape, ModelParameters parameters) = scheme.Create(new ShallowEncoderShape { InputWidth = 50, Width = 4000, LogitScale = 1 }, seed: 2);
        Assert.Equal(outputScale, shape.OutputScale);

        // The mean square of n Gaussians is right to √(2/n): 2.2 % for w_O, 0.3 % for the others; five deviations.
        Assert.InRange(MeanSquare(parameters["readout"]) / readout, 0.89, 1.11);
        Assert.All(["query", "key", "value"], matrix => Assert.InRange(MeanSquare(parameters[matrix]) / input, 0.984, 1.016));
    }

    [Fact]
    public void The_classifier_starts_with_identity_normalisations_and_fan_in_scales()
    {
        TransformerShape shape = TransformerShape.Classifier(100, 2, 200) with { FfnWidth = 256 };
        ModelParameters parameters = ModelInitialisation.Create(shape, seed: 3);
        Assert.All(parameters["final_norm_gain"].Span.ToArray(), value => Assert.Equal(1, value));
        Assert.All(parameters["blocks.1.ffn_norm_shift"].Span.ToArray(), value => Assert.Equal(0, value));
        Assert.InRange(MeanSquare(parameters["embedding"]), 0.93, 1.07);
        Assert.InRange(MeanSquare(parameters["position"]) / (0.02 * 0.02), 0.9, 1.1);
        Assert.InRange(MeanSquare(parameters["blocks.0.ffn_out"]) * 256, 0.93, 1.07);
        Assert.NotEqual(parameters.Vector, ModelInitialisation.Create(shape, seed: 4).Vector);
    }

    private static double MeanSquare(in Matrix matrix) => Vectors.SquaredNorm(matrix.Span) / matrix.Span.Length;
}
