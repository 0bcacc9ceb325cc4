using Kappa.Lab.Figures;
using Kappa.Lab.Reports;
using Kappa.Lab.Runs;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Studies.Phases;

/// <summary>What a report of a sweep is asked for.</summary>
internal sealed record SweepReportOptions
{
    /// <summary>The key across the phase diagram; <see langword="null"/> when two are swept.</summary>
    public string? X { get; init; }

    /// <summary>The key up the phase diagram; <see langword="null"/> when two are swept.</summary>
    public string? Y { get; init; }

    /// <summary>Where report and figures go; <see langword="null"/> means <c>report</c> in the sweep's folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Initial points at the same time; no result depends on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Told how many of how many initial points are computed; may be called from any thread.</summary>
    public Action<int, int>? Progress { get; init; }
}

/// <summary>What a report of a sweep wrote.</summary>
/// <param name="Path">The HTML file.</param>
/// <param name="Summary">What came out, in one line.</param>
/// <param name="Json">The summary as JSON.</param>
/// <param name="Notices">Lines for the user: what is missing and why.</param>
internal sealed record SweepReportResult(string Path, string Summary, string Json, IReadOnlyList<string> Notices);

/// <summary>The report of a sweep: phase diagram, loss curves, table of groups, what failed, how to run it again.</summary>
internal static class SweepReport
{
    /// <summary>Reads every run, draws and writes. An unfinished sweep is reported as unfinished.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="cancellation">Ends it; initial points computed so far are kept.</param>
    /// <exception cref="BadInputException">The axes are not swept, are not numbers or are not decided; the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SweepReportResult Write(SweepFolder sweep, SweepReportOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<SweptKey> keys = SweptKey.Of(sweep.Plan);
        RequireTwo(keys, options);
        var axes = keys.Count < 2 ? default : PhaseGrid.Choose(keys, options.X, options.Y);
        RunOutcome[] outcomes = [.. Enumerable.Range(0, sweep.Plan.Runs.Count).Select(index => Read(sweep, index, cancellation))];
        PhaseGrid? grid = keys.Count < 2 ? null : GridOf(outcomes, axes, options);
        string folder = options.Folder ?? Path.Combine(sweep.Path, "report");
        _ = Directory.CreateDirectory(folder);
        var content = new SweepContent(sweep, keys, outcomes, SweepGroup.Of(outcomes, keys), grid);
        var figures = new List<Figure>();
        if (grid is not null)
            figures.Add(PhaseFigure.Of(grid, Points(sweep, folder, options, cancellation)));
        if (LossBands.Of(content.Groups, grid?.Y) is { } curves)
            figures.Add(curves);
        figures.AddRange(SpectraBands.Of(content.Groups, cancellation));
        return Publish(content, figures, folder);
    }

    private static RunOutcome Read(SweepFolder sweep, int index, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return RunOutcome.Read(sweep, index);
    }

    private static void RequireTwo(IReadOnlyList<SweptKey> keys, SweepReportOptions options)
    {
        if (keys.Count < 2 && (options.X ?? options.Y) is not null)
            throw new BadInputException(
                "--x and --y",
                $"a phase diagram needs two swept keys but the sweep has {(keys.Count == 0 ? "none" : $"one, {keys[0].Key.Name}")}. "
                    + $"Leave them out for a report without a diagram.");
    }

    // Words cannot be an axis. That stops the diagram where the user asked for these keys, and otherwise only leaves it out.
    private static PhaseGrid? GridOf(
        RunOutcome[] outcomes, (SweptKey X, SweptKey Y, IReadOnlyList<SweptKey> Others) axes, SweepReportOptions options)
    {
        bool isAsked = (options.X ?? options.Y) is not null;
        return isAsked || (axes.X.IsNumeric && axes.Y.IsNumeric) ? PhaseGrid.Of(outcomes, axes.X, axes.Y, axes.Others) : null;
    }

    private static Dictionary<string, InitialPoint> Points(
        SweepFolder sweep, string folder, SweepReportOptions options, CancellationToken cancellation)
    {
        InitialPoint[] points = InitialPoints.Of(
            [.. sweep.Plan.Runs.Select(run => run.Specification)], Path.Combine(folder, "initial-points.json"), options.Threads,
            options.Progress, cancellation, [.. sweep.Plan.Runs.Select((_, index) => OtherRuns.Of(sweep.Files(index)))]);
        return sweep.Plan.Runs.Zip(points).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
    }

    private static SweepReportResult Publish(SweepContent content, List<Figure> figures, string folder)
    {
        var notices = new List<string>(content.Notices());
        foreach (Figure figure in figures)
            notices.AddRange(FigureFiles.Write(figure, folder).Notices);
        string path = Path.Combine(folder, "report.html"), json = content.Json(path);
        Report report = SweepDocument.Compose(content, figures);
        report.WriteTo(path);
        Formats.AtomicFile.WriteAllText(Path.Combine(folder, "summary.json"), json + "\n");
        return new(path, content.Summary(), json, [.. notices.Distinct()]);
    }
}
