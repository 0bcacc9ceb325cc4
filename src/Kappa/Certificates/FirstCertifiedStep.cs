using Kappa.Descent;
using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>What the search for the first certified step looks at.</summary>
public sealed record FirstStepOptions
{
    /// <summary>Last step of the run.</summary>
    public required long LastStep { get; init; }

    /// <summary>First step to try.</summary>
    public long FirstStep { get; init; }

    /// <summary>Each step of the schedule is this many times the one before, and at least one more; above 1.</summary>
    public double Growth { get; init; } = 1.1;

    /// <summary>The search ends without a finding once ℒ_t is below this fraction of ℒ_0: rounding sets in.</summary>
    public double LeastRelativeLoss { get; init; } = 1e-20;

    /// <summary>What each certificate is asked for.</summary>
    public CertificateOptions Certificate { get; init; } = CertificateOptions.Default;
}

/// <summary>One step that the search evaluated.</summary>
/// <param name="Step">k.</param>
/// <param name="RelativeLoss">ℒ_k/ℒ at the first state of the search.</param>
/// <param name="Certificate">What the theorem said, with its conditions.</param>
public readonly record struct TriedStep(long Step, double RelativeLoss, Certificate Certificate)
{
    /// <summary>What the theorem said.</summary>
    public CertificateOutcome Outcome => Certificate.Outcome;

    /// <summary>Why.</summary>
    public string Explanation => Certificate.Explanation;
}

/// <summary>The first step of a run from which convergence is certain (C.20).</summary>
/// <remarks>Found by <see cref="FirstStepSearch"/>; <see cref="Tried"/> says what was looked at.</remarks>
public sealed record FirstCertifiedStep
{
    /// <summary>The step found, or <c>null</c>.</summary>
    public long? Step => State?.Step;

    /// <summary>ℒ at the step found, relative to ℒ at the first state of the search.</summary>
    public double? RelativeLoss => State is null ? null : Tried.Last(tried => tried.Step == Step).RelativeLoss;

    /// <summary>The certificate at the step found; otherwise the last one evaluated.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>The state at the step found; <c>null</c> for none.</summary>
    public DescentState? State { get; private init; }

    /// <summary>Every step that was evaluated, in order of evaluation.</summary>
    public required IReadOnlyList<TriedStep> Tried { get; init; }

    /// <summary>How it was searched, in one sentence.</summary>
    public required string Schedule { get; init; }

    /// <summary>Descends from a state and looks for the first step that <paramref name="theorem"/> certifies.</summary>
    /// <param name="theorem">The theorem.</param>
    /// <param name="model">The model of the run.</param>
    /// <param name="descent">Its options; the number of steps is that of <paramref name="options"/>.</param>
    /// <param name="state">Where to begin; advanced, to the last state tried when none is certified.</param>
    /// <param name="options">What to look at.</param>
    /// <param name="exact">The same model in double precision, at which theorems are asked; the model itself unless given.</param>
    /// <param name="cancellation">Ends the search between two evaluations.</param>
    /// <exception cref="ArgumentException">The growth is not above 1.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static FirstCertifiedStep Search(
        Theorem theorem, IModel model, DescentOptions descent, DescentState state, FirstStepOptions options, IModel? exact = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var path = new Path(theorem, model, exact ?? model, descent with { LossFloor = null, GradientTolerance = null }, cancellation);
        FirstStep<DescentState> first = FirstStepSearch.Run(path, state, options, cancellation);
        return new FirstCertifiedStep
        { State = first.State, Certificate = first.Certificate, Tried = first.Tried, Schedule = first.Schedule };
    }

    private sealed class Path(Theorem theorem, IModel model, IModel exact, DescentOptions descent, CancellationToken cancellation)
        : ICertifiablePath<DescentState>
    {
        public long StepOf(DescentState state) => state.Step;

        public DescentState Copy(DescentState state) => state.Clone();

        public bool Advance(DescentState state, long target) => state.Step >= target
            || new GradientDescent(model, descent with { MaximumSteps = target }).Run(state, cancellation: cancellation)
                .Reason == StopReason.StepBudget;

        public double Loss(DescentState state) => exact.ExactLoss(state.Parameters);

        public Certificate Certify(DescentState state, CertificateOptions options) =>
            theorem.Evaluate(exact, state.Parameters, descent.Trained, options);
    }
}
