using Kappa.Descent;
using Kappa.Lab.Figures;
using Kappa.Lab.Index;
using Kappa.Lab.Runs;
using Kappa.Models;

namespace Kappa.Lab.Studies.Phases;

/// <summary>The spectra of the attention outputs over seeds, by group: median and
/// the band between the quartiles, a panel for each layer and part.</summary>
/// <remarks>
/// Only the groups that are drawn are read, a row at a time, and of each run at most <see cref="MostPoints"/> steps are held. A run that
/// has ended counts with its last value; a value that is not finite is left out.
/// </remarks>
internal static class SpectraBands
{
    private const int MostLayers = 3;
    private const int MostPoints = 200;

    private static readonly LayerPart[] Parts = [LayerPart.AttentionBranch, LayerPart.AttentionOutput];

    /// <summary>The recorded values of one run: steps, and [column, step].</summary>
    private sealed record Recorded(List<double> Steps, List<double>[] Values);

    /// <summary>A panel: a layer, by its place in the depth, and a part.</summary>
    private sealed record ProbedPart(string Title, Func<int, int> Layer, LayerPart Part);

    /// <summary>The figures; none when no run has recorded spectra.</summary>
    /// <param name="groups">All groups.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IEnumerable<Figure> Of(IReadOnlyList<SweepGroup> groups, CancellationToken cancellation)
    {
        SweepGroup[] measured = [.. groups.Where(group => Runs(group).Any(HasSpectra))];
        if (measured.Length == 0)
            return [];
        List<SweepGroup> drawn = Thinning.Even(measured, LossBands.MostLines);
        int[] depths = [.. drawn.SelectMany(Runs).Select(Depth).Distinct()];
        ProbedPart[] places = Places(depths);
        Quantity[] sources = [.. SpectralQuantity.All.Select(quantity => quantity.Quantity).Distinct()];
        var read = drawn.ToDictionary(
            group => group, group => Runs(group).Where(HasSpectra).Select(run => Read(run, places, sources, cancellation)).ToArray());
        string caption = Caption(drawn.Count, measured.Length, groups.Count, depths.Length == 1 && depths[0] > MostLayers);
        return SpectralQuantity.All.Select(quantity => Draw(quantity, drawn, read, places, sources, caption)).ToList();
    }

    private static IEnumerable<RunOutcome> Runs(SweepGroup group) => group.Cell.Outcomes.Where(outcome => outcome.Files is not null);

    private static int Depth(RunOutcome run) => run.Run.Specification.Model.Depth;

    // The header alone is read: a sweep of one kind of model records alike, and a run without a row has no curve.
    private static bool HasSpectra(RunOutcome run)
    {
        bool has = false;
        TelemetryScan.Read(run.Files!.Telemetry, [Quantities.SigmaMin.Of(LayerMatrix.NameOf(0, LayerPart.AttentionBranch))], (_, values) =>
        {
            has = !double.IsNaN(values[0]);
            return false;
        });
        return has;
    }

    private static ProbedPart[] Places(int[] depths)
    {
        int deepest = depths.Max();
        var layers = depths.Length == 1
            ? Thinning.Even([.. Enumerable.Range(0, deepest)], MostLayers).Select(layer => ($"layer {layer}", (Func<int, int>)(_ => layer)))
                .ToList()
            : deepest == 1 ? [("layer 0", _ => 0)] : [("first layer", _ => 0), ("last layer", depth => depth - 1)];
        return [
            .. from layer in layers from part in Parts
               select new ProbedPart($"{layer.Item1}, {PartName.Of(0, part).Part}", layer.Item2, part)];
    }

    private static Recorded Read(RunOutcome run, ProbedPart[] places, Quantity[] sources, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string[] columns = [
            .. from place in places from source in sources select source.Of(LayerMatrix.NameOf(place.Layer(Depth(run)), place.Part))];
        var recorded = new Recorded([], [.. columns.Select(_ => new List<double>())]);
        double last = run.Curve!.Steps[^1], between = last / (MostPoints - 1), next = 0;
        TelemetryScan.Read(run.Files!.Telemetry, columns, (step, values) =>
        {
            if (step < next && step < last)
                return true;
            next = Math.Max(next + between, step);
            recorded.Steps.Add(step);
            for (int column = 0; column < columns.Length; column++)
                recorded.Values[column].Add(values[column]);
            return true;
        });
        return recorded;
    }

    private static Figure Draw(
        SpectralQuantity quantity, List<SweepGroup> drawn, Dictionary<SweepGroup, Recorded[]> read, ProbedPart[] places, Quantity[] sources,
        string caption)
    {
        var figure = new Figure($"{quantity.FigureName}-by-group", $"{quantity.Title}, by group", caption) { Columns = 2 };
        for (int place = 0; place < places.Length; place++)
        {
            Axes axes = figure.AddPanel(places[place].Title, Axis.Whole("step k"), quantity.Axis);
            int column = (place * sources.Length) + Array.IndexOf(sources, quantity.Quantity);
            foreach (SweepGroup group in drawn)
                Draw(axes, group.Name, read[group], column, quantity);
        }

        return figure;
    }

    private static void Draw(Axes axes, string name, Recorded[] runs, int column, SpectralQuantity quantity)
    {
        double[] steps = [.. runs.MaxBy(run => run.Steps[^1])!.Steps];
        double[] low = new double[steps.Length], median = new double[steps.Length], high = new double[steps.Length];
        for (int k = 0; k < steps.Length; k++)
        {
            double[] values = [.. runs.Select(run => quantity.From(At(run, column, steps[k]))).Where(double.IsFinite).Order()];
            (low[k], median[k], high[k]) = values.Length == 0 ? (double.NaN, double.NaN, double.NaN)
                : (Quantiles.OfSorted(values, 0.25), Quantiles.OfSorted(values, 0.5), Quantiles.OfSorted(values, 0.75));
        }

        if (runs.Length > 1)
            _ = axes.Band(name, steps, low, high);
        _ = axes.Line(name, steps, median);
    }

    private static double At(Recorded run, int column, double step)
    {
        int at = run.Steps.BinarySearch(step);
        return run.Values[column][at >= 0 ? at : Math.Max(0, ~at - 1)];
    }

    private static string Caption(int drawn, int measured, int all, bool isSelection)
    {
        string which = drawn < measured ? $" {drawn} of {measured} groups are drawn, evenly chosen; kappa aggregate has all." : "";
        string without = measured < all ? $" {all - measured} groups have recorded no spectra." : "";
        return $"Line: median over seeds; band: quartiles. Branch: before the residual is added; output: after it. At most {MostPoints} "
            + $"steps of a run are drawn.{(isSelection ? " Of the layers the first, the middle and the last are drawn." : "")}{which}"
            + $"{without}";
    }
}
