using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

/// <summary>Full-batch gradient descent and when it stops.</summary>
public sealed record DescentSpecification
{
    /// <summary>The step size; by default half of 1/λ_max(J Jᵀ) at the start, which leaves room for the curvature to grow along the path.</summary>
    public StepSizeSpecification StepSize { get; init; } = StepSizeSpecification.Auto(0.5);

    /// <summary>Most steps taken.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>The run stops when loss ≤ lossFloor × initial loss. The default 1e-24 is where the residual is 1e-12 of the initial one; rounding dominates soon after. In single precision rounding comes first, see <see cref="Spectra.RoundingFloor"/>.</summary>
    public double LossFloor { get; init; } = 1e-24;

    /// <summary>The run stops when the Euclidean norm of the gradient is at most this.</summary>
    public double GradientTolerance { get; init; }

    /// <summary>The precision of loss and gradient. Weights, sums over samples, norms, spectra, the automatic step size and everything computed of a finished run are double in either.</summary>
    public Precision Precision { get; init; }
}
