using Kappa.Lab.Formats;

namespace Kappa.Lab.Figures;

/// <summary>What writing a figure produced.</summary>
/// <param name="Paths">The files, in the order svg, csv, tex, png, pdf.</param>
/// <param name="Notices">One line for each thing that was left out and why; empty when all was written.</param>
internal sealed record WrittenFigure(IReadOnlyList<string> Paths, IReadOnlyList<string> Notices);

/// <summary>Writes a figure as files that belong together: SVG, the CSV of
/// its data, a pgfplots source, and where possible PNG and PDF.</summary>
/// <remarks>
/// The same figure gives the same bytes in SVG, CSV and tex on every machine. Each file
/// appears whole or not at all (<see cref="AtomicFile"/>). PNG (300 dots per inch) and
/// PDF come from <c>rsvg-convert</c> when it is on the PATH; its absence or failure is a
/// notice; a disk that refuses what it made is an exception, as with every file.
/// </remarks>
internal static class FigureFiles
{
    /// <summary>Writes the files of a figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="folder">The folder, which is made when it does not exist.</param>
    /// <param name="name">The file name without extension; unset, the figure's own.</param>
    /// <param name="convert">Whether to make PNG and PDF as well, at about a tenth of a second each.</param>
    /// <returns>The files and the notices.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static WrittenFigure Write(Figure figure, string folder, string? name = null, bool convert = true)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _ = Directory.CreateDirectory(folder);
        AtomicFile.RemoveLeftBehind(folder);
        var stem = Path.Combine(folder, name ?? figure.Name);
        List<string> paths = [stem + ".svg", stem + ".csv", stem + ".tex"];
        AtomicFile.WriteAllText(paths[0], SvgFigure.File(figure));
        AtomicFile.WriteAllText(paths[1], CsvFigure.Write(figure));
        AtomicFile.WriteAllText(paths[2], PgfplotsFigure.Write(figure));
        if (!convert) return new WrittenFigure(paths, []);
        var (converted, notices) = SvgConversion.Convert(paths[0]);
        return new WrittenFigure([.. paths, .. converted], notices);
    }
}
