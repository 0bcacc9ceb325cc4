using System.Globalization;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>What the two path theorems share: which models they are about, and how a march is told as a certificate.</summary>
internal static class PathReport
{
    /// <summary>Why neither theorem is about this point, or <c>null</c>.</summary>
    public static string? WhyNotApplicable(ResidualTransformerPoint point)
    {
        Activation activation = point.Shape.Activation;
        return !double.IsFinite(
            point.Loss)
            ? $"The loss must be finite but is {point.Loss}; the weights or the data contain NaN, infinity or numbers too large."
            : !activation.IsSmooth ? $"ψ must have a bounded second derivative but {activation.Kind} has none; use the smooth leaky "
                + $"ReLU, GELU or the identity."
            : point.Shape.ReadoutWidth is not null ? "The model must have no readout (the theorem's bounds end at Z^L) but has one; ask "
                + "for the ball certificate."
            : null;
    }

    /// <summary>Marches, and says what came out (C.16).</summary>
    public static Certificate Report(
        Theorem theorem, ResidualTransformerPoint point, PreciseForward forward, CertificateOptions options, PathFloor kind,
        LowerBound floor, LocalPropagation? propagation = null)
    {
        string symbol = kind == PathFloor.Features ? "σ_M(Φ)" : "σ_min(J)";
        var start = new Condition(
            kind == PathFloor.Features ? "smallest singular value of the features" : "smallest singular value of the Jacobian", symbol,
            theorem.Label, floor.Value, ConditionRelation.Above, 0);
        if (!start.Holds)
        {
            return new Certificate
            {
                Theorem = theorem,
                Outcome = CertificateOutcome.NotCertified,
                Conditions = [start],
                Explanation = propagation is { StartJoint.IsFinite: false }
                    ? $"{symbol} has no bound: an element of J Jᵀ, or the square of the temperature in it, overflows; scale data, "
                        + $"weights and temperature towards 1."
                    : forward.Underflows
                    ? $"{symbol} underflows: numbers of the forward pass are so small that their squares are no doubles; scale data and "
                        + $"weights up."
                    : $"{symbol} cannot be told from 0: it is no larger than what its own computation may be off by, so nothing keeps "
                        + $"the residual shrinking.",
            };
        }

        double residual = forward.ResidualNorm.Value;
        var march = new PathMarch(
            point, propagation ?? new LocalPropagation(point, forward, wantsFloor: false), kind, floor, options.UsesRefinements);
        PathResult result = march.Run(forward.ResidualNorm, options);
        Guarantee? guarantee = result.End == PathEnd.Certified ? GuaranteeOf(point, result, kind) : null;

        // Where everything underflows nothing is promised.
        bool isCertified = guarantee is { Rate: > 0 };
        double? largestResidual = guarantee is not null || !options.MeasuresShortfall ? null : march.LargestCertified(residual, options);
        var certificate = new Certificate
        {
            Theorem = theorem,
            Outcome = isCertified ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified,
            Conditions = [start, .. Conditions(theorem, march, result, residual, largestResidual, options)],
            Constants = Constants(march, result, residual, kind),
            Guarantee = isCertified ? guarantee : null,
            Explanation = guarantee is { Rate: not > 0 }
                ? "The guaranteed rate underflows to 0; scale data and weights towards 1."
                : Explanation(march, result, residual, options) + Needed(residual, largestResidual),
        };
        return largestResidual is double bound
            ? certificate with { Shortfall = bound > 0 ? residual / bound : double.PositiveInfinity }
            : certificate;
    }

    /// <summary>The conclusion of (C.14): ℒ_t ≤ (1 − ημ)^{2t} ℒ_0, and how far each block moves.</summary>
    private static Guarantee GuaranteeOf(ResidualTransformerPoint point, PathResult result, PathFloor kind)
    {
        LowerBound constant = LowerBound.Square(result.Floor) * (1 - result.Remainder);
        ParameterBlock[] blocks = [.. point.Weights.Layout.Blocks];
        return new Guarantee
        {
            StepSize = result.StepSize,
            LargestStepSize = result.StepSize,
            PlConstant = constant.Value,
            Rate = Guarantee.SquaredContraction(result.StepSize, constant),
            Radii =
            [
                .. blocks.Where(point.Trained.Includes)
                    .Select(block =>
                        new BlockRadius(block, kind == PathFloor.Features && block == blocks[^1] ? result.OutRadius : result.Radius)),
            ],
        };
    }

