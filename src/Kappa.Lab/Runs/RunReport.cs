using Kappa.Descent;
using Kappa.Lab.Figures;
using Kappa.Lab.Reports;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>Figures and report.html of one run, in its folder.</summary>
internal static class RunReport
{
    /// <summary>Writes figures and report.</summary>
    /// <param name="analysis">The run.</param>
    /// <returns>Notices for the user.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static IReadOnlyList<string> Write(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        Formats.RegularFile.RequireOwn(analysis.Run.Files.Figures, isFolder: true);
        IReadOnlyList<Figure> figures = Figures(analysis);
        var notices = new HashSet<string>(StringComparer.Ordinal);
        foreach (Figure figure in figures)
        {
            notices.UnionWith(FigureFiles.Write(figure, analysis.Run.Files.Figures).Notices);
        }

        Compose(analysis, figures).WriteTo(analysis.Run.Files.Report);
        return [.. notices];
    }

    private static List<Figure> Figures(RunAnalysis analysis)
    {
        double[] steps = analysis.Telemetry[Quantities.Step].ToArray();
        var figures = new List<Figure>
        {
            LossFigure.Of(
                analysis.Run.Name, steps, analysis.Telemetry[Quantities.Loss].ToArray(), analysis.Rate,
                analysis.Run.Status.RoundingFloor ?? 0),
        };
        if (analysis.Layers.Count > 0)
        {
            figures.AddRange(
                SpectralQuantity.All.Where(quantity => quantity.IsDrawnForARun).Select(quantity => ByLayer(analysis, steps, quantity)));
        }

        if (Movement(analysis, steps) is { } movement)
        {
            figures.Add(movement);
        }

        if (analysis.Ladder is { } ladder && LadderFigure.Of(ladder, $"Run {analysis.Run.Name}.") is { } rates)
        {
            figures.Add(rates);
        }

        return figures;
    }

    // Of the models beside R: how far each kind of matrix has gone.
    private static Figure? Movement(RunAnalysis analysis, double[] steps)
    {
        const string prefix = "movement.";
        string[] columns = [.. analysis.Telemetry.Columns.Where(column => column.StartsWith(prefix, StringComparison.Ordinal))];
        if (columns.Length == 0)
        {
            return null;
        }

        var figure = new Figure(
            "movement", "Movement of the weights",
            $"Run {analysis.Run.Name}. Distance from the start relative to its norm, by kind of matrix.");
        Axes panel = figure.AddPanel(string.Empty, Axis.Whole("step k"), Axis.Linear("‖W − W⁰‖/‖W⁰‖"));
        foreach (string column in columns)
        {
            _ = panel.Line(column[prefix.Length..], steps, analysis.Telemetry[column].ToArray());
        }

        return figure;
    }

    private static Figure ByLayer(RunAnalysis analysis, double[] steps, SpectralQuantity quantity)
    {
        var figure = new Figure(
            quantity.FigureName, quantity.Title,
            $"Run {analysis.Run.Name}. Branch: before the residual is added; output: after "
                + $"it.{HeadsDrawn(analysis)}{Bounds(analysis, quantity)}");
        string[] heads = [.. analysis.Layers.Where(layer => layer.Name.IsHead).Select(layer => layer.Part).Distinct()];
        IEnumerable<string> left = heads.Except(Thinning.Even(heads, MostHeads));
        foreach (
            IGrouping<string, LayerSummary> part in analysis.Layers.Where(layer => !left.Contains(layer.Part)).GroupBy(layer => layer.Part))
        {
            Axes panel = figure.AddPanel(part.First().Name.Words, Axis.Whole("step k"), quantity.Axis);
            foreach (LayerSummary layer in part)
            {
                _ = panel.Line($"layer {layer.Layer}", steps, quantity.Of(analysis.Telemetry, layer.Name.Text));
            }
        }

        return figure;
    }

    private static string HeadsDrawn(RunAnalysis analysis)
    {
        int heads = analysis.Layers.Where(layer => layer.Name.IsHead).Select(layer => layer.Part).Distinct().Count();
        return heads > MostHeads ? $" Of {heads} heads {MostHeads} are drawn; the table and telemetry.csv have all." : string.Empty;
    }

    // A smallest singular value below the rounding floor is not known, and κ is then at least what is drawn.
    private static string Bounds(RunAnalysis analysis, SpectralQuantity quantity)
    {
        int[] layers = [
            .. analysis.Layers.Where(layer =>
                !layer.Name.IsHead && layer.End[Quantities.NumericalRank] < analysis.Run.Specification.Model.Width
                && layer.End[Quantities.SigmaMin] == 0)
                .Select(layer => layer.Layer).Distinct()];
        return quantity.Quantity != Quantities.ConditionNumber || layers.Length == 0 ? string.Empty
            : $" κ of layer{(layers.Length > 1 ? "s" : "")} {string.Join(", ", layers)} is a lower bound: the smallest singular value is "
                + $"below the rounding floor.";
    }

    private static Report Compose(RunAnalysis analysis, IReadOnlyList<Figure> figures)
    {
        var report = new Report($"Run {analysis.Run.Name}")
        {
            Footer = analysis.Run.Sessions is [.., var last]
                ? $"Kappa {last.KappaVersion}, .NET {last.Runtime}, {last.Processor}, {last.Cores} cores, {last.SimdBits}-bit vectors."
                : "",
        };
        string?[] lead = [
            analysis.Run.Status.Message, .. RunVerdict.Sentences(analysis), analysis.RoundingRemark, analysis.PrecisionRemark];
        foreach (string sentence in lead.OfType<string>())
        {
            _ = report.Lead(sentence);
        }

        ReportSection section = report.Section("What came out");
        foreach (Figure figure in figures)
        {
            _ = section.Figure(figure);
        }

        if (analysis.Ladder is { } ladder)
        {
            _ = report.Section("Rates, from guaranteed to measured")
                .Table(
                    LadderTable.Headers, LadderTable.Rows(ladder),
                    "Share of the loss that a step removes. Only the a-priori column knows nothing of the run.")
                .List(LadderTable.Missing(ladder));
        }

        if (analysis.Layers.Count > 0)
        {
            _ = report.Section("Layers").Table(RunAnalysisTable.Headers, RunAnalysisTable.Rows(analysis), "First and last recorded step.");
        }

        _ = report.Section("What was run").Code(SpecificationWriter.Write(analysis.Run.Specification));
        _ = report.Section("How to run it again").Code($"kappa run {SpecificationFileName}");
        return report;
    }

    private const int MostHeads = 4;

    private const string SpecificationFileName = "spec.yaml";
}

