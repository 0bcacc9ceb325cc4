using System.Collections.Concurrent;
using Kappa.Lab.Runs;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Everything that the reproduction of [C] measured.</summary>
internal sealed record ShallowResult
{
    public required ShallowPlan Plan { get; init; }

    /// <summary>What the digits are.</summary>
    public string DigitName => Plan.DigitFolder is null ? "stand-in digits (own strokes, not MNIST)" : "digits of the given folder";

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
        LiteralSettingClaim.Judge(Paper), WidthClaim.Judge(Paper), SchemeClaim.Judge(Schemes), MovementClaim.Judge(Movement),
        LogitScaleClaim.Judge(Logits),
        LimitClaim.Judge(Points), ConditionsClaim.Judge(Points), WidthGrowthClaim.Judge(Searches), DigitsClaim.Judge(Digits, DigitName),
    ];
}

/// <summary>Tests the claims of [C] about encoder-only shallow Transformers: the main path reads plan → runs → findings.</summary>
/// <remarks>Every run is an ordinary one, single-threaded and determined by its
/// specification; the result does not depend on the number of threads.</remarks>
internal static class ShallowReproduction
{
    internal const int TestPictures = 500;

    /// <summary>The entry of the list of reproductions.</summary>
    public static Reproduction Entry { get; } = new(
        "shallow",
        "Encoder-only shallow Transformers converge linearly when they are wide, faster with LeCun or He initialisation (arXiv "
            + "2311.01575).",
        "fewer seeds, widths to 1000, smaller grids",
        ShallowPlan.FullSeeds,
        ShallowPlan.QuickSeeds,
        Plan)
    {
        DataFolders = [new DataFolder("mnist", "Folder with the four MNIST files (IDX, also .gz); without it the digits are a stand-in.")],
    };

    /// <summary>Makes the runs of a plan, stage by stage, and reads them.</summary>
    /// <exception cref="BadInputException">A run failed, or the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was made is kept.</exception>
    public static ShallowResult Run(ShallowPlan plan, ReproductionWork work)
    {
        StudyRun[] first = [.. plan.First()],
            searched = [.. plan.Searches().SelectMany(search => search.Widths.Select(width => Of("smallest width", search.At(width))))];
        EncoderComparison[] schemes = [.. plan.SchemeComparisons()], logits = [.. plan.LogitComparisons()];
        EncoderRun[] arms = [.. schemes.Concat(logits).SelectMany(comparison => comparison.Arms).Select(arm => arm.Run)];
        double weight = first.Concat(searched).Sum(run => run.Weight) + arms.Sum(ShallowForecast.Weight);
        var runs = new StudyRuns(work, (first.Length + searched.Length + arms.Length, weight));
        runs.Make(first);
        var read = new ConcurrentDictionary<EncoderRun, EncoderOutcome>();
        EncoderOutcome Outcome(EncoderRun run) => read.GetOrAdd(run, _ => EncoderOutcome.Of(run, runs[ShallowSpecifications.Of(run)]));
        _ = runs.Select(schemes.Concat(logits).SelectMany(comparison => comparison.Own()), Outcome);
        runs.Make(schemes.Concat(logits).SelectMany(comparison => comparison.AtSharedStep(Outcome)).Select(run => Of("same step", run)));
        return new ShallowResult
        {
            Plan = plan,
            Searches = Search([.. plan.Searches()], runs, Outcome),
            Paper = runs.Select(plan.PaperRuns(), Outcome),
            Movement = runs.Select(plan.MovementRuns(), Outcome),
            Schemes = [.. schemes.SelectMany(comparison => comparison.Compared(Outcome))],
            Logits = [.. logits.SelectMany(comparison => comparison.Compared(Outcome))],
            Points = runs.Select(plan.Points(), run => EncoderPointResult.Of(run, runs[ShallowSpecifications.Of(run)])),
            Digits = runs.Select(plan.DigitRuns().Reverse(), run => DigitOutcome.Of(run, runs[ShallowSpecifications.Of(run, plan)])),
            Open = runs.Select(plan.OpenRuns(), Outcome),
        };
    }

    /// <summary>A run of model S among those of a study.</summary>
    public static StudyRun Of(string study, EncoderRun run) => new(study, ShallowSpecifications.Of(run), ShallowForecast.Weight(run));

    // Width by width, each for the searches that have found none: convergence need not be monotone in the width, so there is no bisection.
    private static WidthSearchResult[] Search(WidthSearch[] searches, StudyRuns runs, Func<EncoderRun, EncoderOutcome> outcomeOf)
    {
        int[] found = new int[searches.Length];
        for (int k = 0; k < searches.Max(search => search.Widths.Count); k++)
        {
            int[] left = [.. Enumerable.Range(0, searches.Length).Where(n => k < searches[n].Widths.Count)];
            foreach (int n in left.Where(n => found[n] > 0))
            {
                runs.Spare(At(n));
            }

            left = [.. left.Where(n => found[n] == 0)];
            runs.Make(left.Select(At));
            foreach (int n in left.Where(n => !outcomeOf(searches[n].At(searches[n].Widths[k])).StepsToTarget.IsLowerBound))
            {
                found[n] = searches[n].Widths[k];
            }

            StudyRun At(int n) => Of("smallest width", searches[n].At(searches[n].Widths[k]));
        }

        return [.. searches.Zip(found, (search, width) => search.Found(width))];
    }

    private static PlannedReproduction Plan(ReproductionChoices choices)
    {
        string? digits = choices.Folders.GetValueOrDefault("mnist");
        ShallowPlan plan = choices.Quick ? ShallowPlan.Quick(choices.Seeds, digits) : ShallowPlan.Full(choices.Seeds, digits);

        // Read before anything runs, so that bad files are told at once.
        using var training = PreparedRun.Of(ShallowSpecifications.Of(plan.DigitRuns().First(), plan));
        return new PlannedReproduction(plan.Mode, plan.Describe(), threads => ShallowForecast.Of(plan, threads).Words(), work =>
        {
            ShallowResult result = Run(plan, work);
            return new MeasuredReproduction(
                result.Findings, [], target => ShallowReport.Write(result, target))
            { Questions = OpenAnswers.Questions(result.Open) };
        });
    }
}
