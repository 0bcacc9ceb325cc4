using Kappa.Lab.Figures;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The ladder as a figure: one line a rung, colour by what the rung has seen.</summary>
internal static class LadderFigure
{
    private static readonly (RungKind Kind, string Name)[] Kinds = [
        (RungKind.APriori, "a priori"), (RungKind.AlongThePath, "along the path"), (RungKind.Fitted, "fitted")];

    /// <summary>Draws the rungs that have a positive value.</summary>
    /// <param name="ladder">The ladder.</param>
    /// <param name="run">What it is the ladder of, for the caption.</param>
    /// <returns><see langword="null"/> when no rung has a positive value.</returns>
    public static Figure? Of(RateLadder ladder, string run)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        Rung[] shown = [.. ladder.Rungs.Where(rung => rung.Value > 0)];
        if (shown.Length == 0)
        {
            return null;
        }

        var figure = new Figure(
            "ladder", "Rates from guaranteed to measured",
            $"{run} Share of the loss that a step removes. Bars: range over the states of the run, or the interval of the fit. Only the "
                + $"a-priori rates are predictions; kernel and block rates are linearised.");
        Axes panel = figure.AddPanel(string.Empty, Axis.Log("1 − ℒ_{t+1}/ℒ_t"), Axis.Categories(string.Empty));
        foreach ((RungKind kind, string name) in Kinds)
        {
            Rung[] rungs = [.. shown.Where(rung => rung.Kind == kind)];
            if (rungs.Length > 0)
            {
                panel.Intervals(
                    [.. rungs.Select(rung => rung.Title)], [.. rungs.Select(rung => rung.Value!.Value)],
                    [.. rungs.Select(rung => rung.Low ?? rung.Value!.Value)], [.. rungs.Select(rung => rung.High ?? rung.Value!.Value)],
                    name);
            }
        }

        return figure;
    }
}
