using Kappa.Descent;
using Kappa.Lab.Figures;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>What figures show of the spectrum of a part, by layer: a quantity, or a function of one.</summary>
/// <param name="Quantity">What is recorded.</param>
/// <param name="FigureName">The name of its figure.</param>
/// <param name="Title">What the figure shows.</param>
/// <param name="Axis">Its axis.</param>
internal sealed record SpectralQuantity(Quantity Quantity, string FigureName, string Title, Axis Axis)
{
    /// <summary>The name of the entropy, which is not recorded: it is the logarithm of the effective rank.</summary>
    public const string EntropyName = "entropy";

    private static readonly SpectralQuantity Entropy =
        new(Quantities.EffectiveRank, EntropyName, "Entropy of the normalised singular values", Axis.Linear(EntropyName));

    /// <summary>All, in the order of reports.</summary>
    public static IReadOnlyList<SpectralQuantity> All { get; } =
    [
        new(
            Quantities.SigmaMin, "sigma-min", "Smallest singular value (row side)",
            AxisOf(Quantities.SigmaMin) with { FloorMeaning = "σ_M below the rounding floor, told as 0" }),
        new(Quantities.ConditionNumber, "condition-number", "Condition number", AxisOf(Quantities.ConditionNumber)),
        new(Quantities.EffectiveRank, "effective-rank", "Effective rank, exp of the entropy", Axis.Linear("effective rank")),
        Entropy,
    ];

    /// <summary>Whether the report of one run shows it: the entropy says there what the effective rank says.</summary>
    public bool IsDrawnForARun => this != Entropy;

    /// <summary>Its value from that of the quantity.</summary>
    public double From(double value) => this == Entropy ? Math.Log(value) : value;

    /// <summary>Its recorded values of a part such as <c>l0.branch</c>.</summary>
    public double[] Of(TelemetryTable telemetry, string part) => telemetry.Has(Quantity.Of(part))
        ? Array.ConvertAll(telemetry[Quantity, part].ToArray(), From)
        : [.. Enumerable.Repeat(double.NaN, telemetry.Rows)];

    private static Axis AxisOf(Quantity quantity) =>
        quantity.Scale == QuantityScale.Logarithmic ? Axis.Log(quantity.Symbol) : Axis.Linear(quantity.Symbol);
}
