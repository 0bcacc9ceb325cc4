using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>A small random point of a shape.</summary>
internal static class RandomPoint
{
    public static ModelPoint Of(
        ResidualTransformerShape shape, int samples = 2, int tokens = 3, TrainedSet? trained = null, long seed = 0, int threads = 1)
    {
        Matrix inputs = Gaussian("inputs", samples * tokens, shape.Width, seed),
            targets = Gaussian("targets", samples * tokens, shape.OutputWidth, seed);
        return new(
            $"random-{seed}", new ResidualTransformer(shape, inputs, targets, samples, threads), new Initialisation().Create(shape, seed),
            trained ?? TrainedSet.All);
    }

    /// <summary>The model, which is R.</summary>
    public static ResidualTransformer Residual(this ModelPoint point) => (ResidualTransformer)point.Model;

    /// <summary>The same point with the outputs for targets: its loss is 0.</summary>
    public static ModelPoint Solved(this ModelPoint point)
    {
        ResidualTransformer model = point.Residual();
        Matrix output = PointEvaluation.Of(point).Output;
        return new(point.Name, new ResidualTransformer(model.Shape, model.Inputs, output, model.Samples), point.Parameters, point.Trained);
    }

    private static Matrix Gaussian(string name, int rows, int columns, long seed)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(seed, $"point.{name}").FillGaussian(matrix.Span);
        return matrix;
    }
}
