using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>What a theorem says at a point.</summary>
public enum CertificateOutcome
{
    /// <summary>Every hypothesis is proven: convergence to zero loss at the stated rate is certain.</summary>
    Guaranteed,

    /// <summary>The theorem applies, but a hypothesis could not be shown; convergence is neither proven nor excluded.</summary>
    NotCertified,

    /// <summary>The theorem is not about this model, these sizes or these values.</summary>
    NotApplicable,
}

/// <summary>The conclusion of a convergence theorem: ℒ_{t} ≤ (1 −
/// <see cref="Rate"/>)^t ℒ_0 for every t ≥ 0 with the given step size.</summary>
public sealed record Guarantee
{
    /// <summary>η that the guarantee is for.</summary>
    public required double StepSize { get; init; }

    /// <summary>Largest step size that this evaluation proves admissible; at least <see cref="StepSize"/>.</summary>
    public required double LargestStepSize { get; init; }

    /// <summary>Share of the loss that every step removes at least, 1 − ℒ_{t+1}/ℒ_t ≥ rate; in (0, 1).</summary>
    public required double Rate { get; init; }

    /// <summary>μ: the PL constant (ball certificate) or its counterpart in the step factor (path certificate), in units of 1/η.</summary>
    public required double PlConstant { get; init; }

    /// <summary>For each trained block, how far it moves at most from θ_0 (Frobenius norm).</summary>
    public required IReadOnlyList<BlockRadius> Radii { get; init; }

    /// <summary>1 − (1 − ημ)², rounded down: the share of a loss that falls by (1 − ημ)² a step.</summary>
    /// <param name="stepSize">η, exact.</param>
    /// <param name="plConstant">μ at least, with ημ ≤ 1.</param>
    internal static double SquaredContraction(double stepSize, LowerBound plConstant)
    {
        LowerBound contraction = (LowerBound)stepSize * plConstant;
        return (contraction * (2 - (UpperBound)contraction.Value)).Value;
    }

    /// <summary>ln(1/<paramref name="fraction"/>)/−ln(1 − rate): steps after
    /// which the loss is below that fraction of ℒ_0, rounded up.</summary>
    /// <param name="fraction">In (0, 1).</param>
    public double StepsTo(double fraction) => Math.Ceiling(Math.Log(fraction) / Logarithm.OfOnePlus(-Rate));
}

/// <summary>How far a block moves at most.</summary>
/// <param name="Block">The block.</param>
/// <param name="Radius">‖W_b − W_b⁰‖ at most.</param>
public sealed record BlockRadius(ParameterBlock Block, double Radius);

/// <summary>A theorem evaluated at a point: its conditions, constants and,
/// when all hold, its guarantee. A value, also when negative.</summary>
public sealed record Certificate
{
    private readonly double? _shortfall;

    /// <summary>The theorem.</summary>
    public required Theorem Theorem { get; init; }

    /// <summary>What it says.</summary>
    public required CertificateOutcome Outcome { get; init; }

    /// <summary>One sentence: why, with numbers.</summary>
    public required string Explanation { get; init; }

    /// <summary>The hypotheses in order; empty when the theorem is not applicable.</summary>
    public IReadOnlyList<Condition> Conditions { get; init; } = [];

    /// <summary>The constants computed on the way.</summary>
    public IReadOnlyList<Constant> Constants { get; init; } = [];

    /// <summary>The conclusion, when <see cref="CertificateOutcome.Guaranteed"/>; otherwise <c>null</c>.</summary>
    public Guarantee? Guarantee { get; init; }

    /// <summary>The factor by which the residual would have to be smaller, where the theorem finds
    /// it; otherwise the largest factor by which a condition fails. 1 when none does.</summary>
    public double Shortfall
    {
        get => _shortfall ?? Conditions.Select(condition => condition.Shortfall).DefaultIfEmpty(1).Max();
        init => _shortfall = value;
    }

    internal static Certificate NotApplicable(Theorem theorem, string reason) =>
        new() { Theorem = theorem, Outcome = CertificateOutcome.NotApplicable, Explanation = reason };
}
