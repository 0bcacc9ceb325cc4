using Kappa.Models;

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
        return 0.5 * SquaredError.Of(output, Targets);
    }

    /// <summary>ℒ = ½ ‖F − Y‖² and E = F − Y.</summary>
    /// <param name="output">F [M, d_out], contiguous.</param>
    /// <param name="residual">Overwritten with E [M, d_out], contiguous.</param>
    /// <exception cref="ArgumentException">A shape is not that of the targets.</exception>
    public double LossAndGradient(Matrix output, Matrix residual)
    {
        RequireShape(output, nameof(output));
        RequireShape(residual, nameof(residual));
        return 0.5 * SquaredError.Of(output, Targets, residual);
    }

    private void RequireShape(in Matrix matrix, string name)
    {
        if (matrix.Rows != Targets.Rows || matrix.Columns != Targets.Columns || !matrix.IsContiguous)
        {
            throw new ArgumentException($"The matrix must be contiguous and of the targets' shape {Targets} but is {matrix} with stride {matrix.Stride}.", name);
        }
    }
}
