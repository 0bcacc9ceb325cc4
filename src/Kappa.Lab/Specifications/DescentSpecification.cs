using Kappa.Numerics;

namespace Kappa.Lab.Specifications;

/// <summary>How a gradient becomes an update.</summary>
public enum DescentMethod
{
    /// <summary>θ ← θ − η∇ℒ.</summary>
    GradientDescent,

    /// <summary>With momentum 0.9 (E.8).</summary>
    Momentum,

    /// <summary>Adam (E.9).</summary>
    Adam,
}

/// <summary>What the step size does after its warm-up (E.10).</summary>
public enum StepDecay
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>It falls linearly to zero at the last step.</summary>
    Linear,
}

/// <summary>Gradient descent, the methods made of it, and when it stops.</summary>
public sealed record DescentSpecification
{
    /// <summary>The step size; by default half of 1/λ_max(J Jᵀ) at the start,
    /// which leaves room for the curvature to grow along the path.</summary>
    public StepSizeSpecification StepSize { get; init; } = StepSizeSpecification.Auto(0.5);

    /// <summary>How a gradient becomes an update.</summary>
    public DescentMethod Method { get; init; }

    /// <summary>Samples of a step; <see langword="null"/> means all.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Steps of a linear warm-up of the step size (E.10).</summary>
    public int WarmUp { get; init; }

    /// <summary>What the step size does after it.</summary>
    public StepDecay Decay { get; init; }

    /// <summary>λ of weight decay, at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The norm that gradients are cut to; <see langword="null"/> for none.</summary>
    public double? GradientClip { get; init; }

    /// <summary>Most steps taken.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>The run stops when loss ≤ lossFloor × initial loss. The default 1e-24 is where the residual is 1e-12 of the initial
    /// one; rounding dominates soon after. In single precision rounding comes first, see <see cref="Spectra.RoundingFloor"/>.</summary>
    public double LossFloor { get; init; } = 1e-24;

    /// <summary>The run stops when the Euclidean norm of the gradient is at most this.</summary>
    public double GradientTolerance { get; init; }

    /// <summary>The precision of loss and gradient. Weights, sums over samples, norms, spectra, the
    /// automatic step size and everything computed of a finished run are double in either.</summary>
    public Precision Precision { get; init; }
}
