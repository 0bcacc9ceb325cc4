using System.Globalization;
using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>The numbers in the two conditions of (S.5).</summary>
/// <param name="Name">Name of the theorem with these numbers.</param>
/// <param name="Title">What they are.</param>
/// <param name="SoftmaxJacobian">Bound on the softmax Jacobian's norm: 2, or ½.</param>
/// <param name="First">8, or 4.</param>
/// <param name="Second">32, or 14.</param>
internal sealed record EncoderConstants(string Name, string Title, double SoftmaxJacobian, double First, double Second)
{
    /// <summary>As recalled from [C].</summary>
    public static EncoderConstants Recalled { get; } = new(
        "encoder", "Shallow encoder: the two conditions of [C], as recalled, with the best radii", 2, 8, 32);

    /// <summary>The same argument with nothing given away.</summary>
    public static EncoderConstants Sharper { get; } = new(
        "encoder-sharper", "Shallow encoder: the two conditions with sharper constants", 0.5, 4, 14);
}

/// <summary>Proposition 1 of [C] as recalled (S.5): two conditions on α =
/// σ_N(F_pre⁰) and on radii, which are free and here the best.</summary>
/// <remarks>
/// Theory: shallow encoder, S.4–S.6. Both conditions grow with the radii, and the first asks each radius to be at least a monotone function
/// of all: its least fixed point is best for both, so no search is needed. The conclusion for a finite step rests on a Lipschitz gradient,
/// which a ReLU does not have: where both hold this says so and does not certify; S.9 does without.
/// </remarks>
internal sealed class EncoderProposition(EncoderConstants constants) : ShallowEncoderTheorem(new TheoremText(
    Name: constants.Name,
    Label: ReferenceEquals(constants, EncoderConstants.Recalled) ? "S.5" : "S.5'",
    Title: constants.Title,
    Statement: string.Create(
        CultureInfo.InvariantCulture,
        $"Model S, α = σ_N(F_pre⁰), λ̄_S = ‖W_S⁰‖₂ + C_S for radii C_S > 0, ρ = √N d_s^(3/2) τ₁ C_x with C_x = max ‖X_n‖/√d_s, j "
            + $"= {constants.SoftmaxJacobian} and z = λ̄_O²(1 + j²τ₀²C_x⁴d_s²λ̄_V²(λ̄_Q² + λ̄_K²)). If α² ≥ {constants.First}ρ√(2ℓ_0) "
            + $"max(λ̄_V/C_O, λ̄_O/C_V, jτ₀C_x²d_s λ̄_Kλ̄_Vλ̄_O/C_Q, jτ₀C_x²d_s λ̄_Qλ̄_Vλ̄_O/C_K) and α³ ≥ "
            + $"{constants.Second}ρ²z√(2ℓ_0)/λ̄_O, gradient descent with a small enough step γ has ℓ_t ≤ (1 − γα²/2)^t ℓ_0."),
    Page: "docs/theory/shallow-encoder.md",
    Sources: [Source.Wu("Proposition 1.")]))
{
    /// <inheritdoc/>
    public override bool CanCertify => false;

    /// <inheritdoc/>
    internal override string? WhyNotApplicable(TransformerPoint point) => EncoderAtCentre.WhyNotApplicable(point);

    /// <inheritdoc/>
    internal override Certificate Compute(TransformerPoint point, CertificateOptions options)
    {
        var at = new EncoderAtCentre(point);
        UpperBound dataNorm = at.Inputs.Max(input => UpperBound.Norm(input.Span)) / LowerBound.Sqrt(at.Tokens);
        var function = new Bounds(at, constants, dataNorm);
        LowerBound alpha = at.SmallestFeature;
        double[]? radii = alpha > 0 ? function.Radii(at.ResidualNorm) : null;
        double factor = alpha > 0 && options.MeasuresShortfall && !function.Holds(radii, at.ResidualNorm)
            ? ResidualFactor.Largest(f =>
                function.Holds(function.Radii((UpperBound)f * at.ResidualNorm), (UpperBound)f * at.ResidualNorm))
            : double.NaN;
        bool holds = function.Holds(radii, at.ResidualNorm);
        return new Certificate
        {
            Theorem = this,
            Outcome = CertificateOutcome.NotCertified,
            Explanation = Explanation(at, holds, factor),
            Conditions = function.Conditions(radii, at.ResidualNorm),
            Constants = function.Constants(radii),
            Shortfall = holds ? 1 : 1 / factor is double shortfall && shortfall >= 1 ? shortfall : double.PositiveInfinity,
        };
    }

    private static string Explanation(EncoderAtCentre at, bool holds, double factor) => holds
        ? "Both conditions hold. The conclusion for a finite step rests on a Lipschitz gradient, which a ReLU lacks at its kink, so it "
            + "is not certified here; S.9 proves it without."
        : at.SmallestFeature.Value == 0 ? "σ_N(F_pre) is not above 0 by more than rounding can make: the pooled features of the samples "
            + "may be linearly dependent, so no radii can be shown."
        : factor > 0 ? string.Create(
            CultureInfo.InvariantCulture,
            $"The conditions fail: they hold for no radii until √(2ℓ_0) is {NumberText.Of(1 / factor, 3)} times smaller than "
                + $"{NumberText.Of(at.ResidualNorm.Value)}.")
        : "The conditions fail for every residual tried: the weights' own norms make them impossible.";

    /// <summary>The two conditions as functions of the radii.</summary>
    private sealed class Bounds(EncoderAtCentre at, EncoderConstants constants, UpperBound dataNorm)
    {
        private readonly UpperBound _rho = UpperBound.Sqrt(at.Samples) * at.Tokens * UpperBound.Sqrt(at.Tokens) * at.OutputScale * dataNorm;
        private readonly UpperBound _logits = (UpperBound)constants.SoftmaxJacobian * at.LogitScale * dataNorm * dataNorm * at.Tokens;

        private LowerBound Alpha => at.SmallestFeature;

        // (S.5)  C_S ≥ 8ρ√(2ℓ_0)/α² · (what multiplies 1/C_S in condition 1)
        public double[]? Radii(UpperBound residualNorm) => LeastFixedPoint.Of(at.Norms.Length, radii =>
        {
            UpperBound scale = (UpperBound)constants.First * _rho * residualNorm / (Alpha * Alpha);
            return [.. Slopes(Bar(EncoderAtCentre.Exact(radii))).Select((slope, k) => at.Moves[k] ? scale * slope : default)];
        });

        public bool Holds(double[]? radii, UpperBound residualNorm) =>
            radii is not null && Second(EncoderAtCentre.Exact(radii), residualNorm).Holds;

        public IReadOnlyList<Condition> Conditions(double[]? radii, UpperBound residualNorm)
        {
            Condition independent = new(
                "smallest singular value of the pooled features", "α = σ_N(F_pre⁰)", "S.4", Alpha.Value, ConditionRelation.Above, 0);
            UpperBound[] used = radii is null ? at.Norms : EncoderAtCentre.Exact(radii), slopes = Slopes(Bar(used));
            double worst = Enumerable.Range(0, 4).Where(k => at.Moves[k]).Max(k => (slopes[k] / (LowerBound)used[k].Value).Value);
            Condition first = new(
                radii is null ? "room for the weights to move, at radii ‖W_S⁰‖₂" : "room for the weights to move", "α² (condition 1)",
                "S.5", (Alpha * Alpha).Value, ConditionRelation.AtLeast,
                ((UpperBound)constants.First * _rho * residualNorm * (UpperBound)worst).Value);
            return [independent, first, Second(used, residualNorm)];
        }

        public List<Constant> Constants(double[]? radii)
        {
            List<Constant> list =
            [
                new("size of the inputs", "C_x", "S.4", dataNorm.Value),
                new("what a token's features can be times", "ρ", "S.4", _rho.Value),
                new("residual norm", "√(2ℓ_0)", "S.2", at.ResidualNorm.Value),
            ];
            if (radii is null)
            {
                return list;
            }

            UpperBound[] bar = Bar(EncoderAtCentre.Exact(radii));
            double smoothness = (_rho * _rho * ((bar[1] * bar[1]) + Movement(bar))).Value, step = at.LossFactor / smoothness,
                alpha = Alpha.Value;
            list.Add(new Constant("z", "z", "S.4", Movement(bar).Value));
            list.Add(new Constant("step size, ours", "γ", "S.5", step, ConstantGrade.Estimated));
            list.Add(
                new Constant(
                    "claimed share of the loss that a step removes", "γα²/2", "S.5", step / at.LossFactor * alpha * alpha / 2,
                    ConstantGrade.Estimated));
            list.AddRange(at.Blocks.Select((block, k) => new Constant($"radius of {block.Name}", "C_S", "S.5", radii[k])));
            return list;
        }

        private Condition Second(UpperBound[] radii, UpperBound residualNorm)
        {
            UpperBound[] bar = Bar(radii);
            UpperBound bound = (UpperBound)constants.Second * _rho * _rho * MovementOverReadout(bar) * residualNorm;
            return new Condition(
                "features that stay independent while the weights move", "α³ (condition 2)", "S.5", (Alpha * Alpha * Alpha).Value,
                ConditionRelation.AtLeast, bound.Value);
        }

        // (S.4)  λ̄_S = ‖W_S⁰‖₂ + C_S
        private UpperBound[] Bar(UpperBound[] radii) => [.. at.Norms.Select((norm, k) => norm + radii[k])];

        // λ̄_V, λ̄_O, jτ₀C_x²d_s λ̄_Kλ̄_Vλ̄_O, jτ₀C_x²d_s λ̄_Qλ̄_Vλ̄_O
        private UpperBound[] Slopes(UpperBound[] bar) =>
            [bar[1], bar[0], _logits * bar[3] * bar[1] * bar[0], _logits * bar[2] * bar[1] * bar[0]];

        // (S.4)  z, of the matrices that move
        private UpperBound Movement(UpperBound[] bar) => bar[0] * MovementOverReadout(bar);

        // z/λ̄_O
        private UpperBound MovementOverReadout(UpperBound[] bar)
        {
            UpperBound logits = _logits * bar[1], queries = at.Moves[2] ? bar[3] * bar[3] : default,
                keys = at.Moves[3] ? bar[2] * bar[2] : default;
            return bar[0] * ((at.Moves[1] ? 1 : 0) + (logits * logits * (queries + keys)));
        }
    }
}
