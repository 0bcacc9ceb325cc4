using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>A small random point of a shape.</summary>
internal static class RandomPoint
{
    public static ModelPoint Of(ResidualTransformerShape shape, int samples = 2, int tokens = 3, TrainedSet? trained = null, long seed = 0) => new(
        $"random-{seed}", shape, samples, Gaussian("inputs", samples * tokens, shape.Width, seed), Gaussian("targets", samples * tokens, shape.OutputWidth, seed),
        new Initialisation().Create(shape, seed), trained ?? TrainedSet.All);

    private static Matrix Gaussian(string name, int rows, int columns, long seed)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(seed, $"point.{name}").FillGaussian(matrix.Span);
        return matrix;
    }
}
