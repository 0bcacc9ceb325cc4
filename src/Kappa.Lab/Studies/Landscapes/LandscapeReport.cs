using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Reports;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Figures, tables and report of a landscape, in a folder.</summary>
internal static class LandscapeReport
{
    /// <summary>Writes figures, landscape.csv, path.csv, landscape.json and report.html; rows kept on the way are then removed.</summary>
    /// <param name="landscape">The landscape.</param>
    /// <param name="folder">The folder, made when it does not exist.</param>
    /// <param name="command">The command that makes it again.</param>
    /// <returns>Notices for the user.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static IReadOnlyList<string> Write(Landscape landscape, string folder, string command)
    {
        ArgumentNullException.ThrowIfNull(landscape);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        RegularFile.RequireOwn(Path.Combine(folder, "figures"), isFolder: true);
        _ = Directory.CreateDirectory(folder);
        AtomicFile.RemoveLeftBehind(folder);
        IReadOnlyList<Figure> figures = LandscapeFigures.Of(landscape);
        var notices = new HashSet<string>(StringComparer.Ordinal);
        foreach (Figure figure in figures)
        {
            notices.UnionWith(FigureFiles.Write(figure, Path.Combine(folder, "figures")).Notices);
        }

        AtomicFile.WriteAllText(Path.Combine(folder, "landscape.csv"), LandscapeTables.Grid(landscape));
        if (landscape.Path is { } path)
        {
            AtomicFile.WriteAllText(Path.Combine(folder, "path.csv"), LandscapeTables.Path(path));
        }

        AtomicFile.WriteAllText(Path.Combine(folder, "landscape.json"), LandscapeDocument.Text(landscape, command));
        Compose(landscape, figures, command).WriteTo(Path.Combine(folder, "report.html"));
        foreach (string rows in Directory.EnumerateFiles(folder, "rows-*.safetensors"))
        {
            File.Delete(rows);
        }

        return [.. notices];
    }

    /// <summary>Quantity and value, for terminal and report.</summary>
    /// <param name="landscape">The landscape.</param>
    public static IEnumerable<IReadOnlyList<string>> Rows(Landscape landscape)
    {
        ArgumentNullException.ThrowIfNull(landscape);
        LandscapeNumbers numbers = landscape.Numbers;
        yield return ["loss at the centre", Number(landscape.CentreLoss)];
        yield return [
            "loss on the grid",
            $"{Number(numbers.Least)} to "
                + $"{Number(numbers.Largest)}{(numbers.NonFinite > 0 ? $"; {numbers.NonFinite} points not finite" : string.Empty)}"];
        yield return ["strict local minima inside the grid", numbers.LocalMinima.ToString(CultureInfo.InvariantCulture)];
        yield return ["points where the plane is not convex", Percent(numbers.NonConvexShare)];
        yield return ["curvature along α, 5 / 50 / 95 %", Quantiles(numbers.AlongFirst)];
        yield return ["curvature along β, 5 / 50 / 95 %", Quantiles(numbers.AlongSecond)];
        yield return ["larger principal curvature, 5 / 50 / 95 %", Quantiles(numbers.LargerPrincipal)];
        yield return ["smaller principal curvature, 5 / 50 / 95 %", Quantiles(numbers.SmallerPrincipal)];
        (double first, double second, double mixed) = landscape.CentreCurvature;
        yield return ["Hessian of the plane at the centre: αα, ββ, αβ", $"{Number(first)}, {Number(second)}, {Number(mixed)}"];
        yield return [
            "roughness along α, along β, median of all cuts",
            $"{Number(numbers.RoughnessFirst)}, {Number(numbers.RoughnessSecond)}, {Number(numbers.RoughnessMedian)}"];
        foreach (TopCurvature top in landscape.TopCurvatures)
        {
            yield return [
                "Hessian eigenvalue of largest modulus",
                $"{Number(top.Value)}, residual {Number(top.Residual)}{(top.Converged ? string.Empty : ", not converged")}"];
        }

        if (landscape.ExplainedShares.Count > 0)
        {
            yield return ["share of the path per component", string.Join(", ", landscape.ExplainedShares.Take(4).Select(Percent))];
        }

        if (landscape.Path is { } path)
        {
            yield return ["share of the path that the plane explains", Percent(path.ExplainedShare)];
            yield return [
                "largest distance of the path from the plane", $"{Number(path.LargestDistance)} at step {path.LargestDistanceStep}"];
        }
    }

    /// <summary>What spans the plane and what a unit is, in one sentence.</summary>
    internal static string Directions(Landscape landscape) => landscape.Request switch
    {
        { Directions: LandscapeDirections.Pca } => "Principal components of the path around its last state; a unit is parameter distance.",
        { Directions: LandscapeDirections.Curvature } => "Hessian eigenvectors of largest modulus; a unit is parameter distance.",
        { Normalisation: DirectionNormalisation.Row } request =>
            $"Random directions of seed {request.Seed}, in every unit's weights of their norm (filter normalisation).",
        { Normalisation: DirectionNormalisation.Layer } request =>
            $"Random directions of seed {request.Seed}, in every matrix of its norm.",
        var request => $"Random directions of seed {request.Seed} and norm one.",
    };

    private static Report Compose(Landscape landscape, IReadOnlyList<Figure> figures, string command)
    {
        var report = new Report($"Landscape of {landscape.Target.Name}");
        if (landscape.Target.Remark.Length > 0)
        {
            _ = report.Verdict(BadgeTone.Negative, "diverged", landscape.Target.Remark);
        }

        _ = report.Lead(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Directions(landscape)} {landscape.First.Count} by {landscape.Second.Count} points, {landscape.Parameters} trained "
                    + $"parameters, ‖c‖ = {NumberText.Of(landscape.Norms.Centre)}, ‖u‖ = {NumberText.Of(landscape.Norms.First)}, ‖v‖ = "
                    + $"{NumberText.Of(landscape.Norms.Second)}."));
        _ = report.Section("Numbers").Table(
            ["quantity", "value"], Rows(landscape), "Curvatures are per unit of α and β squared. A grid sees nothing between its points.");
        ReportSection pictures = report.Section("Figures");
        foreach (Figure figure in figures)
        {
            _ = pictures.Figure(figure);
        }

        _ = report.Section("Again").Code(command);
        return report;
    }

    private static string Quantiles(CurvatureQuantiles quantiles) =>
        $"{Number(quantiles.Low)} / {Number(quantiles.Median)} / {Number(quantiles.High)}";

    private static string Number(double value) => NumberText.Of(value);

    private static string Percent(double share) => FormattableString.Invariant($"{NumberText.Of(100 * share)} %");
}
