namespace Kappa.Descent;

/// <summary>Every quantity of telemetry, listed once: columns, register, figures, queries and reports take them from here.</summary>
public static class Quantities
{
    /// <summary>t, exact count of updates made.</summary>
    public static Quantity Step { get; } = new(
        "step", QuantityScope.Step, "t", "", "steps",
        "exact count of updates made",
        "none", "exact")
    { Scale = QuantityScale.Linear };

    /// <summary>ℒ, ½‖F − Y‖², summed over samples, tokens and coordinates.</summary>
    public static Quantity Loss { get; } = new(
        "loss", QuantityScope.Step, "ℒ", "R.4", "target units²",
        "½‖F − Y‖², summed over samples, tokens and coordinates",
        "none", "rounding");

    /// <summary>‖∇ℒ‖, Euclidean norm over the trained blocks.</summary>
    public static Quantity GradientNorm { get; } = new(
        "gradientNorm", QuantityScope.Step, "‖∇ℒ‖", "R.6", "loss / parameter",
        "Euclidean norm over the trained blocks",
        "O(p)", "rounding");

    /// <summary>‖∇_b ℒ‖, the same, over the trained blocks of one kind in all layers.</summary>
    public static Quantity GradientNormOfKind { get; } = new(
        "gradientNorm", QuantityScope.Kind, "‖∇_b ℒ‖", "R.6", "loss / parameter",
        "the same, over the trained blocks of one kind in all layers; their squares add up to that of `gradientNorm`",
        "none", "rounding");

    /// <summary>‖∇ℒ‖²/(2ℒ), from the two columns above.</summary>
    public static Quantity PlRatio { get; } = new(
        "plRatio", QuantityScope.Step, "‖∇ℒ‖²/(2ℒ)", "P.4", "loss / parameter²",
        "from the two columns above; lies between λ_min and λ_max of the kernel at that step",
        "none", "rounding; empty when the loss is 0");

    /// <summary>η, the step of the update about to be made.</summary>
    public static Quantity StepSize { get; } = new(
        "stepSize", QuantityScope.Step, "η", "", "parameter² / loss",
        "the step of the update about to be made; under `adaptive` the one tried first, which is halved while the loss would rise",
        "none", "exact");

    /// <summary>‖η∇ℒ‖/‖θ‖, stepSize times the gradient norm over the norm of the trained parameters.</summary>
    public static Quantity StepRatio { get; } = new(
        "stepRatio", QuantityScope.Step, "‖η∇ℒ‖/‖θ‖", "", "1",
        "`stepSize` times the gradient norm over the norm of the trained parameters",
        "O(p)", "rounding");

    /// <summary>‖θ_t − θ_0‖, over the trained blocks.</summary>
    public static Quantity Distance { get; } = new(
        "distance", QuantityScope.Step, "‖θ_t − θ_0‖", "", "parameter",
        "over the trained blocks",
        "O(p), one copy of θ_0", "rounding");

    /// <summary>Σ_{s&lt;t} ‖η∇ℒ_s‖, running sum.</summary>
    public static Quantity PathLength { get; } = new(
        "pathLength", QuantityScope.Step, "Σ_{s<t} ‖η∇ℒ_s‖", "", "parameter",
        "running sum; at least `distance`",
        "none", "rounding");

    /// <summary>σ_max, largest singular value, orthogonal route.</summary>
    public static Quantity SigmaMax { get; } = new(
        "sigmaMax", QuantityScope.Part, "σ_max", "P.1", "token units",
        "largest singular value, orthogonal route",
        "one singular value computation, O(M d min(M, d)), for this and the next seven", "floor");

    /// <summary>σ_M, the M-th of M values (row side), the one the theorems use.</summary>
    public static Quantity SigmaMin { get; } = new(
        "sigmaMin", QuantityScope.Part, "σ_M", "P.2", "token units",
        "the M-th of M values (row side), the one the theorems use; 0 when M > d: rank-limited",
        "shared", "floor")
    { Words = ["sigmaM", "σ_M"] };

    /// <summary>smallest σ not below the floor, the non-zero part.</summary>
    public static Quantity SigmaMinNonzero { get; } = new(
        "sigmaMinNonzero", QuantityScope.Part, "smallest σ not below the floor", "P.2", "token units",
        "the non-zero part",
        "shared", "floor");

    /// <summary>κ, smallest of the values that the shape admits, which is
    /// σ_M unless the stack is rank-limited (sigmaMin is then 0).</summary>
    public static Quantity ConditionNumber { get; } = new(
        "conditionNumber", QuantityScope.Part, "κ", "P.2", "1",
        "smallest of the values that the shape admits, which is σ_M unless the stack is rank-limited (`sigmaMin` is then 0)",
        "shared", "relative error about ε κ; a lower bound below the floor")
    { Definition = "σ_max/σ_r, r = min(M, d)", Words = ["kappa", "κ"] };

    /// <summary>σ_max over the smallest σ not below the floor, the non-zero part.</summary>
    public static Quantity ConditionNumberNonzero { get; } = new(
        "conditionNumberNonzero", QuantityScope.Part, "σ_max over the smallest σ not below the floor", "P.2", "1",
        "the non-zero part",
        "shared", "relative error about ε κ");

