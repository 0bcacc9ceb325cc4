using Kappa.Lab.Figures;

namespace Kappa.Lab.Studies.Phases;

/// <summary>The runs of one cell: the same specification apart from the seed.</summary>
/// <param name="Outcomes">All of them, finished or not.</param>
internal sealed record PhaseCell(IReadOnlyList<RunOutcome> Outcomes)
{
    /// <summary>How many are finished.</summary>
    public int Finished => Outcomes.Count(outcome => outcome.Phase is not null);

    /// <summary>The class of most finished runs, of several the worst; null when none is finished.</summary>
    public RunPhase? Majority => Finished == 0 ? null : Enum.GetValues<RunPhase>().OrderBy(Share).ThenBy(phase => phase).Last();

    /// <summary>The share of the finished runs that have this class; NaN when none is finished.</summary>
    public double Share(RunPhase phase) => (double)Outcomes.Count(outcome => outcome.Phase == phase) / Finished;
}

/// <summary>One panel: cells over two keys, at one value of every other.</summary>
/// <param name="Title">The values of the other keys.</param>
/// <param name="Cells">[Ys, Xs]; null where no run was asked for.</param>
internal sealed record PhasePanel(string Title, PhaseCell?[,] Cells);

/// <summary>The outcomes of a sweep over two of its keys.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
/// <param name="Xs">Values, rising.</param>
/// <param name="Ys">Values, rising.</param>
/// <param name="Panels">One for each combination of the other keys.</param>
internal sealed record PhaseGrid(SweptKey X, SweptKey Y, double[] Xs, double[] Ys, IReadOnlyList<PhasePanel> Panels)
{
    private const int MostPanels = 9;

    /// <summary>The horizontal axis.</summary>
    public Axis XAxis => SweptKey.AxisOf(X.Label, Xs);

    /// <summary>The vertical axis.</summary>
    public Axis YAxis => SweptKey.AxisOf(Y.Label, Ys);

    /// <summary>Arranges outcomes.</summary>
    /// <exception cref="BadInputException">An axis is no number, or there would be too many panels.</exception>
    public static PhaseGrid Of(IReadOnlyList<RunOutcome> outcomes, SweptKey x, SweptKey y, IReadOnlyList<SweptKey> others)
    {
        double[] xs = Values(outcomes, x), ys = Values(outcomes, y);
        var panels = outcomes.GroupBy(outcome =>
            string.Join(", ", others.Select(key => $"{key.Key.Name} = {outcome.Run.Values[key.Key.Path]}"))).ToList();
        if (panels.Count > MostPanels)
            throw new BadInputException(
                "--x and --y",
                $"the other keys, {string.Join(", ", others.Select(key => key.Key.Name))}, would make {panels.Count} panels, but at most "
                    + $"{MostPanels} are drawn. Choose the keys with most values as axes, or sweep fewer.");
        return new(x, y, xs, ys, [.. panels.Select(panel => new PhasePanel(panel.Key, Arrange([.. panel], x, y, xs, ys)))]);
    }

    private static double[] Values(IReadOnlyList<RunOutcome> outcomes, SweptKey key) =>
        [.. outcomes.Select(outcome => key.Value(outcome.Run)).Distinct().Order()];

    private static PhaseCell?[,] Arrange(RunOutcome[] outcomes, SweptKey x, SweptKey y, double[] xs, double[] ys)
    {
        var cells = new PhaseCell?[ys.Length, xs.Length];
        foreach (
            var cell in outcomes.GroupBy(outcome =>
                (Row: Array.IndexOf(ys, y.Value(outcome.Run)), Column: Array.IndexOf(xs, x.Value(outcome.Run)))))
            cells[cell.Key.Row, cell.Key.Column] = new([.. cell]);
        return cells;
    }

    /// <summary>Which keys are the axes.</summary>
    /// <param name="keys">The swept keys.</param>
    /// <param name="x">A name or null.</param>
    /// <param name="y">A name or null.</param>
    /// <exception cref="BadInputException">A name is none of the swept keys, or the choice is the user's.</exception>
    public static (SweptKey X, SweptKey Y, IReadOnlyList<SweptKey> Others) Choose(IReadOnlyList<SweptKey> keys, string? x, string? y)
    {
        string names = string.Join(", ", keys.Select(key => key.Key.Name));
        if (x is null && y is null && keys.Count > 2)
            throw new BadInputException(
                "sweep",
                $"a phase diagram has two axes but {keys.Count} keys are swept: {names}. Choose two with --x and --y; the others become "
                    + $"panels.");
        SweptKey? first = Named("--x", x), second = Named("--y", y);
        first ??= keys.First(key => key != second);
        second ??= keys.First(key => key != first);
        return first != second ? (first, second, [.. keys.Where(key => key != first && key != second)])
            : throw new BadInputException("--y", $"must be another key than --x but is '{y}' too. The swept keys are {names}.");

        SweptKey? Named(string option, string? name) => name is null ? null
            : keys.FirstOrDefault(key => key.Key.Name == name || key.Key.Path == name)
                ?? throw new BadInputException(
                    option, $"must be a swept key but is '{Formats.Shown.Of(name)}'. The swept keys are {names}.");
    }
}
