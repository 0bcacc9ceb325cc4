using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Descent;

/// <summary>The loss ℒ = ½ ‖F − Y‖² and its gradient E = F − Y in the output (R.4).</summary>
/// <remarks>The sum runs in a fixed order. Immutable but for the caller's target memory, which must not change; thread-safe.</remarks>
public sealed class Objective
{
    /// <summary>The loss against the given targets.</summary>
    /// <param name="targets">Y [M, d_out], contiguous.</param>
    /// <exception cref="ArgumentException">The targets have gaps between rows.</exception>
    public Objective(Matrix targets)
    {
        if (!targets.IsContiguous)
        {
            throw new ArgumentException($"Y must be contiguous but is {targets} with stride {targets.Stride}; copy it.", nameof(targets));
        }

        Targets = targets;
    }

    /// <summary>Y [M, d_out].</summary>
    public Matrix Targets { get; }

    /// <summary>ℒ = ½ ‖F − Y‖²; NaN or infinite when F is.</summary>
    /// <param name="output">F [M, d_out], contiguous.</param>
    /// <exception cref="ArgumentException">The shape is not that of the targets.</exception>
    public double Loss(Matrix output)
    {
        RequireShape(output, nameof(output));
        return 0.5 * SquaredDistance(output.Span, Targets.Span, []);
    }

    /// <summary>ℒ = ½ ‖F − Y‖² and E = F − Y.</summary>
    /// <param name="output">F [M, d_out], contiguous.</param>
    /// <param name="residual">Overwritten with E [M, d_out], contiguous.</param>
    /// <exception cref="ArgumentException">A shape is not that of the targets.</exception>
    public double LossAndGradient(Matrix output, Matrix residual)
    {
        RequireShape(output, nameof(output));
        RequireShape(residual, nameof(residual));
        return 0.5 * SquaredDistance(output.Span, Targets.Span, residual.Span);
    }

    // Σ (f − y)² in eight lanes; the differences are stored when there is a destination.
    private static double SquaredDistance(ReadOnlySpan<double> output, ReadOnlySpan<double> targets, Span<double> residual)
    {
        ref double f = ref MemoryMarshal.GetReference(output);
        ref double y = ref MemoryMarshal.GetReference(targets);
        ref double e = ref MemoryMarshal.GetReference(residual);
        bool stores = residual.Length == output.Length;
        Vector512<double> lanes = Vector512<double>.Zero;
        int index = 0;
        for (; index <= output.Length - Vector512<double>.Count; index += Vector512<double>.Count)
        {
            Vector512<double> difference = Vector512.LoadUnsafe(ref f, (nuint)index) - Vector512.LoadUnsafe(ref y, (nuint)index);
            lanes += difference * difference;
            if (stores)
            {
                difference.StoreUnsafe(ref e, (nuint)index);
            }
        }

        double sum = Vector512.Sum(lanes);
        for (; index < output.Length; index++)
        {
            double difference = output[index] - targets[index];
            sum += difference * difference;
            if (stores)
            {
                residual[index] = difference;
            }
        }

        return sum;
    }

    private void RequireShape(in Matrix matrix, string name)
    {
        if (matrix.Rows != Targets.Rows || matrix.Columns != Targets.Columns || !matrix.IsContiguous)
        {
            throw new ArgumentException($"The matrix must be contiguous and of the targets' shape {Targets} but is {matrix} with stride {matrix.Stride}.", name);
        }
    }
}
