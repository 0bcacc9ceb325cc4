using System.Globalization;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>What the reproduction runs: everything is listed here before anything runs.</summary>
internal sealed record ShallowPlan
{
    public required string Mode { get; init; }

    /// <summary>Seeds 0 … Seeds − 1.</summary>
    public required int Seeds { get; init; }

    /// <summary>The data of the paper's experiment.</summary>
    public EncoderSizes PaperSizes { get; init; } = new(100, 10, 100);

    /// <summary>The data where many runs are needed.</summary>
    public EncoderSizes SmallSizes { get; init; } = new(16, 8, 32);

    /// <summary>Widths of the paper's experiment, ascending.</summary>
    public required IReadOnlyList<int> PaperWidths { get; init; }

    /// <summary>Steps of the paper's experiment.</summary>
    public int PaperSteps { get; init; } = 400;

    /// <summary>Most steps of any other run.</summary>
    public required int Steps { get; init; }

    /// <summary>Widths on which initialisations are compared.</summary>
    public required IReadOnlyList<int> SchemeWidths { get; init; }

    /// <summary>Widths over which movement is fitted.</summary>
    public required IReadOnlyList<int> MovementWidths { get; init; }

    /// <summary>Widths on which τ₀ is compared.</summary>
    public required IReadOnlyList<int> LogitWidths { get; init; }

    /// <summary>Starts with which τ₀ is compared.</summary>
    public required IReadOnlyList<NamedStart> LogitStarts { get; init; }

    /// <summary>p of τ₀ = d_m^−p.</summary>
    public IReadOnlyList<double> LogitExponents { get; init; } = [0.5, 0.75, 1];

    /// <summary>Widths of the points: limiting kernel and conditions.</summary>
    public required IReadOnlyList<int> PointWidths { get; init; }

    /// <summary>N of the search for the smallest width, ascending.</summary>
    public required IReadOnlyList<int> SearchSamples { get; init; }

    /// <summary>Widths tried there.</summary>
    public IReadOnlyList<int> SearchWidths { get; init; } = [1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256];

    /// <summary>Widths of the vision Transformer, narrow to wide.</summary>
    public required IReadOnlyList<int> DigitWidths { get; init; }

    /// <summary>p of τ₀ = D^−p there.</summary>
    public IReadOnlyList<double> DigitExponents { get; init; } = [0.5, 1];

    public required int DigitEpochs { get; init; }

    /// <summary>Pictures to train on; as many or fewer to test on.</summary>
    public required int DigitCount { get; init; }

    /// <summary>Folder of the real digit files; null for the stand-in.</summary>
    public string? DigitFolder { get; init; }

    /// <summary>Width of the runs about open questions.</summary>
    public int OpenWidth { get; init; } = 128;

    public const int FullSeeds = 5;
    public const int QuickSeeds = 3;

    public static ShallowPlan Full(int seeds, string? digits) => new()
    {
        Mode = "full",
        Seeds = seeds,
        PaperWidths = [10, 100, 1000, 4000],
        Steps = 4000,
        SchemeWidths = [32, 128, 512],
        MovementWidths = [64, 128, 256, 512, 1024],
        LogitWidths = [16, 64, 128, 256],
        LogitStarts = [NamedStart.Ntk, NamedStart.LeCun],
        PointWidths = [64, 256, 1024, 4096, 16384],
        SearchSamples = [4, 8, 16, 32, 64],
        DigitWidths = [16, 256],
        DigitEpochs = 10,
        DigitCount = 2000,
        DigitFolder = digits,
    };

    public static ShallowPlan Quick(int seeds, string? digits) => new()
    {
        Mode = "quick",
        Seeds = seeds,
        PaperWidths = [10, 100, 1000],
        Steps = 1000,
        SchemeWidths = [128],
        MovementWidths = [64, 128, 256, 512],
        LogitWidths = [16, 128],
        LogitStarts = [NamedStart.Ntk],
        PointWidths = [64, 256, 1024, 4096],
        SearchSamples = [4, 8, 16, 32],
        DigitWidths = [16, 128],
        DigitEpochs = 8,
        DigitCount = 1000,
        DigitFolder = digits,
    };

