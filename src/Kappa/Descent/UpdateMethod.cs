namespace Kappa.Descent;

/// <summary>How a gradient becomes an update. One of <see cref="PlainDescent"/>,
/// <see cref="MomentumDescent"/> and <see cref="AdamDescent"/>.</summary>
/// <remarks>Theorems are about <see cref="PlainDescent"/> on the full batch. Immutable.</remarks>
public abstract record UpdateMethod
{
    private protected UpdateMethod()
    {
    }

    /// <summary>Vectors of the parameters' length that the method carries from step to step.</summary>
    public abstract int Moments { get; }

    /// <summary>Whether weight decay is a step of its own instead of a part of the gradient.</summary>
    internal virtual bool DecouplesWeightDecay => false;

    /// <summary>θ ← θ − update, and the moments.</summary>
    /// <param name="parameters">θ.</param>
    /// <param name="gradient">g.</param>
    /// <param name="moments">As many as <see cref="Moments"/>.</param>
    /// <param name="stepSize">η.</param>
    /// <param name="step">k, counted from 0.</param>
    internal abstract void Update(Span<double> parameters, ReadOnlySpan<double> gradient, double[][] moments, double stepSize, long step);

    internal abstract void AddProblems(List<string> problems);
}

/// <summary>θ ← θ − η g.</summary>
/// <param name="RoundsOnce">
/// Whether η g and the difference are rounded together, in a fused multiply-add after the gradient is complete, or each by itself while the
/// other matrices' gradients are still being computed. Recorded runs of
/// models G, S and E have the bits of the first, of R those of the second.
/// </param>
public sealed record PlainDescent(bool RoundsOnce = false) : UpdateMethod
{
    /// <inheritdoc/>
    public override int Moments => 0;

    internal override void Update(Span<double> parameters, ReadOnlySpan<double> gradient, double[][] moments, double stepSize, long step) =>
        Numerics.Vectors.AddScaled(parameters, -stepSize, gradient);

    internal override void AddProblems(List<string> problems)
    {
    }
}

/// <summary>v ← μ v + g, θ ← θ − η v (E.8).</summary>
/// <param name="Momentum">μ in [0, 1).</param>
public sealed record MomentumDescent(double Momentum = 0.9) : UpdateMethod
{
    /// <inheritdoc/>
    public override int Moments => 1;

    internal override void Update(Span<double> parameters, ReadOnlySpan<double> gradient, double[][] moments, double stepSize, long step)
    {
        // (E.8)
        Numerics.Vectors.Scale(moments[0], Momentum);
        Numerics.Vectors.AddScaled(moments[0], 1, gradient);
        Numerics.Vectors.AddScaled(parameters, -stepSize, moments[0]);
    }

    internal override void AddProblems(List<string> problems)
    {
        if (!(Momentum is >= 0 and < 1))
        {
            problems.Add($"The momentum must lie in [0, 1) but is {Momentum}.");
        }
    }
}

/// <summary>Adam (E.9): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η (m/(1−β₁^{k+1}))/(√(v/(1−β₂^{k+1})) + ε).</summary>
/// <remarks>Source: Kingma and Ba, arXiv 1412.6980. Weight decay is decoupled from it.</remarks>
/// <param name="FirstDecay">β₁ in [0, 1).</param>
/// <param name="SecondDecay">β₂ in [0, 1).</param>
/// <param name="Epsilon">ε &gt; 0, in units of the gradient.</param>
public sealed record AdamDescent(double FirstDecay = 0.9, double SecondDecay = 0.999, double Epsilon = 1e-8) : UpdateMethod
{
    /// <inheritdoc/>
    public override int Moments => 2;

    internal override bool DecouplesWeightDecay => true;

    internal override void Update(Span<double> parameters, ReadOnlySpan<double> gradient, double[][] moments, double stepSize, long step)
    {
        // (E.9)  the corrections of both moments as one factor of the step and one of ε
        double first = 1 - Math.Pow(FirstDecay, step + 1), root = Math.Sqrt(1 - Math.Pow(SecondDecay, step + 1));
        double factor = stepSize * root / first, epsilon = Epsilon * root;
        Span<double> m = moments[0], v = moments[1];
        for (int k = 0; k < parameters.Length; k++)
        {
            double g = gradient[k];
            m[k] = (FirstDecay * m[k]) + ((1 - FirstDecay) * g);
            v[k] = (SecondDecay * v[k]) + ((1 - SecondDecay) * g * g);
            parameters[k] -= factor * m[k] / (Math.Sqrt(v[k]) + epsilon);
        }
    }

    internal override void AddProblems(List<string> problems)
    {
        if (!(FirstDecay is >= 0 and < 1) || !(SecondDecay is >= 0 and < 1) || !(double.IsFinite(Epsilon) && Epsilon > 0))
        {
            problems.Add($"β₁ and β₂ must lie in [0, 1) and ε be positive but they are {FirstDecay}, {SecondDecay} and {Epsilon}.");
        }
    }
}
