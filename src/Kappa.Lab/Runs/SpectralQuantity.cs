using Kappa.Lab.Figures;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>A quantity of the spectrum of an attention output that figures show by layer.</summary>
/// <param name="Column">The last part of its telemetry column.</param>
/// <param name="FigureName">The name of its figure.</param>
/// <param name="Title">What the figure shows.</param>
/// <param name="Axis">Its axis.</param>
internal sealed record SpectralQuantity(string Column, string FigureName, string Title, Axis Axis)
{
    /// <summary>The column of κ.</summary>
    public const string ConditionNumberColumn = "conditionNumber";

    /// <summary>The name of the entropy, which is no column: it is the logarithm of the effective rank.</summary>
    public const string Entropy = "entropy";

    private const string EffectiveRank = "effectiveRank";

    /// <summary>All, in the order of reports.</summary>
    public static IReadOnlyList<SpectralQuantity> All { get; } =
    [
        new("sigmaMin", "sigma-min", "Smallest singular value (row side)", Axis.Log("σ_M") with { FloorMeaning = "σ_M below the rounding floor, told as 0" }),
        new(ConditionNumberColumn, "condition-number", "Condition number", Axis.Log("κ")),
        new(EffectiveRank, "effective-rank", "Effective rank, exp of the entropy", Axis.Linear("effective rank")),
        new(Entropy, "entropy", "Entropy of the normalised singular values", Axis.Linear("entropy")),
    ];

    /// <summary>Whether the report of one run shows it: the entropy says there what the effective rank says.</summary>
    public bool IsDrawnForARun => Column != Entropy;

    /// <summary>The column that it is read from.</summary>
    public string Source => Column == Entropy ? EffectiveRank : Column;

    /// <summary>Its value from that of the column.</summary>
    public double From(double value) => Column == Entropy ? Math.Log(value) : value;

    /// <summary>Its recorded values of a part such as <c>l0.branch</c>.</summary>
    public double[] Of(TelemetryTable telemetry, string part) => Array.ConvertAll(telemetry[$"{part}.{Source}"].ToArray(), From);
}
