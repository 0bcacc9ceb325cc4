using Kappa.Models;

namespace Kappa.Descent;

/// <summary>Everything that a descent carries from one step to the next: what a checkpoint stores.</summary>
/// <remarks>
/// The state before step k: restoring all of it and continuing gives the same bits as not having stopped. Not safe against concurrent
/// writers. During an observer's call it is the state before the update of that step, so it may be stored there.
/// </remarks>
public sealed class DescentState
{
    /// <summary>A state read back from a checkpoint.</summary>
    /// <param name="parameters">θ_k; owned by the state from here on.</param>
    /// <param name="initialParameters">θ_0, of the same layout; owned by the state, not changed.</param>
    /// <param name="step">k, the number of updates made so far.</param>
    /// <param name="stepSize">
    /// η that the step sizes are made of: of every step, the largest of a schedule, or, under the monotone rule, the one to be tried first.
    /// </param>
    /// <param name="pathLength">Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖; NaN when it is not known, as from a checkpoint of an earlier version.</param>
    /// <param name="moments">The method's vectors, each of the parameters' length; owned by the state. None unless given.</param>
    /// <exception cref="ArgumentException">The layouts differ, a vector has another length, or a number is out of range.</exception>
    public DescentState(
        ModelParameters parameters, ModelParameters initialParameters, long step, double stepSize, double pathLength,
        IReadOnlyList<double[]>? moments = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(initialParameters);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        initialParameters.RequireLayout(parameters.Layout, nameof(initialParameters));
        if (!(double.IsFinite(stepSize) && stepSize >= 0 && !double.IsInfinity(pathLength) && !(pathLength < 0)))
        {
            throw new ArgumentException(
                $"The step size and the path length must be finite and not negative but are {stepSize} and {pathLength}.");
        }

        if (moments?.FirstOrDefault(moment => moment.Length != parameters.Vector.Length) is double[] wrong)
        {
            throw new ArgumentException(
                $"A moment must have as many numbers as the parameters, {parameters.Vector.Length}, but has {wrong.Length}.",
                nameof(moments));
        }

        Parameters = parameters;
        InitialParameters = initialParameters;
        Step = step;
        StepSize = stepSize;
        PathLength = pathLength;
        Vectors = [.. moments ?? []];
    }

    /// <summary>θ_k. The object changes from step to step; fetch it anew.</summary>
    public ModelParameters Parameters { get; internal set; }

    /// <summary>θ_0.</summary>
    public ModelParameters InitialParameters { get; }

    /// <summary>The method's vectors: none, v (E.8), or m and v (E.9).</summary>
    public IReadOnlyList<double[]> Moments => Vectors;

    /// <summary>k, the number of updates made so far.</summary>
    public long Step { get; internal set; }

    /// <summary>η that the step sizes are made of; under the monotone rule the one to be tried first.</summary>
    public double StepSize { get; internal set; }

    /// <summary>Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖.</summary>
    public double PathLength { get; internal set; }

    internal double[][] Vectors { get; }

    /// <summary>A copy that can be advanced by itself.</summary>
    public DescentState Clone() =>
        new(Parameters.Clone(), InitialParameters, Step, StepSize, PathLength, [.. Vectors.Select(moment => (double[])moment.Clone())]);
}
