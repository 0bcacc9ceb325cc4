namespace Kappa.Spectra;

/// <summary>The quantities reported of one singular spectrum (P.1–P.3), each with the floor below which it would be rounding.</summary>
/// <remarks>
/// Of a matrix A [rows, columns] with singular values σ₁ ≥ … ≥ σ_r, r = min(rows, columns). The theorems need the row side: σ_M, M = rows,
/// which is 0 when the matrix is narrower than high. No quantity here is below <see cref="Floor"/> except an exact 0, which then means "not
/// distinguishable from zero". Condition numbers are never understated by more than rounding: where the small value is below the floor they
/// are the lower bound σ_max/floor. A value; thread-safe.
/// </remarks>
public readonly record struct SpectrumSummary
{
    /// <summary>ε = 2⁻⁵², the distance from 1 to the next number.</summary>
    internal const double Epsilon = 2.220446049250313e-16;

    /// <summary>Number of rows.</summary>
    public int Rows { get; private init; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; private init; }

    /// <summary>What the smallest value can be trusted to say.</summary>
    public SpectrumStatus Status { get; private init; }

    /// <summary>σ_max = ‖A‖₂.</summary>
    public double SigmaMax { get; private init; }

    /// <summary>σ_M, the rows-th value: 0 when rows exceed columns
    /// (<see cref="SpectrumStatus.RankLimited"/>) and 0 when below the floor.</summary>
    public double SigmaMinRow { get; private init; }

    /// <summary>σ_r, the smallest of the min(rows, columns) values; 0 when below the floor.</summary>
    public double SigmaMin { get; private init; }

    /// <summary>The smallest value at or above the floor; 0 for the zero matrix.</summary>
    public double SigmaMinNonzero { get; private init; }

    /// <summary>ε σ_max √rows (P.1): what rounding alone can make of a zero.</summary>
    public double Floor { get; private init; }

    /// <summary>σ_max/σ_M; ∞ when rank-limited or zero; the lower bound σ_max/floor when σ_M is below the floor.</summary>
    public double ConditionNumberRow { get; private init; }

    /// <summary>σ_max/σ_r; ∞ for the zero matrix; the lower bound σ_max/floor when σ_r is below the floor.</summary>
    public double ConditionNumber { get; private init; }

    /// <summary>σ_max over the smallest value at or above the floor; NaN for the zero matrix.</summary>
    public double ConditionNumberNonzero { get; private init; }

    /// <summary>exp(−Σ p log p), p = σ/Σσ (P.3; Roy and Vetterli 2007): between 1 and r; 0 for the zero matrix.</summary>
    public double EffectiveRank { get; private init; }

    /// <summary>‖A‖²/‖A‖₂² (P.3): between 1 and r; 0 for the zero matrix.</summary>
    public double StableRank { get; private init; }

    /// <summary>The number of values at or above the floor.</summary>
    public int NumericalRank { get; private init; }

    /// <summary>Whether fewer values than min(rows, columns) are at or above
    /// the floor; told apart from the width being too small.</summary>
    public bool IsNumericallyDeficient => NumericalRank < Math.Min(Rows, Columns);

    /// <summary>Summarises a spectrum. Cost O(r); allocates nothing.</summary>
    /// <param name="singularValues">σ₁ ≥ … ≥ σ_r [min(rows, columns)], at least one.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <exception cref="ArgumentException">The number of values is not min(rows,
    /// columns), is 0, or they are not in descending order.</exception>
    public static SpectrumSummary Of(ReadOnlySpan<double> singularValues, int rows, int columns)
    {
        Require(singularValues, rows, columns);
        double largest = singularValues[0];
        if (!double.IsFinite(largest))
        {
            return Degenerate(SpectrumStatus.NonFinite, rows, columns, double.NaN, double.NaN, double.NaN);
        }

        if (largest == 0)
        {
            return Degenerate(SpectrumStatus.Zero, rows, columns, 0, double.PositiveInfinity, 0);
        }

        double floor = FloorOf(largest, rows);
        int rank = RankAt(singularValues, floor);
        double smallest = rank == singularValues.Length ? singularValues[^1] : 0;
        double smallestCondition = largest / Math.Max(smallest, floor);
        bool rankLimited = rows > columns;
        (double effective, double stable) = Ranks(singularValues);
        return new SpectrumSummary
        {
            Rows = rows,
            Columns = columns,
            Status = rankLimited ? SpectrumStatus.RankLimited : smallest == 0 ? SpectrumStatus.BelowFloor : SpectrumStatus.WellDefined,
            SigmaMax = largest,
            SigmaMinRow = rankLimited ? 0 : smallest,
            SigmaMin = smallest,
            SigmaMinNonzero = singularValues[Math.Max(rank, 1) - 1],
            Floor = floor,
            ConditionNumberRow = rankLimited ? double.PositiveInfinity : smallestCondition,
            ConditionNumber = smallestCondition,
            ConditionNumberNonzero = largest / singularValues[Math.Max(rank, 1) - 1],
            EffectiveRank = effective,
            StableRank = stable,
            NumericalRank = rank,
        };
    }

    /// <summary>The number of values at or above <paramref name="tolerance"/>.</summary>
    /// <param name="singularValues">In descending order.</param>
    /// <param name="tolerance">Absolute, in the unit of the values.</param>
    public static int RankAt(ReadOnlySpan<double> singularValues, double tolerance)
    {
        int rank = singularValues.Length;
        while (rank > 0 && !(singularValues[rank - 1] >= tolerance))
        {
            rank--;
        }

        return rank;
    }

    /// <summary>ε σ_max √rows (P.1); for a subnormal matrix the smallest
    /// number there is, so that 0 never counts towards the rank.</summary>
    internal static double FloorOf(double largest, int rows) => Math.Max(Epsilon * largest * Math.Sqrt(rows), double.Epsilon);

    // (P.3) with σ/σ_max, which neither overflows nor underflows where it
    // matters: −Σ p log p = log S − (1/S) Σ x log x, x = σ/σ_max, S = Σx.
    private static (double Effective, double Stable) Ranks(ReadOnlySpan<double> singularValues)
    {
        double sum = 0;
        double weighted = 0;
        double squares = 0;
        foreach (double value in singularValues)
        {
            double x = value / singularValues[0];
            sum += x;
            squares += x * x;
            weighted += x > 0 ? x * Math.Log(x) : 0;
        }

        return (sum * Math.Exp(-weighted / sum), squares);
    }

    private static SpectrumSummary Degenerate(SpectrumStatus status, int rows, int columns, double value, double condition, double rank) =>
        new()
        {
            Rows = rows,
            Columns = columns,
            Status = status,
            SigmaMax = value,
            SigmaMinRow = value,
            SigmaMin = value,
            SigmaMinNonzero = value,
            Floor = value,
            ConditionNumberRow = condition,
            ConditionNumber = condition,
            ConditionNumberNonzero = double.NaN,
            EffectiveRank = rank,
            StableRank = rank,
            NumericalRank = 0,
        };

    private static void Require(ReadOnlySpan<double> singularValues, int rows, int columns)
    {
        int order = Math.Min(rows, columns);
        if (order < 1 || singularValues.Length != order)
        {
            throw new ArgumentException(
                $"A [{rows}, {columns}] matrix must have min(rows, columns) = {order} >= 1 singular values but {singularValues.Length} "
                    + $"were given.",
                nameof(singularValues));
        }

        for (int i = 1; i < order; i++)
        {
            if (singularValues[i] > singularValues[i - 1] || singularValues[i] < 0)
            {
                throw new ArgumentException(
                    $"Singular values must be descending and not negative but value {i} is {singularValues[i]:R} after "
                        + $"{singularValues[i - 1]:R}; sort them first.",
                    nameof(singularValues));
            }
        }
    }
}
