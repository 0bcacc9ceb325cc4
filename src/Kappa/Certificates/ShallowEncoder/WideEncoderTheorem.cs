using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>Linear convergence of model S for a finite step, kinks of the ReLU included
/// (S.9): w_O's own gradient outweighs everything that the other matrices can do.</summary>
/// <remarks>Theory: shallow encoder, S.9, with its proof. Costs the singular
/// values of F_pre⁰ [N, d_m] and the norms of the weights and samples.</remarks>
internal sealed class WideEncoderTheorem() : ShallowEncoderTheorem(new TheoremText(
    Name: "wide-encoder",
    Label: "S.9",
    Title: "Shallow encoder: linear convergence for a finite step, with ReLU, from the features F_pre",
    Statement:
        "Model S with w_O trained, R = √(2ℓ_0), α = σ_N(F_pre⁰). For radii C_S let λ̄_S = ‖W_S⁰‖₂ + C_S, r_V = τ₁(Σ_n(d_s "
        + "max_i‖x_i‖)²)^½, r_L = ½τ₀τ₁(Σ_n(‖X_n‖₂²Σ_i‖x_i‖)²)^½, z = λ̄_O²(r_V² + r_L²λ̄_V²(λ̄_Q² + λ̄_K²)), m = zR/(λ̄_Oν), Φ = "
        + "‖F_pre⁰‖₂ + m and ν = (α − m)² − z. If α > m, ν > 0 and C_O ≥ ΦR/ν, C_V ≥ r_Vλ̄_OR/ν, C_Q ≥ r_Lλ̄_Kλ̄_Vλ̄_OR/ν, C_K ≥ "
        + "r_Lλ̄_Qλ̄_Vλ̄_OR/ν, gradient descent with γ ≤ 1/Φ² keeps the radii and ℓ_t ≤ (1 − γν)^{2t} ℓ_0.",
    Page: "docs/theory/shallow-encoder.md",
    Sources: [Source.Derived]))
{
    /// <inheritdoc/>
    internal override string? WhyNotApplicable(TransformerPoint point) => EncoderAtCentre.WhyNotApplicable(point);

    /// <inheritdoc/>
    internal override Certificate Compute(TransformerPoint point, CertificateOptions options)
    {
        var bounds = new WideEncoderBounds(new EncoderAtCentre(point));
        EncoderAtCentre at = bounds.At;
        WideEncoderState? state = bounds.Find(at.ResidualNorm);
        double largestStep = state is null ? 0 : (at.LossFactor / UpperBound.Square(state.Features)).Value,
            stepSize = options.StepSize ?? largestStep;

        // NaN where it is not looked for: the condition fails and does not say by how much.
        double factor = state is not null
            ? 1
            : options.MeasuresShortfall ? ResidualFactor.Largest(f => bounds.Find((UpperBound)f * at.ResidualNorm) is not null)
            : double.NaN;
        List<Condition> conditions = [
            new Condition(
                "smallest singular value of the pooled features", "α = σ_N(F_pre⁰)", "S.4", at.SmallestFeature.Value,
                ConditionRelation.Above, 0)];
        conditions.Add(
            new Condition(
                "readout small against the features", "z(0)", "S.9", bounds.Movement(at.Norms).Value, ConditionRelation.Below,
                LowerBound.Square(at.SmallestFeature).Value));
        conditions.Add(
            new Condition(
                "residual small enough for radii to exist", "√(2ℓ_0)", "S.9", at.ResidualNorm.Value, ConditionRelation.AtMost,
                factor * at.ResidualNorm.Value));
        if (state is not null)
        {
            conditions.Add(new Condition("step size", "γ", "S.9", stepSize, ConditionRelation.AtMost, largestStep));
        }

        // A rate that underflows to 0 promises nothing.
        bool holds = conditions.TrueForAll(condition => condition.Holds) && state is not null && bounds.Rate(state, stepSize) > 0;
        return new Certificate
        {
            Theorem = this,
            Outcome = holds ? CertificateOutcome.Guaranteed : CertificateOutcome.NotCertified,
            Explanation = Explanation(bounds, state, holds, factor, stepSize, largestStep),
            Conditions = conditions,
            Constants = bounds.Constants(state),
            Guarantee = holds ? bounds.Promise(state!, stepSize, largestStep) : null,
        };
    }

    private static string Explanation(
        WideEncoderBounds bounds, WideEncoderState? state, bool holds, double factor, double stepSize, double largestStep)
    {
        string step = NumberText.Of(stepSize), residual = NumberText.Of(bounds.At.ResidualNorm.Value);
        if (holds)
            return $"Every step with γ = {step} removes at least {NumberText.Of(bounds.Rate(state!, stepSize), 3)} of the loss.";
        if (state is not null && stepSize <= largestStep)
        {
            return $"The radii exist, but the guaranteed rate, γ = {step} times ν = {NumberText.Of(state.Decrease.Value)}, "
                + "is 0 in double precision; scale the data.";
        }

        if (state is not null)
            return $"The radii exist, but the step size {step} exceeds 1/Φ² = {NumberText.Of(largestStep)}; take a smaller step.";
        if (factor > 0)
            return $"No radii exist until √(2ℓ_0) is {NumberText.Of(1 / factor, 3)} times smaller than {residual}.";
        return double.IsNaN(factor)
            ? $"No radii exist at √(2ℓ_0) = {residual}."
            : "The features' smallest singular value does not exceed what a moving W_V can do at the readout's initial size, "
                + "whatever the residual; widen the model or start w_O smaller.";
    }
}

