using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>One evaluation of each theorem at points near a solution, where the path certificate goes all its way.</summary>
internal static class CertificateBenchmark
{
    private static readonly (int Depth, int Samples, int Tokens, int Width, int FfnWidth, double Residual)[] s_sizes =
    [
        (1, 2, 4, 16, 64, 3e-2), (1, 4, 4, 32, 256, 3e-2), (1, 8, 8, 96, 512, 3e-3), (2, 2, 4, 16, 64, 3e-3),
    ];

    /// <summary>Times the ball and the path certificate at every size, on one thread.</summary>
    public static IEnumerable<Measurement> Run(Stopclock clock)
    {
        foreach ((int depth, int samples, int tokens, int width, int ffnWidth, double residual) in s_sizes)
        {
            ResidualTransformerShape shape = new() { Depth = depth, Width = width, FfnWidth = ffnWidth };
            using TrainingPoint point = NearSolution(shape, samples, tokens, residual);
            foreach (Theorem theorem in Theorems.All.Where(theorem => theorem.Name is "ball" or "path"))
            {
                Certificate? certificate = null;
                Measurement measurement = clock.Time("", operations: null, () => certificate = theorem.Evaluate(point));
                yield return measurement with { Name = $"{theorem.Name} {samples},{tokens},{width},{ffnWidth} depth {depth}: {certificate!.Outcome}" };
            }
        }
    }

    // Targets a little away from the output: a certificate's cost depends on how far it comes.
    private static TrainingPoint NearSolution(ResidualTransformerShape shape, int samples, int tokens, double residual)
    {
        Matrix inputs = Gaussian(samples * tokens, shape.Width, "inputs"), targets = Gaussian(samples * tokens, shape.OutputWidth, "targets");
        ResidualTransformerWeights weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1);
        using ResidualTransformer model = new(shape, inputs, samples);
        model.Forward(weights);
        Vectors.Scale(targets.Span, residual / Vectors.Norm(targets.Span));
        Vectors.AddScaled(targets.Span, 1, model.Output.Span);
        return new TrainingPoint(inputs, samples, targets, weights, TrainedSet.All);
    }

    private static Matrix Gaussian(int rows, int columns, string name)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(1, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, 1 / Math.Sqrt(columns));
        return matrix;
    }
}