    /// <summary>What will be run, in one sentence.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{PaperRuns().Count()} runs of widths {string.Join(", ", PaperWidths)} on {PaperSizes}; {SchemeComparisons().Count()} "
            + $"comparisons of initialisations and {LogitComparisons().Count()} of τ₀ on {SmallSizes} (each arm at four step sizes, at "
            + $"most {Steps} steps); {MovementRuns().Count()} runs for the movement; {Points().Count()} points for the limit and the "
            + $"conditions; {Searches().Count()} searches for the smallest width; {DigitRuns().Count()} trainings on digits; "
            + $"{OpenRuns().Count()} runs for open questions;");

    /// <summary>All that can be planned before anything ran, the longest first: they then do not end up alone at the end.</summary>
    public IEnumerable<StudyRun> First() =>
    [
        .. PaperRuns().Select(run => ShallowReproduction.Of("widths", run)),
        .. DigitRuns().Reverse()
            .Select(run => new StudyRun("digits", ShallowSpecifications.Of(run, this), ShallowForecast.Weight(run, DigitCount))),
        .. LogitComparisons().SelectMany(comparison => comparison.Own()).Select(run => ShallowReproduction.Of("logit scale", run)),
        .. SchemeComparisons().SelectMany(comparison => comparison.Own()).Select(run => ShallowReproduction.Of("initialisations", run)),
        .. MovementRuns().Select(run => ShallowReproduction.Of("movement", run)),
        .. Points().Select(run => ShallowReproduction.Of("points", run)),
        .. OpenRuns().Select(run => ShallowReproduction.Of("open questions", run)),
    ];

    /// <summary>The paper's widths under each normalisation, step 1, LeCun, τ₀ = d_m^−1/2.</summary>
    public IEnumerable<EncoderRun> PaperRuns() =>
        from normalisation in Normalisations
        from width in PaperWidths.Reverse()
        from seed in AllSeeds
        select new EncoderRun
        {
            Sizes = PaperSizes,
            Width = width,
            Normalisation = normalisation,
            Step = StepSizeSpecification.Fixed(1),
            Steps = PaperSteps,
            MeasuresKernel = normalisation == Normalisation.Stable,
            Seed = seed,
        };

    /// <summary>Runs to a hundredth of the loss, for LeCun and NTK, of which movement is taken.</summary>
    public IEnumerable<EncoderRun> MovementRuns() =>
        from start in MovementStarts
        from width in MovementWidths
        from seed in AllSeeds
        select Small(width, seed) with { Start = start, MeasuresKernel = true };

    /// <summary>LeCun, He and NTK.</summary>
    public IEnumerable<EncoderComparison> SchemeComparisons() =>
        from width in SchemeWidths
        from seed in AllSeeds
        select new EncoderComparison(
            [
                .. new[] { NamedStart.LeCun, NamedStart.He, NamedStart.Ntk }.Select(start =>
                    (start.Name, Small(width, seed) with { Start = start }))]);

    /// <summary>τ₀ = d_m^−p, on ordinary and centred samples, with both kinds of labels.</summary>
    public IEnumerable<EncoderComparison> LogitComparisons() =>
        from start in LogitStarts
        from width in LogitWidths
        from centred in Centrings
        from labels in Enum.GetValues<SampleLabels>()
        from seed in AllSeeds
        select new EncoderComparison([.. LogitExponents.Select(exponent => (
            FormattableString.Invariant($"p = {exponent}"),
            Small(width, seed) with { Start = start, LogitExponent = exponent, Centred = centred, Labels = labels }))]);

    /// <summary>Points, of which no descent is asked: in the setting of the limit, NTK
    /// with τ₀ = d_m^−1, and in that of the experiments, LeCun, with either τ₀.</summary>
    public IEnumerable<EncoderRun> Points() =>
        from setting in PointSettings
        from width in PointWidths
        from seed in AllSeeds
        select Small(width, seed) with
        { Start = setting.Start, LogitExponent = setting.Exponent, Step = StepSizeSpecification.Fixed(1), Steps = 1 };

    public IEnumerable<WidthSearch> Searches() =>
        from samples in SearchSamples
        from seed in AllSeeds
        select new WidthSearch(Small(1, seed) with { Sizes = SmallSizes with { Samples = samples } }, SearchWidths);

    public IEnumerable<DigitRun> DigitRuns() =>
        from width in DigitWidths
        from exponent in DigitExponents
        from seed in AllSeeds
        select new DigitRun(width, exponent, DigitEpochs, seed);

    /// <summary>Other starts and correlated data, each at its own 0.3/λ_max.</summary>
    public IEnumerable<EncoderRun> OpenRuns() =>
        from template in OpenTemplates()
        from seed in AllSeeds
        select template with { Seed = seed };

    private static readonly Normalisation[] Normalisations = [Normalisation.Stable, Normalisation.MeanLoss, Normalisation.Literal];
    private static readonly NamedStart[] MovementStarts = [NamedStart.LeCun, NamedStart.Ntk];
    private static readonly (NamedStart Start, double Exponent)[] PointSettings = [
        (NamedStart.Ntk, 1), (NamedStart.LeCun, 0.5), (NamedStart.LeCun, 1)];
    private static readonly bool[] Centrings = [false, true];

    private IEnumerable<long> AllSeeds => Enumerable.Range(0, Seeds).Select(seed => (long)seed);

    private IEnumerable<EncoderRun> OpenTemplates()
    {
        EncoderRun plain = Small(OpenWidth, 0);
        foreach (
            NamedStart start in new[]
            {
                NamedStart.LeCun, NamedStart.Xavier, NamedStart.Orthogonal, NamedStart.Gain(0.25), NamedStart.Gain(0.5),
                NamedStart.Gain(2), NamedStart.Gain(4),
            })
        {
            yield return plain with { Start = start };
        }

        foreach (double correlation in new[] { 0.5, 0.9 })
        {
            yield return plain with { TokenCorrelation = correlation };
            yield return plain with { SampleCorrelation = correlation };
        }
    }

    private EncoderRun Small(int width, long seed) =>
        new() { Sizes = SmallSizes, Width = width, Steps = Steps, StopAt = EncoderOutcome.Target, Seed = seed };
}