/// <summary>What the fixed point of (S.9) says.</summary>
/// <param name="Radii">C_O, C_V, C_Q, C_K.</param>
/// <param name="Decrease">ν.</param>
/// <param name="Features">Φ.</param>
/// <param name="FeatureMovement">m.</param>
internal sealed record WideEncoderState(double[] Radii, LowerBound Decrease, UpperBound Features, double FeatureMovement);

/// <summary>The bounds of (S.9) as functions of the radii.</summary>
internal sealed class WideEncoderBounds
{
    private readonly UpperBound _value;
    private readonly UpperBound _logits;

    /// <summary>Computes r_V and r_L.</summary>
    public WideEncoderBounds(EncoderAtCentre at)
    {
        At = at;
        var norms = new SpectralNorm();
        UpperBound[] values = new UpperBound[at.Samples], logits = new UpperBound[at.Samples];
        for (int sample = 0; sample < at.Samples; sample++)
        {
            Matrix input = at.Inputs[sample];
            UpperBound longest = default, sum = default;
            for (int token = 0; token < input.Rows; token++)
            {
                UpperBound norm = UpperBound.Norm(input.Row(token));
                longest = UpperBound.Max(longest, norm);
                sum += norm;
            }

            (values[sample], logits[sample]) = (at.Tokens * longest, UpperBound.Square(norms.Of(input)) * sum);
        }

        _value = at.OutputScale * UpperBound.Norm(values);
        _logits = at.LogitScale * at.OutputScale * UpperBound.Norm(logits) / 2;
    }

    /// <summary>The point.</summary>
    public EncoderAtCentre At { get; }

    /// <summary>1 − (1 − γν)², rounded down, for the step of the summed loss.</summary>
    /// <param name="state">The fixed point.</param>
    /// <param name="stepSize">γ, for the model's own loss.</param>
    public double Rate(WideEncoderState state, double stepSize) => Guarantee.SquaredContraction(stepSize, PlConstant(state));

    /// <summary>z of (S.9), of the matrices that move.</summary>
    /// <param name="bar">λ̄_O, λ̄_V, λ̄_Q, λ̄_K.</param>
    public UpperBound Movement(UpperBound[] bar) => UpperBound.Square(bar[0] * ReadoutSlope(bar));

