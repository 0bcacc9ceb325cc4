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
        (TransformerShape shape, ModelParameters parameters) = scheme.Create(TransformerShape.ShallowEncoder(50, 4000, 1), seed: 2);
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

    [Theory]
    [InlineData(InitialisationScheme.Gaussian)]
    [InlineData(InitialisationScheme.He)]
    [InlineData(InitialisationScheme.Xavier)]
    [InlineData(InitialisationScheme.Orthogonal)]
    public void The_form_of_model_R_starts_to_the_bits_of_model_R(InitialisationScheme scheme)
    {
        var shape = new ResidualTransformerShape { Width = 5, FfnWidth = 7, Depth = 2, KeyWidth = 3, ReadoutWidth = 2 };
        var initialisation = new Initialisation { Scheme = scheme, Gain = 1.3, QueryGain = 0.7 };
        Assert.Equal(initialisation.Create(shape, 4).Vector, initialisation.Create(TransformerShape.Residual(shape), 4).Vector);
    }

    [Fact]
    public void Every_kind_of_parameter_starts_by_its_law()
    {
        TransformerShape shape = TransformerShape.Classifier(80, 3, 200) with
        {
            HasAttentionBiases = true,
            HasFfnBiases = true,
            HasReadoutBias = true,
            FfnWidth = 256,
            Norm = NormPlace.After,
        };
        ModelParameters parameters = new Initialisation { Scheme = InitialisationScheme.He, Gain = 2 }.Create(shape, 1);
        foreach (ParameterBlock block in parameters.Layout.Blocks)
        {
            double meanSquare = MeanSquare(parameters[block]);
            double expected = block.Kind switch
            {
                ParameterKind.NormGain => 1,
                ParameterKind.Position => 0.02 * 0.02,
                ParameterKind.Embedding => 1,
                _ when block.Rows == 1 => 0,
                _ => 8.0 / block.Rows,
            };

            // The mean square of n Gaussians deviates by √(2/n): six of them.
            Assert.InRange(
                meanSquare, expected * (1 - (6 * Math.Sqrt(2.0 / block.Length))), expected * (1 + (6 * Math.Sqrt(2.0 / block.Length))));
        }

        // Stored transposed, the fan-in is the number of columns.
        ModelParameters encoder = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(
            TransformerShape.ShallowEncoder(10, 4000, 1), 1);
        Assert.InRange(MeanSquare(encoder["value"]) * 10, 0.97, 1.03);
        Assert.InRange(MeanSquare(encoder["readout"]) * 4000, 0.85, 1.15);
    }

    private static double MeanSquare(in Matrix matrix) => Vectors.SquaredNorm(matrix.Span) / matrix.Span.Length;
}
