using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>Matrix products at the shapes of a training step, from one sample to a large weight gradient.</summary>
internal static class ProductBenchmark
{
    private static readonly (int Samples, int Rows, int Depth, int Columns)[] s_shapes =
    [
        (1, 64, 16, 16), (1, 256, 32, 32), (1, 1024, 64, 64), (1, 1024, 256, 64), (1, 4096, 128, 512), (1, 2048, 2048, 2048),
        (64, 16, 16, 64), (256, 64, 64, 32), (8, 8, 8, 16), (32, 16, 16, 32), (128, 32, 32, 128),
    ];

    // Sums over all token rows: gradients of weights [d, d] and [d, m].
    private static readonly (int Rows, int Depth, int Columns)[] s_weightGradients = [(16, 64, 16), (16, 64, 32), (32, 512, 32), (32, 512, 128), (64, 1024, 256), (128, 4096, 512)];

    // A weight transposed: D W₂ᵀ and D W_Vᵀ.
    private static readonly (int Samples, int Rows, int Depth, int Columns)[] s_transposed = [(1, 64, 16, 32), (1, 512, 32, 128), (1, 1024, 64, 256), (1, 4096, 128, 512), (8, 8, 16, 8), (32, 16, 32, 16), (64, 16, 64, 16), (128, 32, 128, 32)];

    /// <summary>Times A B, Aᵀ B and A Bᵀ.</summary>
    public static IEnumerable<Measurement> Run(Stopclock clock, VectorPath path)
    {
        foreach ((int samples, int rows, int depth, int columns) in s_shapes)
        {
            yield return Time(clock, path, ProductForm.Plain, samples, rows, depth, columns);
        }

        foreach ((int rows, int depth, int columns) in s_weightGradients)
        {
            yield return Time(clock, path, ProductForm.LeftTransposed, 1, rows, depth, columns);
        }

        foreach ((int samples, int rows, int depth, int columns) in s_transposed)
        {
            yield return Time(clock, path, ProductForm.RightTransposed, samples, rows, depth, columns);
        }
    }

    private static Measurement Time(Stopclock clock, VectorPath path, ProductForm form, int samples, int rows, int depth, int columns)
    {
        Matrix a = form == ProductForm.LeftTransposed ? Gaussian(samples * depth, rows) : Gaussian(samples * rows, depth);
        Matrix b = form == ProductForm.RightTransposed ? Gaussian(samples * columns, depth) : Gaussian(samples * depth, columns);
        Matrix c = Matrix.Allocate(samples * rows, columns);
        string product = form == ProductForm.Plain ? "A B" : form == ProductForm.RightTransposed ? "A B^T" : "A^T B";
        string name = $"{product,-6} {(samples == 1 ? "" : $"{samples} of ")}{rows}x{depth}x{columns}";
        return clock.Time(name, 2.0 * samples * rows * depth * columns, () => ProductKernels<double>.Of(path).Run(form, samples, a, b, c, ProductEnding<double>.Of(1, 0, c)));
    }

    private static Matrix Gaussian(int rows, int columns)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(1, "benchmark").FillGaussian(matrix.Span);
        return matrix;
    }
}
