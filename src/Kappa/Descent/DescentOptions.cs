using Kappa.Models;

namespace Kappa.Descent;

/// <summary>How a descent steps and when it stops.</summary>
public sealed record DescentOptions
{
    /// <summary>How η is chosen.</summary>
    public required StepSizeRule StepSize { get; init; }

    /// <summary>What becomes of η along the run; constant unless told otherwise.</summary>
    public StepSchedule Schedule { get; init; } = StepSchedule.Constant;

    /// <summary>How a gradient becomes an update.</summary>
    public UpdateMethod Method { get; init; } = new PlainDescent();

    /// <summary>Samples of a batch; <c>null</c> is the full batch.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Seed of the order of the batches.</summary>
    public long BatchSeed { get; init; }

    /// <summary>
    /// λ of weight decay, 0 for none: plain descent and momentum add λθ to the gradient; in Adam it is decoupled, θ ← θ − η_k λ θ beside
    /// the step (AdamW). Of all trained matrices.
    /// </summary>
    /// <remarks>Decoupled: Loshchilov and Hutter, arXiv 1711.05101.</remarks>
    public double WeightDecay { get; init; }

    /// <summary>c of g ← g · min(1, c/‖g‖) before weight decay and method; <c>null</c> for no clipping.</summary>
    /// <remarks>Source: Pascanu, Mikolov and Bengio, arXiv 1211.5063.</remarks>
    public double? GradientClip { get; init; }

    /// <summary>Parameters that move; the others keep their initial values.</summary>
    public TrainedSet Trained { get; init; } = TrainedSet.All;

    /// <summary>Most updates; on the full batch the iterate after the last one is still evaluated and observed.</summary>
    public required long MaximumSteps { get; init; }

    /// <summary>Stop at ℒ ≤ this; <c>null</c> means never.</summary>
    public double? LossFloor { get; init; }

    /// <summary>Stop at ‖∇ℒ‖ ≤ this; <c>null</c> means never.</summary>
    public double? GradientTolerance { get; init; }

    /// <summary>Throws when a number is out of range, naming every offence.</summary>
    /// <exception cref="ArgumentException">The options describe no descent.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        if (StepSize is null || Trained is null || Schedule is null || Method is null)
        {
            throw new ArgumentException("A step-size rule, a schedule, a method and the trained parameters must be given.");
        }

        StepSize.AddProblems(problems);
        Schedule.AddProblems(problems);
        Method.AddProblems(problems);
        if (MaximumSteps < 0 || BatchSize < 1)
        {
            problems.Add($"A batch must have at least 1 sample and a run at least 0 steps but they are {BatchSize} and {MaximumSteps}.");
        }

        if (StepSize is MonotoneStepSize && !(Method is PlainDescent && Schedule.IsConstant && WeightDecay == 0 && GradientClip is null))
        {
            problems.Add(
                "The monotone step size must be that of plain descent without schedule, weight decay and clipping; take a fixed one.");
        }

        NotNegative("weight decay", WeightDecay);
        NotNegative("loss floor", LossFloor);
        NotNegative("gradient tolerance", GradientTolerance);
        if (GradientClip is double clip && !(double.IsFinite(clip) && clip > 0))
        {
            problems.Add($"The norm that gradients are clipped to must be finite and positive but is {clip}.");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems));
        }

        void NotNegative(string name, double? value)
        {
            if (value is double number && !(double.IsFinite(number) && number >= 0))
            {
                problems.Add($"The {name} must be finite and not negative but is {number}.");
            }
        }
    }
}
