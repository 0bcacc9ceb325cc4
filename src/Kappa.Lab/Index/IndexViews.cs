namespace Kappa.Lab.Index;

/// <summary>The documented columns of the views, for <c>kappa query --schema</c>.</summary>
internal static class IndexViews
{
    private static readonly (string View, string Column, string Meaning)[] Others =
    [
        ("telemetry_summary", "run", "name of the run"),
        ("telemetry_summary", "column", "column of telemetry.csv; models of other kinds have other columns"),
        ("telemetry_summary", "rows", "recorded rows"),
        ("telemetry_summary", "first", "value in the first row"),
        ("telemetry_summary", "last", "value in the last row"),
        ("telemetry_summary", "min", "least finite value"),
        ("telemetry_summary", "minStep", "the first step that has it"),
        ("telemetry_summary", "max", "largest finite value"),
        ("telemetry_summary", "maxStep", "the first step that has it"),
        ("telemetry_summary", "notFinite", "rows with NaN or an infinity"),
        ("claims", "folder", "the folder whose claims.json it is; . is the folder of runs itself"),
        ("claims", "id", "the claim's name"),
        ("claims", "source", "where it is made"),
        ("claims", "statement", "what it says"),
        ("claims", "refutedIf", "the numbers that would refute it, written beforehand"),
        ("claims", "verdict", "the verdict"),
        ("claims", "reason", "why"),
        ("claims", "measurements", "JSON array of the measurements behind it"),
        ("sweeps", "name", "name of the sweep"),
        ("sweeps", "numericsVersion", "version of the numerics it was frozen with"),
        ("sweeps", "runs", "runs it lists"),
        ("sweeps", "done", "of them done"),
        ("sweeps", "diverged", "of those done, the ones that were not finite"),
        ("sweeps", "failed", "ended by an error"),
        ("sweeps", "waiting", "not begun, interrupted, or damaged"),
        ("sweeps", "running", "being run by a living process"),
        ("sweeps", "lost", "running by their status, but their process is dead: resuming continues them"),
        ("sweep_runs", "sweep", "name of the sweep"),
        ("sweep_runs", "position", "place in its list, from 0"),
        ("sweep_runs", "run", "name of the run"),
        ("sweep_runs", "values", "JSON object of the swept keys"),
        ("damaged", "kind", "Run, Sweep or Claims"),
        ("damaged", "name", "name of the folder"),
        ("damaged", "reason", "what is wrong with it"),
    ];

    /// <summary>View, column and meaning of every column.</summary>
    public static QueryResult Columns() => new(
        ["view", "column", "meaning"],
        [
            .. IndexColumns.Results.Select(column => new object?[] { "runs", column.Name, column.Meaning }),
            .. IndexColumns.Keys.Select(column => new object?[] { "runs", column.Name, $"{column.Key.Path}: {column.Key.Documentation}" }),
            .. Others.Select(column => new object?[] { column.View, column.Column, column.Meaning }),
        ],
        false);
}