    private static IEnumerable<Condition> Conditions(
        Theorem theorem, PathMarch march, PathResult result, double residual, double? largestResidual, CertificateOptions options)
    {
        if (largestResidual is double largest)
        {
            yield return new Condition(
                "residual against the largest that is certified from these weights", "R", theorem.Label, residual, ConditionRelation.AtMost,
                largest);
        }

        if (result.End == PathEnd.BoundsExploded)
        {
            yield return new Condition(
                "largest second derivative on the ball", "c", "C.15", double.PositiveInfinity, ConditionRelation.Below, 1e12);
            yield break;
        }

        yield return new Condition(
            "certified decrease against the residual", "U(r̄) ≥ R", theorem.Label, result.Covered.Value, ConditionRelation.AtLeast,
            residual);
        yield return new Condition(
            "floor at the end of the path", "s(r̄)", theorem.Label, result.Floor.Value, ConditionRelation.Above,
            options.FloorFraction * march.StartFloor.Value);
        yield return new Condition(
            "step size against the steepest direction", "ηΛ²", "C.12", PathPieces.Fastest(result.StepSize, result.Lambda).Value,
            ConditionRelation.Below, 2);
        yield return new Condition(
            "second-order remainder of a step", "ξ", "C.12", result.Remainder.Value, ConditionRelation.Below, ChordOf(march, result));
    }

    // A = A₀ − ξ > 0 (C.12): what ξ must stay below.
    private static double ChordOf(PathMarch march, PathResult result)
    {
        double fastest = PathPieces.Fastest(result.StepSize, result.Lambda).Value,
            floor = PathPieces.Slowest(fastest, result.Floor, march.StartFloor);
        double slowest = result.StepSize * floor * floor;
        return (2 - slowest - fastest) / (2 * (1 - slowest));
    }

    private static List<Constant> Constants(PathMarch march, PathResult result, double residual, PathFloor kind)
    {
        Constant norm = new("residual norm", "R", "C.12", residual),
            floor = new("floor at the start", "s_0", "C.13", march.StartFloor.Value);
        Constant steepest = new("largest singular value of J at the start", "Λ_0", "C.14", march.StartLambda.Value);

        // A ball on which nothing is bounded has no constants.
        if (result.End == PathEnd.BoundsExploded)
        {
            return [norm, floor, steepest];
        }

        List<Constant> constants =
        [
            norm,
            floor,
            new("floor at the end", "s(r̄)", "C.14", result.Floor.Value),
            new("change of the floor per unit of path", kind == PathFloor.Features ? "κ" : "c", "C.15", result.FloorSlope.Value),
            new("the same, composed block by block", kind == PathFloor.Features ? "κ_blocks" : "c", "C.15", result.FloorSlopeByBlock.Value),
            steepest,
            new("largest singular value of J on the ball", "Λ", "C.14", result.Lambda.Value),
            new("second derivative of F on the ball", "c", "C.15", result.Curvature.Value),
            new("radius", "r̄", "C.16", result.Radius),
            new("pieces of the path", "pieces", "C.16", result.Pieces),
        ];
        if (result.Lemma is StepLemma lemma)
        {
            constants.Add(new("path of all but W_2 per unit of residual", "p", "C.13", lemma.Rest));
            constants.Add(new("path of everything per unit of residual", "g", "C.13", lemma.Whole));
        }

        return constants;
    }

    private static string Needed(double residual, double? largest) => largest switch
    {
        null => "",
        0 => " No smaller residual is certified from these weights either.",
        double bound => FormattableString.Invariant($" The residual would have to be {NumberText.Of(residual / bound, 3)} times smaller."),
    };

    private static string Explanation(PathMarch march, PathResult result, double residual, CertificateOptions options) => result.End switch
    {
        PathEnd.Certified =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"The path stays within {NumberText.Of(result.Radius, 3)} and the floor above "
                    + $"{result.Floor.Value / march.StartFloor.Value:P0} of its first value."),
        PathEnd.FloorSpent =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"The floor would fall below {NumberText.Of(options.FloorFraction, 3)} of its first value "
                    + $"{NumberText.Of(march.StartFloor.Value, 3)} after {result.Covered.Value / residual:P1} of the residual "
                    + $"{NumberText.Of(residual, 3)}."),
        PathEnd.StepTooLong =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"ηΛ² must stay below 2 along the path but reaches "
                    + $"{NumberText.Of(PathPieces.Fastest(result.StepSize, result.Lambda).Value, 3)} with η = "
                    + $"{NumberText.Of(result.StepSize, 3)}; let the theorem choose its own step size."),
        PathEnd.CurvatureTooLarge =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"The second-order remainder ξ = {NumberText.Of(result.Remainder.Value, 3)} of a step may undo its decrease; the "
                    + $"residual {NumberText.Of(residual, 3)} is too large for the curvature {NumberText.Of(result.Curvature.Value, 3)}."),
        PathEnd.OutWeightTooFar => "W_2 may move farther than the ball allows it.",
        PathEnd.BoundsExploded =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"The second derivatives have no useful bound within the radius {NumberText.Of(result.Radius, 3)} that the residual "
                    + $"{NumberText.Of(residual, 3)} asks for."),
        _ => "The certified decrease did not reach the residual within 100 pieces.",
    };
}
