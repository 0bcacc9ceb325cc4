using System.Globalization;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Sizes of one problem.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
/// <param name="Width">d.</param>
/// <param name="FfnWidth">m.</param>
internal sealed record ProblemSize(int Samples, int Tokens, int Width, int FfnWidth)
{
    /// <summary>For example <c>N=2 n=4 d=16 m=32</c>.</summary>
    public override string ToString() => $"N={Samples} n={Tokens} d={Width} m={FfnWidth}";
}

/// <summary>Which of the two residual connections a run keeps.</summary>
/// <param name="Name">What tables and figures call it.</param>
/// <param name="AttentionResidual">ρ_a (R.2).</param>
/// <param name="FfnResidual">ρ_f (R.3).</param>
internal sealed record Arm(string Name, double AttentionResidual, double FfnResidual)
{
    /// <summary>Both connections, as in the paper.</summary>
    public static Arm Residual { get; } = new("residual", 1, 1);

    /// <summary>The attention connection removed: the comparison the paper's claim is about.</summary>
    public static Arm NoAttentionResidual { get; } = new("no attention residual", 0, 1);

    /// <summary>Both connections removed.</summary>
    public static Arm NoResiduals { get; } = new("no residuals", 0, 0);

    /// <summary>All arms, the residual one first.</summary>
    public static IReadOnlyList<Arm> All { get; } = [Residual, NoAttentionResidual, NoResiduals];
}

/// <summary>One problem on which the arms are compared: same data, same draw of the weights, same step budget.</summary>
/// <param name="Size">Sizes.</param>
/// <param name="Source">Where tokens and targets come from.</param>
/// <param name="Depth">L.</param>
/// <param name="QueryKeyScale">Gain of W_Q and of W_K.</param>
/// <param name="Seed">Seed of data and weights.</param>
internal sealed record LearningProblem(ProblemSize Size, DataSource Source, int Depth, double QueryKeyScale, long Seed)
{
    /// <summary>Everything but the seed, for tables.</summary>
    public string Setting =>
        $"{Size}, {Source.ToString().ToLowerInvariant()}, depth "
            + $"{Depth}{(QueryKeyScale == 1 ? string.Empty : FormattableString.Invariant($", query-key scale {QueryKeyScale}"))}";
}

/// <summary>The grid of single runs behind the claim about the late rate.</summary>
/// <param name="QueryKeyScales">Gains of W_Q and W_K.</param>
/// <param name="ValueScales">Gains of W_V.</param>
/// <param name="TemperatureFactors">Multiples of τ = 1/√d_k.</param>
/// <param name="AttentionResiduals">ρ_a.</param>
/// <param name="Steps">Step budget of a run.</param>
internal sealed record RateGrid(
    IReadOnlyList<double> QueryKeyScales,
    IReadOnlyList<double> ValueScales,
    IReadOnlyList<double> TemperatureFactors,
    IReadOnlyList<double> AttentionResiduals,
    int Steps);

/// <summary>What the reproduction runs: everything is listed here before anything runs.</summary>
internal sealed record ResidualPlan
{
    /// <summary><c>quick</c> or <c>full</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Seeds 0 … Seeds − 1.</summary>
    public required int Seeds { get; init; }

    /// <summary>The comparisons of the arms.</summary>
    public required IReadOnlyList<LearningProblem> Cases { get; init; }

    /// <summary>Step budget of a comparison run.</summary>
    public required int Steps { get; init; }

    /// <summary>The grid for the rate claim.</summary>
    public required RateGrid Grid { get; init; }

    /// <summary>The grid for the price of a certificate.</summary>
    public required PriceGrid Price { get; init; }

    /// <summary>The size used where one size is enough: the rate grid.</summary>
    public ProblemSize SmallSize { get; init; } = Small;

    /// <summary>Seeds of the full version.</summary>
    public const int FullSeeds = 5;

    /// <summary>Seeds of the quick version.</summary>
    public const int QuickSeeds = 3;

    private static readonly ProblemSize Small = new(2, 4, 16, 32);
    private static readonly ProblemSize Certifiable = new(2, 4, 16, 64);
    private static readonly ProblemSize Large = new(4, 4, 32, 64);

    /// <summary>The settings of the claims in full: two sizes, three kinds of data, depths 1 to 8.</summary>
    /// <param name="seeds">Seeds of every setting, at least 1.</param>
    public static ResidualPlan Full(int seeds = FullSeeds) => new()
    {
        Mode = "full",
        Seeds = seeds,
        Steps = 3000,
        Cases = [.. Every(seeds, [Small, Large], [DataSource.Gaussian, DataSource.Teacher, DataSource.Text], [1, 2, 4, 8], [1, 4])],
        Grid = new RateGrid([0.5, 1, 2], [0.5, 1, 2], [0.5, 1, 2], [0, 0.25, 0.5, 0.75, 1], 20_000),
        Price = new PriceGrid(Certifiable, [1, 2, 3], [0, 0.25, 0.5, 0.75, 1], 4000),
    };

    /// <summary>The same questions on the small size, with three seeds and depths 1, 2 and 4.</summary>
    /// <param name="seeds">Seeds of every setting, at least 1.</param>
    public static ResidualPlan Quick(int seeds = QuickSeeds) => new()
    {
        Mode = "quick",
        Seeds = seeds,
        Steps = 2000,
        Cases = [.. Every(seeds, [Small], [DataSource.Gaussian, DataSource.Teacher, DataSource.Text], [1, 2, 4], [1, 4])],
        Grid = new RateGrid([0.5, 2], [0.5, 1, 2], [1], [0, 0.25, 0.5, 0.75, 1], 6000),
        Price = new PriceGrid(Certifiable, [1, 2], [0, 0.5, 1], 1000),
    };

    /// <summary>What will be run, in one sentence.</summary>
    public string Describe()
    {
        int comparisons = Cases.Count * Arm.All.Count;
        int grid =
            Seeds * Grid.QueryKeyScales.Count * Grid.ValueScales.Count * Grid.TemperatureFactors.Count * Grid.AttentionResiduals.Count * 2;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{comparisons} comparisons of at most {Steps} steps (each at up to five step sizes) and {grid} runs of at most {Grid.Steps} "
                + $"steps for the rate; {Seeds * Price.Depths.Count * Price.AttentionResiduals.Count} points for the price of a "
                + $"certificate;");
    }

    // The scale of the query-key product matters for the stall level only
    // (depth 2 and more), and is asked on Gaussian data of the small size.
    private static IEnumerable<LearningProblem> Every(
        int seeds, ProblemSize[] sizes, DataSource[] sources, int[] depths, double[] queryKeyScales) =>
        from size in sizes
        from source in sources
        from depth in depths
        from scale in queryKeyScales
        where scale == 1 || (source == DataSource.Gaussian && depth > 1 && size == Small)
        from seed in Enumerable.Range(0, seeds)
        select new LearningProblem(size, source, depth, scale, seed);
}
