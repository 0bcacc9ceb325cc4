namespace Kappa.Descent;

/// <summary>How the step size η of gradient descent is chosen. One of <see cref="FixedStepSize"/>,
/// <see cref="AutomaticStepSize"/> and <see cref="MonotoneStepSize"/>.</summary>
public abstract record StepSizeRule
{
    private protected StepSizeRule()
    {
    }

    /// <summary>The same η at every step.</summary>
    /// <param name="stepSize">η, finite and not negative.</param>
    public static StepSizeRule Fixed(double stepSize) => new FixedStepSize(stepSize);

    /// <summary>η = c/λ_max(J Jᵀ) at the start, then fixed.</summary>
    /// <param name="multiple">c, finite and positive.</param>
    public static StepSizeRule Automatic(double multiple) => new AutomaticStepSize(multiple);

    /// <summary>A step that is tried, halved while the loss would rise, and grown slowly.</summary>
    /// <param name="start">How the first η is chosen.</param>
    public static StepSizeRule Monotone(StepSizeRule start) => new MonotoneStepSize(start);

    internal abstract void AddProblems(List<string> problems);
}

/// <summary>The same η at every step.</summary>
/// <param name="StepSize">η, finite and not negative; in units of parameter² per loss.</param>
public sealed record FixedStepSize(double StepSize) : StepSizeRule
{
    internal override void AddProblems(List<string> problems)
    {
        if (!(double.IsFinite(StepSize) && StepSize >= 0))
        {
            problems.Add($"The step size must be finite and not negative but is {StepSize}.");
        }
    }
}

/// <summary>η = c/λ_max(J Jᵀ), λ_max of the kernel at the initial weights by <see cref="PowerIteration"/>, then fixed.</summary>
/// <remarks>The linearised descent contracts in every direction for c &lt; 2.
/// When λ_max is 0 (nothing can be learned to first order) η is 0.</remarks>
/// <param name="Multiple">c, finite and positive.</param>
public sealed record AutomaticStepSize(double Multiple) : StepSizeRule
{
    internal override void AddProblems(List<string> problems)
    {
        if (!(double.IsFinite(Multiple) && Multiple > 0))
        {
            problems.Add($"The multiple of 1/λ_max must be finite and positive but is {Multiple}.");
        }
    }
}

/// <summary>A step that would raise the loss (or make it non-finite) is halved
/// and tried again; each accepted step multiplies η by the growth.</summary>
/// <remarks>
/// For landscapes whose curvature at the start says nothing about that along the path (deep models without residual connections). The loss
/// never rises. The current η is part of <see cref="DescentState"/>. A rejected try costs one forward pass.
/// </remarks>
/// <param name="Start">How the first η is chosen: fixed or automatic.</param>
/// <param name="Growth">Factor after an accepted step, at least 1; the default lets η double in eight steps (2^⅛ ≈ 1.09).</param>
public sealed record MonotoneStepSize(StepSizeRule Start, double Growth = 1.0905077326652577) : StepSizeRule
{
    internal override void AddProblems(List<string> problems)
    {
        if (Start is null or MonotoneStepSize)
        {
            problems.Add("The start of a monotone step size must be a fixed or an automatic step size.");
        }
        else
        {
            Start.AddProblems(problems);
        }

        if (!(double.IsFinite(Growth) && Growth >= 1))
        {
            problems.Add($"The growth of a monotone step size must be finite and at least 1 but is {Growth}.");
        }
    }
}
