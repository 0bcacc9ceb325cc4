using Kappa.Models;

namespace Kappa.Descent;

/// <summary>Everything that gradient descent carries from one step to the next: what a checkpoint stores.</summary>
/// <remarks>
/// The state before step k: restoring all of it and continuing gives the same bits as not having stopped. Not safe against concurrent writers. During an observer's call it
/// is the state before the update of that step, so it may be stored there.
/// </remarks>
public sealed class DescentState
{
    /// <summary>A state read back from a checkpoint.</summary>
    /// <param name="weights">θ_k; owned by the state from here on.</param>
    /// <param name="initialWeights">θ_0, of the same layout; owned by the state, not changed.</param>
    /// <param name="step">k, the number of updates made so far.</param>
    /// <param name="stepSize">η of the next step (the one to be tried first, under the monotone rule).</param>
    /// <param name="pathLength">Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖.</param>
    /// <exception cref="ArgumentException">The layouts differ, or a number is out of range.</exception>
    public DescentState(ResidualTransformerWeights weights, ResidualTransformerWeights initialWeights, long step, double stepSize, double pathLength)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(initialWeights);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (!weights.Shape.HasLayoutOf(initialWeights.Shape))
        {
            throw new ArgumentException($"The weights and the initial weights must have the same layout but have shapes {weights.Shape} and {initialWeights.Shape}.", nameof(initialWeights));
        }

        if (!(double.IsFinite(stepSize) && stepSize >= 0 && double.IsFinite(pathLength) && pathLength >= 0))
        {
            throw new ArgumentException($"The step size and the path length must be finite and not negative but are {stepSize} and {pathLength}.");
        }

        Weights = weights;
        InitialWeights = initialWeights;
        Step = step;
        StepSize = stepSize;
        PathLength = pathLength;
    }

    /// <summary>θ_k. The object changes from step to step; fetch it anew.</summary>
    public ResidualTransformerWeights Weights { get; internal set; }

    /// <summary>θ_0.</summary>
    public ResidualTransformerWeights InitialWeights { get; }

    /// <summary>k, the number of updates made so far.</summary>
    public long Step { get; internal set; }

    /// <summary>η of the next step; under the monotone rule the one to be tried first.</summary>
    public double StepSize { get; internal set; }

    /// <summary>Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖.</summary>
    public double PathLength { get; internal set; }
}
