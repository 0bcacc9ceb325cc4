using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>One evaluation of the ball and of the path certificate at points
/// near a solution, where the path goes all its way; one thread.</summary>
internal static class CertificateSuite
{
    private static readonly (int Depth, BenchmarkSize Size, double Residual)[] s_points =
        [(1, new(2, 4, 16, 64), 3e-2), (1, new(4, 4, 32, 256), 3e-2), (1, new(8, 8, 96, 512), 3e-3), (2, new(2, 4, 16, 64), 3e-3)];

    /// <summary>Times both theorems at every point; the widest is left out of a quick run.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach (
            (int depth, BenchmarkSize size, double residual) in s_points.Where(point => !context.Request.IsQuick || point.Size.Width < 64))
        {
            using ResidualTransformerPoint point = NearSolution(size.Shape(depth), size.Samples, size.Tokens, residual);
            foreach (Theorem theorem in Theorems.All.Where(theorem => theorem.Name is "ball" or "path"))
            {
                BenchmarkRow row = new()
                {
                    Suite = "certificates",
                    Work = $"{theorem.Name} certificate",
                    Size = size.ToString(),
                    Depth = depth,
                    Side = "kappa",
                    Microseconds = default,
                };
                context.Hold(row, [new OwnWork("kappa", () => _ = theorem.Evaluate(point))], operations: null);
            }
        }
    }

    // Targets a little away from the output: a certificate's cost depends on how far it comes.
    private static ResidualTransformerPoint NearSolution(ResidualTransformerShape shape, int samples, int tokens, double residual)
    {
        Matrix inputs = Gaussian(samples * tokens, shape.Width, "inputs"),
            targets = Gaussian(samples * tokens, shape.OutputWidth, "targets");
        ResidualTransformerWeights weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1);
        using var model = ResidualTransformer.WithoutTargets(shape, inputs, samples);
        model.Forward(weights);
        Vectors.Scale(targets.Span, residual / Vectors.Norm(targets.Span));
        Vectors.AddScaled(targets.Span, 1, model.ForwardOutput.Span);
        return new ResidualTransformerPoint(inputs, samples, targets, weights, TrainedSet.All);
    }

    private static Matrix Gaussian(int rows, int columns, string name)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(1, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, 1 / Math.Sqrt(columns));
        return matrix;
    }
}
