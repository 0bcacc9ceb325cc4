using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data.Digits;

/// <summary>Reads a folder with the four files of MNIST, plain or compressed.</summary>
/// <remarks>
/// The names are <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c>,
/// <c>t10k-labels-idx1-ubyte</c>, each also with a dot in place of the last but one hyphen (<c>train-images.idx3-ubyte</c>) and with
/// <c>.gz</c> behind. Data of the same layout and size with other pictures are read as well.
/// </remarks>
internal static class DigitFiles
{
    private const int Size = 28;
    private const int Classes = 10;

    /// <summary>Reads the pictures to train on and those to test on.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limits">How much each file may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A file is missing, malformed, truncated or of another kind, counts
    /// contradict, pictures have another size, a label is no digit, or a digit is missing.</exception>
    internal static LabelledSplit<LabelledImages> Read(string folder, ReadLimits? limits = null) =>
        new(ReadPart(folder, "train", limits ?? ReadLimits.Default), ReadPart(folder, "t10k", limits ?? ReadLimits.Default));

    private static LabelledImages ReadPart(string folder, string part, ReadLimits limits)
    {
        string imagesPath = Find(folder, $"{part}-images", "idx3-ubyte");
        string labelsPath = Find(folder, $"{part}-labels", "idx1-ubyte");
        IdxArray images = IdxFile.Read(imagesPath, 3, limits);
        IdxArray labels = IdxFile.Read(labelsPath, 1, limits);
        if (images.Shape[1] != Size || images.Shape[2] != Size)
        {
            throw new BadInputException(
                imagesPath,
                $"must hold pictures of {Size} x {Size} but the lengths at offset 8 are {images.Shape[1]} x {images.Shape[2]}. Scale "
                    + $"them first.");
        }

        if (images.Shape[0] != labels.Shape[0])
        {
            throw new BadInputException(
                labelsPath,
                $"must hold as many labels as there are pictures, {images.Shape[0]}, but the count at offset 4 is {labels.Shape[0]}. Are "
                    + $"both files of the same part?");
        }

        int bad = labels.Data.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        if (bad >= 0)
        {
            throw new BadInputException(
                labelsPath,
                $"labels must be 0 to {Classes - 1} but label {bad} at offset {8 + bad} of the uncompressed file is {labels.Data[bad]}. "
                    + $"Copy the file again.");
        }

        int[] kinds = [.. labels.Data.Select(label => (int)label)];
        ClassSampling.RequireEveryClass(kinds, Classes, labelsPath);
        return new LabelledImages(Size, Size, images.Data, kinds, Classes, $"MNIST files: {imagesPath}, {kinds.Length} pictures");
    }

    private static string Find(string folder, string stem, string kind)
    {
        string[] names = [$"{stem}-{kind}", $"{stem}.{kind}", $"{stem}-{kind}.gz", $"{stem}.{kind}.gz"];
        return Directory.Exists(folder)
            ? names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
                ?? throw new BadInputException(
                    folder, $"must contain one of {string.Join(", ", names)} but contains none. Put the file there or name another folder.")
            : throw new BadInputException(folder, "must be a folder with the four MNIST files but does not exist as one. Check the path.");
    }
}