    /// <summary>The least radii and what follows from them; <c>null</c> when there are none. Ends
    /// after <see cref="LeastFixedPoint.MaximumIterations"/> evaluations for every number.</summary>
    /// <param name="residualNorm">R.</param>
    public WideEncoderState? Find(UpperBound residualNorm)
    {
        // C_O, C_V, C_Q, C_K and m: the movement of the features is a radius like the others.
        double[]? found = LeastFixedPoint.Of(At.Norms.Length + 1, radii => Next(EncoderAtCentre.Exact(radii), residualNorm));
        return found is null ? null
            : new WideEncoderState(
                found[..^1], Decrease(EncoderAtCentre.Exact(found)), At.LargestFeature + (UpperBound)found[^1],
                found[^1]);
    }

    // (S.9)  m = zR/(λ̄_O ν) and the path of each matrix
    private UpperBound[]? Next(UpperBound[] radii, UpperBound residualNorm)
    {
        UpperBound[] bar = Bar(radii);
        LowerBound decrease = Decrease(radii);
        if (!(decrease > 0))
        {
            return null;
        }

        UpperBound path = residualNorm / decrease, slope = ReadoutSlope(bar);
        UpperBound[] slopes =
        [
            At.LargestFeature + radii[^1],
            _value * bar[0],
            _logits * bar[3] * bar[1] * bar[0],
            _logits * bar[2] * bar[1] * bar[0],
        ];
        return [.. slopes.Select((each, k) => At.Moves[k] ? each * path : default), slope * slope * bar[0] * path];
    }

    private UpperBound[] Bar(UpperBound[] radii) => [.. At.Norms.Select((norm, k) => norm + radii[k])];

    // (S.9)  ν = (α − m)² − z; 0 where there is none.
    private LowerBound Decrease(UpperBound[] radii) => LowerBound.Square(At.SmallestFeature - radii[^1]) - Movement(Bar(radii));

    /// <summary>What was computed.</summary>
    public IReadOnlyList<Constant> Constants(WideEncoderState? state)
    {
        List<Constant> list =
        [
            new("what the features change by per unit of W_V", "r_V", "S.9", _value.Value),
            new("what they change by per unit of W_Q and of the other weights", "r_L", "S.9", _logits.Value),
            new("residual norm", "√(2ℓ_0)", "S.2", At.ResidualNorm.Value),
            new("smallest singular value of F_pre", "α", "S.4", At.SmallestFeature.Value),
            new("largest singular value of F_pre", "‖F_pre⁰‖₂", "S.4", At.LargestFeature.Value),
        ];
        if (state is not null)
        {
            list.Add(new Constant("decrease of the residual per unit of step", "ν", "S.9", state.Decrease.Value));
            list.Add(new Constant("how far the features move", "m", "S.9", state.FeatureMovement));
        }

        return list;
    }

    /// <summary>The conclusion.</summary>
    public Guarantee Promise(WideEncoderState state, double stepSize, double largestStep) => new()
    {
        StepSize = stepSize,
        LargestStepSize = largestStep,
        Rate = Rate(state, stepSize),
        PlConstant = PlConstant(state).Value,
        Radii = [
            .. At.Blocks.Select((block, k) => (block, k)).Where(pair => At.Moves[pair.k])
                .Select(pair => new BlockRadius(pair.block, state.Radii[pair.k]))],
    };

    // √z/λ̄_O
    private UpperBound ReadoutSlope(UpperBound[] bar) =>
        UpperBound.Norm(
            [
                At.Moves[1] ? _value : default, At.Moves[2] ? _logits * bar[1] * bar[3] : default,
                At.Moves[3] ? _logits * bar[1] * bar[2] : default]);

    // ν/N for the mean of the losses.
    private LowerBound PlConstant(WideEncoderState state) => state.Decrease / (UpperBound)At.LossFactor;
}
