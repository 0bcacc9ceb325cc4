using System.Globalization;
using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>What theorems guarantee: every theorem at the initial point, and
/// the first of them that applies from a later step on (C.20).</summary>
internal sealed class GuaranteedRungs(
    Experiment experiment, IReadOnlyList<LadderState> states, LadderWork work, LadderLimits limits, CancellationToken cancellation)
{
    // Below this share of the initial loss a certificate speaks about rounding.
    private const double LeastRelativeLoss = 1e-20;

    // What can never certify is no rung: it would be missing for any run.
    private readonly Theorem[] _theorems = [.. Theorems.About(experiment.Model).Where(theorem => theorem.CanCertify)];

    private bool IsAffordable => (2 * _theorems.Length) + states.Count + 10 <= limits.TheoremWork / work.Theorem;

    /// <summary>At θ_0: with the run's own step size where it is constant and admitted, otherwise with the theorem's.</summary>
    public IEnumerable<Rung> AtStart() => _theorems.Select(theorem =>
    {
        var rung = new Rung
        {
            Name = $"guaranteed.{theorem.Name}",
            Title = $"guaranteed, {theorem.Name}",
            Kind = RungKind.APriori,
            Grade = RungGrade.Proven,
            Label = theorem.Label,
        };
        if (WhyNotAffordable(theorem, evaluations: 2) is string costly)
        {
            return rung with { WhyMissing = costly };
        }

        Certificate own = Evaluate(theorem, states[0].Parameters, OwnStepSize(states[0]), measuresShortfall: true);
        if (own.Outcome == CertificateOutcome.Guaranteed)
        {
            return Certified(rung, own, states[0], "from step 0 on");
        }

        // Where the run's step is not admitted the theorem may still hold for a smaller one.
        Certificate free = own.Outcome == CertificateOutcome.NotApplicable || OwnStepSize(states[0]) is null
            ? own
            : Evaluate(theorem, states[0].Parameters, null);
        return free.Outcome == CertificateOutcome.Guaranteed
            ? Certified(rung, free, states[0], "from step 0 on")
            : rung with { WhyMissing = own.Explanation };
    });

    /// <summary>From step t on: the first state looked at that is certified, refined by bisection between it and the one before.</summary>
    public Rung FromLaterStep()
    {
        var rung = new Rung
        {
            Name = "guaranteed.later",
            Title = "guaranteed from a step on",
            Kind = RungKind.AlongThePath,
            Grade = RungGrade.Proven,
            Label = "C.20",
        };
        LadderState[] candidates = [.. states.Where(state => state.Loss > LeastRelativeLoss * states[0].Loss)];
        Theorem? theorem = _theorems.FirstOrDefault(theorem =>
            WhyNotAffordable(theorem, (2 * states.Count) + 10) is null
            && Evaluate(theorem, states[0].Parameters, null).Outcome != CertificateOutcome.NotApplicable);
        if (theorem is null || candidates.Length < 2)
        {
            string why = theorem is not null ? SpectralRungs.NoLaterState
                : _theorems.Length > 0 ? "No theorem applies to this model, or none is affordable; the rungs above say why."
                : Evaluate(Theorems.OfResidualTransformer[0], states[0].Parameters, null).Explanation;
            return rung with { WhyMissing = why };
        }

        rung = rung with { Label = $"C.20, {theorem.Label}" };
        bool[] rules = LadderState.IsAdaptive(experiment) ? [false] : [true, false];
        foreach (bool usesOwn in rules)
        {
            for (int k = 0; k < candidates.Length; k++)
            {
                double? stepSize = usesOwn ? OwnStepSize(candidates[k]) : null;
                if (Evaluate(theorem, candidates[k].Parameters, stepSize) is { Outcome: CertificateOutcome.Guaranteed } certificate)
                {
                    return k == 0
                        ? Certified(rung, certificate, candidates[0], "from step 0 on")
                        : Refine(rung, theorem, candidates[k - 1], candidates[k], stepSize);
                }
            }
        }

        return rung with
        {
            WhyMissing = $"None of {candidates.Length} states of the run is certified. At step {candidates[^1].Step}: "
                + $"{Evaluate(theorem, candidates[^1].Parameters, null).Explanation}",
        };
    }

    private Rung Refine(Rung rung, Theorem theorem, LadderState before, LadderState certified, double? stepSize)
    {
        // The search takes the first state for ℒ_0; the note is about the run's.
        var options = new FirstStepOptions
        {
            FirstStep = before.Step,
            LastStep = certified.Step,
            Growth = double.MaxValue,
            Certificate = CertificateOptions.Default with { StepSize = stepSize },
        };
        var first = FirstCertifiedStep.Search(
            theorem, experiment.Model, experiment.Options, before.ToDescentState(experiment.Initial), options, experiment.Exact,
            cancellation);
        LadderState at = certified with { Step = first.Step ?? certified.Step };
        double relative = (first.RelativeLoss ?? (certified.Loss / before.Loss)) * before.Loss / states[0].Loss;
        return Certified(
            rung, first.Certificate, at, FormattableString.Invariant($"from step {at.Step} on, ℒ = {NumberText.Of(relative, 3)} ℒ_0"));
    }

    private Rung Certified(Rung rung, Certificate certificate, LadderState state, string where)
    {
        Guarantee guarantee = certificate.Guarantee!;
        bool isOwn = !LadderState.IsAdaptive(experiment) && guarantee.StepSize == state.StepSize;
        return rung with
        {
            Value = guarantee.Rate,
            OtherStepSize = isOwn ? null : guarantee.StepSize,
            Note = isOwn
                ? where
                : FormattableString.Invariant(
                    $"{where}; for η = {NumberText.Of(guarantee.StepSize, 3)}, not the run's {NumberText.Of(state.StepSize, 3)}"),
        };
    }

    // An adaptive run has no one step size that a theorem could be asked about.
    private double? OwnStepSize(LadderState state) => LadderState.IsAdaptive(experiment) || !(state.StepSize > 0) ? null : state.StepSize;

    private Certificate Evaluate(Theorem theorem, ModelParameters parameters, double? stepSize, bool measuresShortfall = false)
    {
        cancellation.ThrowIfCancellationRequested();
        CertificateOptions options = CertificateOptions.Default with { StepSize = stepSize, MeasuresShortfall = measuresShortfall };
        return theorem.Evaluate(experiment.Exact, parameters, experiment.Trained, options);
    }

    private string? WhyNotAffordable(Theorem theorem, int evaluations)
    {
        if (!IsAffordable)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Evaluating theorems needs about {NumberText.Of(work.Theorem, 2)} operations each at this size, too many for the limit "
                    + $"of {NumberText.Of(limits.TheoremWork, 2)} for all; use fewer samples or a narrower model.");
        }

        bool needsJacobian = theorem.Name == "kernel-floor";
        return needsJacobian
            && (
                work.Kernel * evaluations > limits.KernelWork
                || JacobianSpectrum.ForecastBytes(work.Outputs, work.Parameters) > CertificateOptions.Default.MemoryLimit)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"It needs the whole Jacobian, {work.Outputs} by {work.Parameters}, and its spectrum: {NumberText.Of(work.Kernel, 2)} "
                    + $"operations for each of {evaluations} evaluations; use fewer samples or train fewer blocks.")
            : null;
    }
}
