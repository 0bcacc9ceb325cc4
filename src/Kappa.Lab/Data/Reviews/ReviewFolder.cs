using System.Globalization;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data.Reviews;

/// <summary>Reads texts laid out as the IMDb reviews are: <c>train/pos/*.txt</c>,
/// <c>train/neg/*.txt</c>, <c>test/pos/*.txt</c>, <c>test/neg/*.txt</c>, a text a file.</summary>
/// <remarks>The folder is the label: neg 0, pos 1. The rating in the names of the files (<c>0_9.txt</c>)
/// is not looked at, and neither are other folders (<c>train/unsup</c>) and files.</remarks>
internal static class ReviewFolder
{
    /// <summary>Bytes of a text that are kept, unless said otherwise.</summary>
    internal const int DefaultLength = 1024;

    // The longest of the 50,000 reviews has some 14,000 bytes: a megabyte is no review.
    private const long LongestText = 1 << 20;

    private const string Layout = "the folder holds train/pos, train/neg, test/pos and test/neg with a .txt file for each text";

    private static readonly string[] ClassFolders = ["neg", "pos"];

    /// <summary>Reads both parts.</summary>
    /// <param name="folder">The folder with train and test.</param>
    /// <param name="length">Bytes of a text that are kept; shorter ones are padded.</param>
    /// <param name="perClass">How many texts of either class in each part,
    /// chosen by <paramref name="seed"/>; <c>null</c> for all there are.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="limits">How much all kept bytes of a part may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A folder is missing, empty or has too few texts,
    /// a text is empty, too long or not UTF-8, or the limit is exceeded.</exception>
    internal static LabelledSplit<LabelledTexts> Read(
        string folder, int length = DefaultLength, LabelledSplit<int>? perClass = null, long seed = 0, ReadLimits? limits = null) =>
        new(
        ReadPart(folder, "train", length, perClass?.Train, seed, limits ?? ReadLimits.Default),
        ReadPart(folder, "test", length, perClass?.Test, seed, limits ?? ReadLimits.Default));

    private static LabelledTexts ReadPart(string folder, string part, int length, int? perClass, long seed, ReadLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        FolderListing[] listings = [.. ClassFolders.Select(name => FolderListing.Of(Path.Combine(folder, part, name), ".txt", Layout))];
        string[][] files = [.. listings.Select(listing => listing.Paths)];
        int[] labels = [.. files.SelectMany((names, label) => Enumerable.Repeat(label, names.Length))];
        string[] paths = [.. files.SelectMany(names => names)];
        if (perClass is { } count)
        {
            int[] chosen = ClassSampling.Balanced(labels, ClassFolders.Length, count, seed, Path.Combine(folder, part));
            (labels, paths) = ([.. chosen.Select(at => labels[at])], [.. chosen.Select(at => paths[at])]);
        }

        if ((long)paths.Length * length > Math.Min(limits.MaximumBytes, Array.MaxLength))
        {
            throw new BadInputException(
                Path.Combine(folder, part),
                $"{paths.Length} texts of {length} bytes must take at most {Math.Min(limits.MaximumBytes, Array.MaxLength)} bytes. Keep "
                    + $"fewer bytes, ask for fewer texts or raise the limit.");
        }

        byte[][] texts = [.. paths.Select(path => ReadText(path, length))];
        string choice = perClass is null
            ? "all"
            : string.Create(CultureInfo.InvariantCulture, $"{perClass} of either class chosen by seed {seed}");
        return LabelledTexts.Pack(
            texts, labels, length, ClassFolders.Length,
            $"Review files: {Path.Combine(folder, part)}, {texts.Length} texts ({choice}), first {length} "
                + $"bytes{LeftOut.Suffix([.. listings.Select(listing => listing.LeftOut)])}");
    }

    // The whole text is checked, not only what is kept: a binary file is a mistake wherever its first odd byte is.
    private static byte[] ReadText(string path, int length)
    {
        byte[] content = InputBytes.Read(path, LongestText, isText: true);
        TextBytes.Require(content, path);
        return content.Length > length ? content[..length] : content;
    }
}
