using Kappa.Certificates;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>What can be said of a theorem's conclusion, the strongest first.</summary>
internal enum CertificationGrade
{
    /// <summary>Every hypothesis is proven, and the conclusion was observed.</summary>
    Certified,

    /// <summary>Every hypothesis is proven; the conclusion was not looked at.</summary>
    Guaranteed,

    /// <summary>The conclusion was observed, but a hypothesis rests on an estimate.</summary>
    Consistent,

    /// <summary>A hypothesis could not be shown; convergence is neither proven nor excluded.</summary>
    NotCertified,

    /// <summary>The theorem is not about this target.</summary>
    NotApplicable,

    /// <summary>Every hypothesis is proven and the conclusion is false: a defect.</summary>
    Contradicted,
}

/// <summary>One condition of a theorem along the steps that a search evaluated.</summary>
/// <param name="Name">In words.</param>
/// <param name="Symbol">As on the theorem's page.</param>
/// <param name="Evaluated">Steps at which it was reached.</param>
/// <param name="FirstHolds">First of them at which it holds; <c>null</c> for none.</param>
/// <param name="FirstFails">First of them at which it fails; <c>null</c> for none.</param>
/// <param name="LastFails">Last of them at which it fails; <c>null</c> for none.</param>
internal sealed record ConditionHistory(string Name, string Symbol, int Evaluated, long? FirstHolds, long? FirstFails, long? LastFails)
{
    internal static IReadOnlyList<ConditionHistory> Of(IEnumerable<TriedStep> tried) =>
    [
        .. from step in tried.OrderBy(step => step.Step)
           from condition in step.Certificate.Conditions
           group (step.Step, condition.Holds) by (condition.Name, condition.Symbol) into of
           select new ConditionHistory(
               of.Key.Name, of.Key.Symbol, of.Count(), First(of, holds: true), First(of, holds: false), First(of.Reverse(), holds: false)),
    ];

    private static long? First(IEnumerable<(long Step, bool Holds)> steps, bool holds) =>
        steps.Where(step => step.Holds == holds).Select(step => (long?)step.Step).FirstOrDefault();
}

/// <summary>What a search for the first certified step looked at.</summary>
/// <param name="Found">The step; <c>null</c> for none.</param>
/// <param name="Tried">Every step evaluated, in order of evaluation.</param>
/// <param name="Schedule">How it was searched, in one sentence.</param>
/// <param name="Conditions">Each condition along the tried steps.</param>
internal sealed record StepSearch(long? Found, IReadOnlyList<TriedStep> Tried, string Schedule, IReadOnlyList<ConditionHistory> Conditions);

/// <summary>The price of a certificate (C.11): the smallest factor c for which convergence is guaranteed from W_2 = 0
/// and c·W_1 of the last block, the bend of the activation scaled alike; in model S from w_O = 0 and c·W_V.</summary>
/// <param name="Found">What the search found: c, the largest smaller one that is not certified, the certificate at c.</param>
/// <param name="Grade">What can be said of the certificate at c.</param>
/// <param name="Check">Its guarantee compared with steps made from there; <c>null</c> when none were.</param>
internal sealed record InitialisationPrice(CertifiableInitialisation Found, CertificationGrade Grade, BoundObservation? Check);

/// <summary>What one theorem says of the target.</summary>
internal sealed record TheoremFinding
{
    /// <summary>Conditions, constants and guarantee at <see cref="Step"/>.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>What can be said.</summary>
    public required CertificationGrade Grade { get; init; }

    /// <summary>The step that the certificate is about: the one asked for, the one found, or the last one tried.</summary>
    public required long Step { get; init; }

    /// <summary>ℒ at that step relative to ℒ_0; NaN when there is none.</summary>
    public required double RelativeLoss { get; init; }

    /// <summary>The guarantee compared with steps made for the purpose; <c>null</c> when none were.</summary>
    public BoundObservation? Check { get; init; }

    /// <summary>Why <see cref="Check"/> is missing, when there is something to check.</summary>
    public string? CheckOmission { get; init; }

    /// <summary>The guarantee compared with the run's own record; <c>null</c>
    /// when that is about another step size or ends before.</summary>
    public BoundObservation? Record { get; init; }

    /// <summary>By which factor the residual would have to be smaller to be certified; infinite when
    /// no factor was found, <c>null</c> when nothing is missing or it was not looked for.</summary>
    public double? ResidualFactor { get; init; }

