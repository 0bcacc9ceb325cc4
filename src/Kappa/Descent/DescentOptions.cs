using Kappa.Models;

namespace Kappa.Descent;

/// <summary>How gradient descent steps and when it stops.</summary>
public sealed record DescentOptions
{
    /// <summary>How η is chosen.</summary>
    public required StepSizeRule StepSize { get; init; }

    /// <summary>Parameters that move; the others keep their initial values.</summary>
    public TrainedSet Trained { get; init; } = TrainedSet.All;

    /// <summary>Most updates; the iterate after the last one is still evaluated and observed.</summary>
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
        if (StepSize is null)
        {
            problems.Add("A step-size rule must be given.");
        }
        else
        {
            StepSize.AddProblems(problems);
        }

        if (Trained is null)
        {
            problems.Add("The trained parameters must be given.");
        }

        if (MaximumSteps < 0)
        {
            problems.Add($"The number of steps must not be negative but is {MaximumSteps}.");
        }

        NotNegative("loss floor", LossFloor);
        NotNegative("gradient tolerance", GradientTolerance);
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
