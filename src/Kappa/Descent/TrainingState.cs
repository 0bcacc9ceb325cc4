using Kappa.Models;

namespace Kappa.Descent;

/// <summary>Everything that a training carries from one step to the next: restoring it and continuing gives the same bits as not having stopped.</summary>
public sealed class TrainingState
{
    /// <summary>A state at some step.</summary>
    /// <param name="parameters">θ_k; owned by the state from here on.</param>
    /// <param name="moments">The method's vectors, each of the parameters' length; owned by the state.</param>
    /// <param name="step">k, updates made so far.</param>
    /// <exception cref="ArgumentException">A vector has another length.</exception>
    public TrainingState(ModelParameters parameters, IReadOnlyList<double[]> moments, long step = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (moments.FirstOrDefault(moment => moment.Length != parameters.Vector.Length) is double[] wrong)
        {
            throw new ArgumentException($"A moment must have as many numbers as the parameters, {parameters.Vector.Length}, but has {wrong.Length}.", nameof(moments));
        }

        (Parameters, Vectors, Step) = (parameters, [.. moments], step);
    }

    /// <summary>θ_k.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>The method's vectors: none, v (E.8), or m and v (E.9).</summary>
    public IReadOnlyList<double[]> Moments => Vectors;

    /// <summary>k.</summary>
    public long Step { get; internal set; }

    internal double[][] Vectors { get; }
}

/// <summary>What a training is asked to do.</summary>
public sealed record TrainingOptions
{
    /// <summary>The method; full-batch gradient descent unless told otherwise.</summary>
    public TrainingMethod Method { get; init; } = new PlainDescent();

    /// <summary>The step sizes.</summary>
    public required StepSchedule Schedule { get; init; }

    /// <summary>Samples of a batch; <c>null</c> is the full batch.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Seed of the order of the batches.</summary>
    public long Seed { get; init; }

    /// <summary>Which matrices are trained.</summary>
    public TrainedSet Trained { get; init; } = TrainedSet.All;

    /// <summary>Updates after which a run ends, counted from step 0.</summary>
    public required long MaximumSteps { get; init; }

    /// <summary>A run ends at a step whose batch has at most this loss; −1, which no loss reaches, unless told otherwise.</summary>
    public double LossFloor { get; init; } = -1;

    /// <summary>A run ends at a step whose batch has a gradient of at most this Euclidean norm; −1, which no norm reaches, unless told otherwise.</summary>
    public double GradientTolerance { get; init; } = -1;

    internal void Validate()
    {
        List<string> problems = [];
        Schedule.AddProblems(problems);
        Method.AddProblems(problems);
        if (BatchSize < 1 || MaximumSteps < 0)
        {
            problems.Add($"A batch must have at least 1 sample and a run at least 0 steps but they are {BatchSize} and {MaximumSteps}.");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', problems));
        }
    }
}
