namespace Kappa.Lab.Data.Labelled;

/// <summary>Labelled greyscale pictures of one size, a byte a pixel: 0 is the background.</summary>
/// <remarks>Immutable but for the arrays that it was given, which it keeps. Models see
/// pictures through <see cref="ImagePatches"/> or <see cref="PixelSequences"/>.</remarks>
internal sealed class LabelledImages
{
    private readonly byte[] _pixels;
    private readonly int[] _labels;
    private string? _fingerprint;

    /// <summary>Pictures over the given arrays.</summary>
    /// <param name="height">Rows of a picture.</param>
    /// <param name="width">Columns of a picture.</param>
    /// <param name="pixels">[N, height, width].</param>
    /// <param name="labels">[N], each 0 … <paramref name="classes"/> − 1.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="description">One line that says where the data come from.</param>
    /// <exception cref="ArgumentException">The lengths contradict, there is no picture, or a label is out of range.</exception>
    internal LabelledImages(int height, int width, byte[] pixels, int[] labels, int classes, string description)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (pixels.Length != (long)labels.Length * height * width)
        {
            throw new ArgumentException(
                $"{labels.Length} pictures of {height} x {width} must have {(long)labels.Length * height * width} pixels but there are "
                    + $"{pixels.Length}.",
                nameof(pixels));
        }

        ClassSampling.RequireLabels(labels, classes);
        (Height, Width, Classes, Description) = (height, width, classes, description);
        (_pixels, _labels) = (pixels, labels);
    }

    /// <summary>N.</summary>
    internal int Count => _labels.Length;

    /// <summary>Rows of a picture.</summary>
    internal int Height { get; }

    /// <summary>Columns of a picture.</summary>
    internal int Width { get; }

    /// <summary>Number of classes.</summary>
    internal int Classes { get; }

    /// <summary>[N], the class of each picture.</summary>
    internal ReadOnlySpan<int> Labels => _labels;

    /// <summary>[N, Height, Width].</summary>
    internal ReadOnlySpan<byte> AllPixels => _pixels;

    /// <summary>One line that says where the data come from, with every number needed to make them again.</summary>
    internal string Description { get; }

    /// <summary>SHA-256, in lower-case hexadecimal, of N, height, width and number of classes
    /// as little-endian 64-bit integers, the pixels, and the labels as such integers.</summary>
    internal string Fingerprint => _fingerprint ??= ContentHash.Of([Count, Height, Width, Classes], _pixels, _labels);

    /// <summary>One picture, [Height, Width] row by row from the top.</summary>
    internal ReadOnlySpan<byte> Pixels(int sample) => _pixels.AsSpan(sample * Height * Width, Height * Width);

    /// <summary>Some of the pictures, in the given order.</summary>
    /// <param name="samples">Which, each 0 … N − 1.</param>
    /// <param name="how">How they were chosen, for the description.</param>
    internal LabelledImages Select(ReadOnlySpan<int> samples, string how)
    {
        int size = Height * Width;
        byte[] pixels = new byte[(long)samples.Length * size];
        int[] labels = new int[samples.Length];
        for (int k = 0; k < samples.Length; k++)
        {
            Pixels(samples[k]).CopyTo(pixels.AsSpan(k * size));
            labels[k] = _labels[samples[k]];
        }

        return new LabelledImages(Height, Width, pixels, labels, Classes, $"{Description}, {how}");
    }
}
