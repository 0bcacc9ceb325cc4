using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Everything that the reproduction of [C] measured.</summary>
internal sealed record ShallowResult
{
    public required ShallowPlan Plan { get; init; }

    /// <summary>What the digits are.</summary>
    public required string DigitName { get; init; }

    public required IReadOnlyList<EncoderOutcome> Paper { get; init; }

    public required IReadOnlyList<EncoderOutcome> Movement { get; init; }

    public required IReadOnlyList<ComparedRun> Schemes { get; init; }

    public required IReadOnlyList<ComparedRun> Logits { get; init; }

    public required IReadOnlyList<EncoderPointResult> Points { get; init; }

    public required IReadOnlyList<WidthSearchResult> Searches { get; init; }

    public required IReadOnlyList<DigitOutcome> Digits { get; init; }

    public required IReadOnlyList<EncoderOutcome> Open { get; init; }

    public IReadOnlyList<ClaimFinding> Findings =>
    [
        LiteralSettingClaim.Judge(Paper), WidthClaim.Judge(Paper), SchemeClaim.Judge(Schemes), MovementClaim.Judge(Movement), LogitScaleClaim.Judge(Logits),
        LimitClaim.Judge(Points), ConditionsClaim.Judge(Points), WidthGrowthClaim.Judge(Searches), DigitsClaim.Judge(Digits, DigitName),
    ];
}

/// <summary>Tests the claims of [C] about encoder-only shallow Transformers: the main path reads plan → runs → findings.</summary>
/// <remarks>Every job is single-threaded and determined by its specification; the result does not depend on the number of threads.</remarks>
internal static class ShallowReproduction
{
    internal const int TestPictures = 500;

    /// <summary>The entry of the list of reproductions.</summary>
    public static Reproduction Entry { get; } = new(
        "shallow",
        "Encoder-only shallow Transformers converge linearly when they are wide, faster with LeCun or He initialisation (arXiv 2311.01575).",
        "fewer seeds, widths to 1000, smaller grids",
        ShallowPlan.FullSeeds,
        ShallowPlan.QuickSeeds,
        Plan)
    {
        DataFolders = [new DataFolder("mnist", "Folder with the four MNIST files (IDX, also .gz); without it the digits are a stand-in.")],
    };

    public static ShallowResult Run(ShallowPlan plan, int threads, IProgress<ReproductionProgress>? progress = null, string? workFolder = null, ClassifierTask? data = null, CancellationToken cancellation = default)
    {
        JobStore? store = workFolder is null ? null : new JobStore(workFolder);
        var jobs = new JobList(threads, progress, cancellation);
        ClassifierTask digits = data ?? LoadDigits(plan);

        Job<T> Add<T>(string name, string identity, Func<CancellationToken, Checkpoint> run, Func<Checkpoint, T> read, double weight) =>
            jobs.Add(name, token => read(FindOrRun(store, JobStore.Key($"shallow {name}", identity), run, token)), weight);
        Job<EncoderOutcome>[] Runs(string name, IEnumerable<EncoderRun> runs) =>
            [.. runs.Select(run => Add(name, run.Identity, token => Record(run, token), record => EncoderOutcome.Read(record, string.Empty, run), ShallowForecast.Weight(run)))];
        Job<IReadOnlyList<ComparedRun>>[] Compare(string name, IEnumerable<EncoderComparison> comparisons) =>
            [.. comparisons.Select(comparison => Add(name, comparison.Identity, comparison.Run, comparison.Read, ShallowForecast.Weight(comparison)))];

        // The widest runs first: the longest jobs then do not end up alone at the end.
        var paper = Runs("widths", plan.PaperRuns());
        var digitRuns = plan.DigitRuns().Reverse().Select(run => Add("digits", run.Identity(digits), token => run.Run(digits, token), run.Read, ShallowForecast.Weight(run, plan.DigitCount))).ToArray();
        var logits = Compare("logit scale", plan.LogitComparisons());
        var schemes = Compare("initialisations", plan.SchemeComparisons());
        var movement = Runs("movement", plan.MovementRuns());
        var points = plan.Points().Select(run => Add("points", run.Identity, _ => EncoderPointResult.Compute(run), record => EncoderPointResult.Read(record, run), ShallowForecast.Weight(plan.MovementRuns().First()))).ToArray();
        var searches = plan.Searches().Select(search => Add("smallest width", search.Identity, search.Run, search.Read, search.Widths.Where(width => width <= search.Template.Sizes.Samples).Sum(width => ShallowForecast.Weight(search.Template with { Width = width })))).ToArray();
        var open = Runs("open questions", plan.OpenRuns());
        jobs.Run();
        return new ShallowResult
        {
            Plan = plan,
            DigitName = digits.Name,
            Paper = [.. paper.Select(job => job.Result)],
            Movement = [.. movement.Select(job => job.Result)],
            Schemes = [.. schemes.SelectMany(job => job.Result)],
            Logits = [.. logits.SelectMany(job => job.Result)],
            Points = [.. points.Select(job => job.Result)],
            Searches = [.. searches.Select(job => job.Result)],
            Digits = [.. digitRuns.Select(job => job.Result)],
            Open = [.. open.Select(job => job.Result)],
        };
    }

    private static PlannedReproduction Plan(ReproductionChoices choices)
    {
        string? digits = choices.Folders.GetValueOrDefault("mnist");
        ShallowPlan plan = choices.Quick ? ShallowPlan.Quick(choices.Seeds, digits) : ShallowPlan.Full(choices.Seeds, digits);

        // Read before anything runs, so that bad files are told at once.
        ClassifierTask data = LoadDigits(plan);
        return new PlannedReproduction(plan.Mode, plan.Describe(), threads => ShallowForecast.Of(plan, threads).Words(), work =>
        {
            ShallowResult result = Run(plan, work.Threads, work.Progress, work.Folder, data, work.Cancellation);
            return new MeasuredReproduction(result.Findings, [], target => ShallowReport.Write(result, target)) { Questions = OpenAnswers.Questions(result.Open) };
        });
    }

    private static ClassifierTask LoadDigits(ShallowPlan plan) => DigitTask.Load(plan.DigitFolder, plan.DigitCount, Math.Min(plan.DigitCount, TestPictures));

    private static Checkpoint Record(EncoderRun run, CancellationToken cancellation)
    {
        Checkpoint record = JobStore.NewRecord();
        EncoderOutcome.Of(run, cancellation).Write(record, string.Empty);
        return record;
    }

    private static Checkpoint FindOrRun(JobStore? store, string key, Func<CancellationToken, Checkpoint> run, CancellationToken cancellation)
    {
        if (store?.Find(key) is { } found)
        {
            return found;
        }

        Checkpoint record = run(cancellation);
        store?.Save(key, record);
        return record;
    }
}