    /// <summary>The search for the first certified step; <c>null</c> when one step was asked about.</summary>
    public StepSearch? Search { get; init; }

    /// <summary>The statement carried back to the first step of the search (C.19); <c>null</c> when not asked for.</summary>
    public LookAhead? LookAhead { get; init; }

    /// <summary>The price of a certificate (C.11); <c>null</c> when not asked for.</summary>
    public InitialisationPrice? Price { get; init; }

    internal static CertificationGrade GradeOf(Certificate certificate, params IEnumerable<BoundObservation?> observations)
    {
        // A theorem is about exact arithmetic: steps in single precision are no evidence,
        // neither against it where they depart from it nor for it where they do not.
        BoundObservation[] seen = [
            .. observations.OfType<BoundObservation>().Where(observation => observation.Precision == Precision.Double)];
        return certificate.Outcome switch
        {
            CertificateOutcome.NotApplicable => CertificationGrade.NotApplicable,
            CertificateOutcome.NotCertified => CertificationGrade.NotCertified,
            // Constants that are estimates are there for orientation: the theorem does not rest on them.
            _ when certificate.Conditions.Any(condition => condition.Grade == ConstantGrade.Estimated) =>
                seen.Any(observation => observation.Holds) && seen.All(observation => observation.Holds)
                    ? CertificationGrade.Consistent
                    : CertificationGrade.NotCertified,
            _ when seen.Any(observation => !observation.Holds) => CertificationGrade.Contradicted,
            _ => seen.Length > 0 ? CertificationGrade.Certified : CertificationGrade.Guaranteed,
        };
    }
}

/// <summary>The answer to a <see cref="CertificationRequest"/>. A value, also when negative.</summary>
internal sealed record CertificationReport
{
    /// <summary>What was asked about.</summary>
    public required string Target { get; init; }

    /// <summary>What was asked.</summary>
    public required CertificationRequest Request { get; init; }

    /// <summary>How the step asked for was reached, in one sentence; empty at step 0.</summary>
    public required string Origin { get; init; }

    /// <summary>The precision of the descent; <c>null</c> for a point.</summary>
    public Precision? RunPrecision { get; init; }

    /// <summary>What a guarantee is about when the descent is in single precision; empty when it is not.</summary>
    public string PrecisionRemark => RunPrecision == Precision.Single
        ? "The descent is in single precision. What follows is computed in double precision from its weights and guaranteed of exact "
            + "gradient descent from there."
        : string.Empty;

    /// <summary>Whether there are later steps to ask about.</summary>
    public bool HasLaterSteps { get; init; }

    /// <summary>The run's own step size at the step asked for; <c>null</c> for a point.</summary>
    public double? RunStepSize { get; init; }

    /// <summary>One finding a theorem, in the order asked.</summary>
    public required IReadOnlyList<TheoremFinding> Findings { get; init; }

    /// <summary>The finding with the smallest certified scale (C.11); <c>null</c> when there is none or it was not asked for.</summary>
    public TheoremFinding? Cheapest =>
        Findings.Where(finding => finding.Price?.Found.Scale is not null).MinBy(finding => finding.Price!.Found.Scale);

    /// <summary>The finding that the verdict rests on: a contradiction if there is one,
    /// otherwise the strongest; among equals the earliest step, then the fastest rate.</summary>
    public TheoremFinding Verdict =>
        Findings.FirstOrDefault(finding =>
            finding.Grade == CertificationGrade.Contradicted || finding.Price?.Grade == CertificationGrade.Contradicted)
        ?? Findings.OrderBy(finding => finding.Grade).ThenBy(finding => finding.Grade < CertificationGrade.NotCertified ? finding.Step : 0)
            .ThenByDescending(finding => finding.Certificate.Guarantee?.Rate ?? 0)
            .ThenBy(finding => finding.ResidualFactor ?? double.PositiveInfinity).First();

    /// <summary>What the report says as a whole; about the scaled initialisation when that was asked for.</summary>
    public CertificationGrade Grade =>
        Verdict is { } verdict
            && (
                verdict.Grade == CertificationGrade.Contradicted
                || verdict.Price?.Grade == CertificationGrade.Contradicted) ? CertificationGrade.Contradicted
        : Request.FindsScale ? Cheapest?.Price!.Grade ?? Findings.Min(finding => finding.Price!.Grade)
        : Verdict.Grade;

    /// <summary>Whether convergence was not shown, or a theorem was contradicted.</summary>
    public bool IsNegative => Grade >= CertificationGrade.NotCertified;
}