    /// <summary>number of σ not below the floor, count.</summary>
    public static Quantity NumericalRank { get; } = new(
        "numericalRank", QuantityScope.Part, "number of σ not below the floor", "P.3", "1",
        "count",
        "shared", "exact, given the floor")
    { Scale = QuantityScale.Linear };

    /// <summary>exp(−Σ p_k log p_k) of the shares p_k = σ_k/Σσ_j.</summary>
    public static Quantity EffectiveRank { get; } = new(
        "effectiveRank", QuantityScope.Part, "exp(−Σ p_k log p_k)", "P.3", "1",
        "p_k = σ_k/Σσ_j, 0 log 0 = 0",
        "shared", "rounding")
    { Words = ["rank"], Scale = QuantityScale.Linear };

    /// <summary>‖·‖²/σ_max², from the singular values.</summary>
    public static Quantity StableRank { get; } = new(
        "stableRank", QuantityScope.Part, "‖·‖²/σ_max²", "P.3", "1",
        "from the singular values",
        "shared", "rounding")
    { Scale = QuantityScale.Linear };

    /// <summary>‖H − 1x̄ᵀ‖/‖H‖, each sample's own token mean.</summary>
    public static Quantity RankOneDistance { get; } = new(
        "rankOneDistance", QuantityScope.Part, "‖H − 1x̄ᵀ‖/‖H‖", "P.3", "1",
        "each sample's own token mean; squares summed over samples before dividing",
        "O(M d)", "rounding");

    /// <summary>mean cos(h_j, h_k), pairs of different tokens of a sample, then samples.</summary>
    public static Quantity TokenCosine { get; } = new(
        "tokenCosine", QuantityScope.Part, "mean cos(h_j, h_k)", "P.3", "1",
        "pairs of different tokens of a sample, then samples",
        "O(M n d)", "rounding; pairs with a zero token are left out")
    { Scale = QuantityScale.Linear };

    /// <summary>min_i σ_n(H_i), row side, each sample by itself, minimum over samples.</summary>
    public static Quantity SampleSigmaMin { get; } = new(
        "sampleSigmaMin", QuantityScope.Part, "min_i σ_n(H_i)", "P.2", "token units",
        "row side, each sample by itself, minimum over samples; 0 when n > d: rank-limited",
        "N small singular value computations, for this and the next", "floor of that sample");

    /// <summary>max_i κ(H_i), smallest of the min(n, d) values, maximum over samples.</summary>
    public static Quantity SampleConditionNumber { get; } = new(
        "sampleConditionNumber", QuantityScope.Part, "max_i κ(H_i)", "P.2", "1",
        "smallest of the min(n, d) values, maximum over samples",
        "shared", "relative error about ε κ; a lower bound below the floor");

    /// <summary>σ_M(Φ), row side of the hidden features, M × m.</summary>
    public static Quantity HiddenSigmaMin { get; } = new(
        "sigmaMin", QuantityScope.Hidden, "σ_M(Φ)", "P.5", "hidden units",
        "row side of the hidden features, M × m; in the last block its square bounds the PL constant",
        "one singular value computation of M × m", "floor");

    /// <summary>‖W_t − W_0‖/‖W_0‖, over the trained matrices of one kind, all heads or blocks together.</summary>
    public static Quantity Movement { get; } = new(
        "movement", QuantityScope.Kind, "‖W_t − W_0‖/‖W_0‖", "", "1",
        "over the trained matrices of one kind, all heads or blocks together; kinds also `output`, `embedding`, `position`, `normGain`, "
            + "`normShift`",
        "O(p)", "rounding; infinite or empty for a kind that starts at zero");

    /// <summary>The loss of the test samples.</summary>
    public static Quantity TestLoss { get; } = new(
        "testLoss", QuantityScope.Step, "", "E.6", "loss",
        "over the test samples, at every step that is a multiple of `telemetry.testEvery`, empty at the others",
        "a forward pass over the test samples", "rounding");

    /// <summary>The share of test samples whose largest output is that of their label.</summary>
    public static Quantity TestAccuracy { get; } = new(
        "testAccuracy", QuantityScope.Step, "", "E.6", "share of right answers",
        "over the test samples, at every step that is a multiple of `telemetry.testEvery`, empty at the others",
        "a forward pass over the test samples, shared", "exact")
    { Scale = QuantityScale.Linear };

    /// <summary>All of them, in the order of the register.</summary>
    public static IReadOnlyList<Quantity> All { get; } =
    [
        Step, Loss, GradientNorm, GradientNormOfKind, PlRatio, StepSize, StepRatio, Distance, PathLength, SigmaMax, SigmaMin,
        SigmaMinNonzero,
        ConditionNumber, ConditionNumberNonzero, NumericalRank, EffectiveRank, StableRank, RankOneDistance, TokenCosine, SampleSigmaMin,
        SampleConditionNumber, HiddenSigmaMin, Movement, TestLoss, TestAccuracy,
    ];
}
