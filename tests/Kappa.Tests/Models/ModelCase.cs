using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Tests.Models;

/// <summary>A shape with Gaussian inputs, targets and weights, everything a function of the seed.</summary>
internal sealed class ModelCase
{
    public ModelCase(ResidualTransformerShape shape, int samples = 2, int tokens = 3, long seed = 1, double inputScale = 1)
    {
        Shape = shape;
        Samples = samples;
        Tokens = tokens;
        Inputs = Gaussian(samples * tokens, shape.Width, seed, "inputs", inputScale);
        Targets = Gaussian(samples * tokens, shape.OutputWidth, seed, "targets");
        Weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed);
    }

    public ResidualTransformerShape Shape { get; }

    public int Samples { get; }

    public int Tokens { get; }

    public Matrix Inputs { get; }

    public Matrix Targets { get; }

    public ResidualTransformerWeights Weights { get; }

    /// <summary>Shapes that between them have every option: both logit routes, depth
    /// 1–3, d_k ≠ d, readout, negative and zero coefficients, odd sizes.</summary>
    public static IEnumerable<ModelCase> Varied()
    {
        yield return new(new ResidualTransformerShape { Width = 4, FfnWidth = 6 });
        yield return new(
            new ResidualTransformerShape { Width = 5, FfnWidth = 3, Depth = 2, KeyWidth = 2, ReadoutWidth = 2, Temperature = -0.7 },
            samples: 3, tokens: 4, seed: 2);
        yield return new(
            new ResidualTransformerShape { Width = 3, FfnWidth = 7, Depth = 3, KeyWidth = 9, AttentionResidual = -0.9, FfnResidual = 0.4 },
            samples: 2, tokens: 2, seed: 3);
        yield return new(
            new ResidualTransformerShape
            {
                Width = 4,
                FfnWidth = 9,
                Depth = 2,
                AttentionResidual = 0,
                FfnResidual = 0,
                Activation = new Activation(ActivationKind.Gelu),
            },
            samples: 5, tokens: 3, seed: 4);
        yield return new(
            new ResidualTransformerShape { Width = 1, FfnWidth = 1, Depth = 2, Activation = new Activation(ActivationKind.Identity) },
            samples: 4, tokens: 2, seed: 5);
        yield return new(
            new ResidualTransformerShape { Width = 7, FfnWidth = 8, Activation = new Activation(ActivationKind.Relu), ReadoutWidth = 1 },
            samples: 3, tokens: 1, seed: 6);
        yield return new(
            new ResidualTransformerShape
            { Width = 2, FfnWidth = 17, Depth = 2, Activation = new Activation(ActivationKind.LeakyRelu, 0.3) },
            samples: 9, tokens: 5, seed: 7);
    }

    public static Matrix Gaussian(int rows, int columns, long seed, string name, double scale = 1)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(seed, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, scale);
        return matrix;
    }

    /// <summary>Weights with Gaussian entries of norm 1 in all.</summary>
    public ResidualTransformerWeights UnitDirection(long seed)
    {
        var direction = new ResidualTransformerWeights(Shape);
        new RandomSequence(seed, "direction").FillGaussian(direction.Vector);
        Vectors.Scale(direction.Vector, 1 / Vectors.Norm(direction.Vector));
        return direction;
    }

    public ResidualTransformer NewModel(int threads = 1) => new(Shape, Inputs, Targets, Samples, threads);

    /// <summary>Loss and gradient of the product.</summary>
    public (double Loss, ResidualTransformerWeights Gradient) Evaluate(
        ResidualTransformer model, ModelParameters weights, TrainedSet? trained = null)
    {
        Matrix residual = Matrix.Allocate(Targets.Rows, Targets.Columns);
        var gradient = new ResidualTransformerWeights(Shape);
        model.Forward(weights);
        double loss = model.ForwardResidual(residual);
        model.Backward(weights, residual, gradient, trained ?? TrainedSet.All);
        return (loss, gradient);
    }

    public override string ToString() => $"N={Samples} n={Tokens} {Shape}";
}