/// <summary>The layers of a run as rows of text, for terminal and report.</summary>
internal static class RunAnalysisTable
{
    /// <summary>Column headers.</summary>
    public static IReadOnlyList<string> Headers { get; } = [
        "layer", "part", "κ start", "κ end", "σ_M start", "σ_M end", "effective rank", "token cosine", "remark"];

    /// <summary>One row for each layer and part.</summary>
    /// <param name="analysis">The run.</param>
    public static IEnumerable<IReadOnlyList<string>> Rows(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        return analysis.Layers.Select(layer => (IReadOnlyList<string>)
        [
            Number(layer.Layer), layer.Part, Number(layer.Start[Quantities.ConditionNumber]), Number(layer.End[Quantities.ConditionNumber]),
            Number(layer.Start[Quantities.SigmaMin]), Number(layer.End[Quantities.SigmaMin]),
            $"{Number(layer.Start[Quantities.EffectiveRank])} → {Number(layer.End[Quantities.EffectiveRank])}",
            $"{Number(layer.Start[Quantities.TokenCosine])} → {Number(layer.End[Quantities.TokenCosine])}", Remark(analysis, layer),
        ]);
    }

    // P.2: too narrow is told apart from badly conditioned.
    private static string Remark(RunAnalysis analysis, LayerSummary layer)
    {
        DataSpecification data = analysis.Run.Specification.Data;
        int width = analysis.Run.Specification.Model.Width;
        if (layer.Name.IsHead && analysis.Run.Specification.Model.ValueWidthOfHead is var columns && columns < width)
        {
            return $"of one head: rank at most d_v = {columns}";
        }

        bool isDeficient = layer.End[Quantities.NumericalRank] < width && (layer.IsRankLimited || layer.End[Quantities.SigmaMin] == 0);
        string rank = $"numerically rank {layer.End[Quantities.NumericalRank]:F0}: the smallest value is below the rounding floor, κ is "
            + $"a lower bound";
        if (layer.IsRankLimited)
        {
            string rows = data.Samples * data.Tokens is { } count ? $"{count} rows" : "the number of rows";
            return $"rank-limited: width {width} < {rows}, σ_M is 0 for any weights{(isDeficient ? $"; {rank}" : string.Empty)}";
        }

        return isDeficient ? rank : string.Empty;
    }

    private static string Number(double value) => FormattableString.Invariant($"{NumberText.Of(value)}");
}
