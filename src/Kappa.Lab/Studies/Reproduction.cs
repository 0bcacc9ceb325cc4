namespace Kappa.Lab.Studies;

/// <summary>A folder of real data that a reproduction can use in place of its stand-in generator.</summary>
/// <param name="Name">Name of the option, without dashes, for example <c>imdb</c>.</param>
/// <param name="Description">What the folder must hold, in one sentence.</param>
internal sealed record DataFolder(string Name, string Description);

/// <summary>What the user chose for one reproduction.</summary>
/// <param name="Quick">The smaller version.</param>
/// <param name="Seeds">Seeds of every setting, at least 1.</param>
/// <param name="Folders">The folders of real data that were given, by <see cref="DataFolder.Name"/>.</param>
internal sealed record ReproductionChoices(bool Quick, int Seeds, IReadOnlyDictionary<string, string> Folders);

/// <summary>How a planned reproduction is carried out.</summary>
/// <param name="Threads">Runs at a time; the result does not depend on it.</param>
/// <param name="Progress">Told of every finished job, or null.</param>
/// <param name="Folder">Where everything is kept.</param>
/// <param name="Cancellation">Stops between and inside runs.</param>
internal sealed record ReproductionWork(
    int Threads, IProgress<ReproductionProgress>? Progress, string Folder, CancellationToken Cancellation)
{
    /// <summary>The folder of runs.</summary>
    public string Runs => Path.Combine(Folder, "runs");

    /// <summary>The words of the command line, for the record of who worked on a run.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];
}

/// <summary>Progress of a reproduction.</summary>
/// <param name="Done">Jobs finished.</param>
/// <param name="Total">Jobs planned.</param>
/// <param name="Last">What finished last.</param>
internal readonly record struct ReproductionProgress(int Done, int Total, string Last)
{
    /// <summary>Work of the finished jobs, in a unit of the reproduction's own.</summary>
    public double Work { get; init; }

    /// <summary>Work of all jobs.</summary>
    public double TotalWork { get; init; }
}

/// <summary>A reproduction whose settings are fixed and which has not run.</summary>
/// <param name="Mode"><c>quick</c> or <c>full</c>.</param>
/// <param name="Description">What will be run, in one sentence.</param>
/// <param name="Forecast">Time and memory in one line, for a number of runs at a time.</param>
/// <param name="Run">Runs it; throws <see cref="OperationCanceledException"/> when it is cancelled.</param>
internal sealed record PlannedReproduction(
    string Mode, string Description, Func<int, string> Forecast, Func<ReproductionWork, MeasuredReproduction> Run);

/// <summary>What a reproduction measured.</summary>
/// <param name="Findings">A finding for each claim.</param>
/// <param name="Ladders">Rates of runs that stand for the others; may be empty.</param>
/// <param name="Write">Writes report, tables and figures.</param>
internal sealed record MeasuredReproduction(
    IReadOnlyList<ClaimFinding> Findings, IReadOnlyList<Residual.RunRates> Ladders, Func<ReportTarget, IReadOnlyList<string>> Write)
{
    /// <summary>Open questions with their answers; may be empty.</summary>
    public IReadOnlyList<OpenQuestion> Questions { get; init; } = [];
}

/// <summary>Where a report goes and what it says about its making.</summary>
/// <param name="Folder">The folder; made if need be.</param>
/// <param name="Command">The command that repeats the reproduction.</param>
/// <param name="Environment">One line about the machine and the program.</param>
internal sealed record ReportTarget(string Folder, string Command, string Environment);

/// <summary>The reproduction of one paper: an entry of the list that <c>kappa reproduce</c> offers.</summary>
/// <param name="Name">Name of the command.</param>
/// <param name="Description">The paper's statement in one sentence.</param>
/// <param name="QuickMeans">What <c>--quick</c> leaves out.</param>
/// <param name="FullSeeds">Seeds of every setting of the full version.</param>
/// <param name="QuickSeeds">Seeds of every setting of the quick version.</param>
/// <param name="Plan">Fixes the settings; throws <see cref="BadInputException"/> for data that cannot be read.</param>
internal sealed record Reproduction(
    string Name, string Description, string QuickMeans, int FullSeeds, int QuickSeeds, Func<ReproductionChoices, PlannedReproduction> Plan)
{
    /// <summary>Folders of real data it can use; each is an option of the command.</summary>
    public IReadOnlyList<DataFolder> DataFolders { get; init; } = [];

    /// <summary>Every reproduction, in the order of the help.</summary>
    public static IReadOnlyList<Reproduction> All { get; } = [
        Residual.ResidualReproduction.Entry, Kernels.KernelsReproduction.Entry, Shallow.ShallowReproduction.Entry];
}
