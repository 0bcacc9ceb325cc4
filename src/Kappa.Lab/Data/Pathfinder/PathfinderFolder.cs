using System.Globalization;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>Pathfinder pictures in a folder laid out as the published ones:
/// <c>imgs/&lt;batch&gt;/sample_&lt;i&gt;.png</c>, labels in <c>metadata/&lt;batch&gt;.npy</c>.</summary>
/// <remarks>
/// The metadata files of the release are text in spite of their name. A line is a picture: folder, file, number, label, and the parameters
/// it was drawn with, separated by blanks; what follows the label is not read.
/// </remarks>
internal static class PathfinderFolder
{
    private const int Classes = 2;
    private const string MetadataFolder = "metadata";

    /// <summary>Reads pictures and labels.</summary>
    /// <param name="folder">The folder of one difficulty, which holds <c>imgs</c> and <c>metadata</c>.</param>
    /// <param name="perClass">How many pictures of either label, chosen by <paramref name="seed"/>; <c>null</c> for all there are.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="size">Rows and columns that every picture must have.</param>
    /// <param name="limits">How much a file, and all pictures together, may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A folder or file is missing or malformed, a label is
    /// neither 0 nor 1, a class is empty or too small, or a picture has another size.</exception>
    internal static LabelledImages Read(string folder, int? perClass = null, long seed = 0, int size = 32, ReadLimits? limits = null)
    {
        limits ??= ReadLimits.Default;
        var leftOut = new LeftOut();
        List<PathfinderEntry> entries = ReadEntries(folder, limits, leftOut, out string metadataLeftOut);
        int[] labels = [.. entries.Select(entry => entry.Label)];
        ClassSampling.RequireEveryClass(labels, Classes, folder);
        if (perClass is { } count)
        {
            entries = [.. ClassSampling.Balanced(labels, Classes, count, seed, folder).Select(at => entries[at])];
        }

        long bytes = (long)entries.Count * size * size;
        if (bytes > Math.Min(limits.MaximumBytes, Array.MaxLength))
        {
            throw new BadInputException(
                folder,
                $"{entries.Count} pictures of {size} x {size} must take at most {Math.Min(limits.MaximumBytes, Array.MaxLength)} bytes "
                    + $"but take {bytes}. Ask for fewer pictures or raise the limit.");
        }

        byte[] pixels = new byte[bytes];
        for (int k = 0; k < entries.Count; k++)
        {
            ReadPicture(Path.Combine(folder, entries[k].Path), size, limits).CopyTo(pixels, (long)k * size * size);
        }

        string choice = perClass is null
            ? "all"
            : string.Create(CultureInfo.InvariantCulture, $"{perClass} of either label chosen by seed {seed}");
        return new LabelledImages(
            size, size, pixels, [.. entries.Select(entry => entry.Label)], Classes,
            $"Pathfinder files: {folder}, {entries.Count} pictures ({choice}){LeftOut.Suffix(leftOut.Words, metadataLeftOut)}");
    }

    private static List<PathfinderEntry> ReadEntries(string folder, ReadLimits limits, LeftOut leftOut, out string metadataLeftOut)
    {
        string metadata = Path.Combine(folder, MetadataFolder);
        FolderListing files = FolderListing.Of(
            metadata, ".npy", "the folder of one difficulty, for example curv_baseline, holds imgs/<batch>/*.png and metadata/<batch>.npy");
        metadataLeftOut = files.LeftOut;
        List<PathfinderEntry> entries = [];
        long left = limits.MaximumBytes;
        foreach (string file in files.Paths)
        {
            byte[] content = InputBytes.Read(file, left, isText: true);
            left -= content.Length;
            entries.AddRange(PathfinderEntry.Parse(content, file));
        }

        // The published folders are said to hold a picture without content; before any is chosen, for the choice must not fall on it.
        return [.. entries.Where(entry => !IsEmpty(Path.Combine(folder, entry.Path), leftOut))];
    }

    private static bool IsEmpty(string picture, LeftOut leftOut)
    {
        bool isEmpty = FileFacts.Of(picture) is { Kind: FileKind.Regular, Length: 0 };
        if (isEmpty)
        {
            leftOut.Add("empty picture", "empty pictures");
        }

        return isEmpty;
    }

    private static byte[] ReadPicture(string path, int size, ReadLimits limits)
    {
        GreyImage image = PngFile.Read(path, limits);
        return image.Height == size && image.Width == size
            ? image.Pixels
            : throw new BadInputException(
                path,
                $"must be a picture of {size} x {size} but the size at offset 16 is {image.Width} x {image.Height}. Choose the folder of "
                    + $"the {size} x {size} pictures.");
    }
}
