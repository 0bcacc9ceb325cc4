using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>K = J Jᵀ [N, N], the neural tangent kernel of model S (P.4), without J in full.</summary>
/// <remarks>Rows of J are kept in blocks of at most 256 MiB; with b blocks the gradient of a
/// sample is taken up to b times. Where one block holds all, each is taken once.</remarks>
internal static class EncoderKernel
{
    private const long BlockBytes = 1L << 28;

    public static Matrix Of(IModel model, ModelParameters parameters, long blockBytes = BlockBytes)
    {
        int samples = model.Samples, length = model.Layout.Length;
        int size = (int)Math.Clamp(blockBytes / (sizeof(double) * (long)length), 1, samples);
        Matrix kernel = Matrix.Allocate(samples, samples), unit = Matrix.Allocate(1, 1);
        unit.Span[0] = 1;
        var rows = Enumerable.Range(0, size).Select(_ => new ModelParameters(model.Layout)).ToArray();
        var other = new ModelParameters(model.Layout);
        for (int first = 0; first < samples; first += size)
        {
            int count = Math.Min(size, samples - first);
            for (int k = 0; k < count; k++)
            {
                model.Backward(parameters, [first + k], unit, rows[k], TrainedSet.All);
                for (int m = 0; m <= k; m++)
                {
                    Set(kernel, first + k, first + m, Vectors.Dot(rows[k].Vector, rows[m].Vector));
                }
            }

            for (int sample = first + count; sample < samples; sample++)
            {
                model.Backward(parameters, [sample], unit, other, TrainedSet.All);
                for (int k = 0; k < count; k++)
                {
                    Set(kernel, sample, first + k, Vectors.Dot(other.Vector, rows[k].Vector));
                }
            }
        }

        return kernel;
    }

    /// <summary>λ_max of a kernel; NaN for one that is not finite.</summary>
    public static double Largest(Matrix kernel)
    {
        if (!double.IsFinite(Vectors.SquaredNorm(kernel.Span)))
        {
            return double.NaN;
        }

        double[] values = new double[kernel.Rows];
        new SingularValues(kernel.Rows, kernel.Rows).Compute(kernel, values);
        return values[0];
    }

    /// <summary>‖A − B‖/‖B‖.</summary>
    public static double Distance(Matrix a, Matrix b) => Math.Sqrt(Vectors.SquaredDistance(a.Span, b.Span)) / Vectors.Norm(b.Span);

    private static void Set(Matrix kernel, int row, int column, double value)
    {
        kernel[row, column] = value;
        kernel[column, row] = value;
    }
}
