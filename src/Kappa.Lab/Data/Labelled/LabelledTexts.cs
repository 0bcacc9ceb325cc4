namespace Kappa.Lab.Data.Labelled;

/// <summary>Labelled texts as bytes, each cut off at one length or padded to it.</summary>
/// <remarks>Identifiers are the bytes 0 … 255 and <see cref="Padding"/>. Immutable.</remarks>
internal sealed class LabelledTexts : ILabelledSequences
{
    /// <summary>The identifier after the end of a text.</summary>
    internal const int Padding = 256;

    private readonly byte[] _bytes;
    private readonly int[] _lengths;
    private readonly int[] _labels;
    private string? _fingerprint;

    private LabelledTexts(int length, byte[] bytes, int[] lengths, int[] labels, int classes, string description)
    {
        ClassSampling.RequireLabels(labels, classes);
        (Length, Classes, Description) = (length, classes, description);
        (_bytes, _lengths, _labels) = (bytes, lengths, labels);
    }

    /// <inheritdoc/>
    public int Count => _labels.Length;

    /// <inheritdoc/>
    public int Length { get; }

    /// <summary>257: the bytes and the padding.</summary>
    public int Vocabulary => Padding + 1;

    /// <inheritdoc/>
    public int Classes { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Labels => _labels;

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint ??= ContentHash.Of([Count, Length, Classes, .. _lengths], _bytes, _labels);

    /// <summary>Packs texts: the first <paramref name="length"/> bytes of each are kept.</summary>
    /// <param name="texts">At least one, none empty.</param>
    /// <param name="labels">One a text, each 0 … <paramref name="classes"/> − 1.</param>
    /// <param name="length">n, at least 1.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="description">One line that says where the data come from.</param>
    /// <exception cref="ArgumentException">The counts contradict, a text is empty, or a label is out of range.</exception>
    internal static LabelledTexts Pack(IReadOnlyList<byte[]> texts, int[] labels, int length, int classes, string description)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (texts.Count != labels.Length)
        {
            throw new ArgumentException($"{texts.Count} texts must have as many labels but have {labels.Length}.", nameof(labels));
        }

        byte[] bytes = new byte[(long)texts.Count * length];
        int[] lengths = new int[texts.Count];
        for (int k = 0; k < texts.Count; k++)
        {
            lengths[k] = Math.Min(length, texts[k].Length);
            if (lengths[k] == 0)
            {
                throw new ArgumentException($"A text must have at least one byte but text {k} is empty.", nameof(texts));
            }

            texts[k].AsSpan(0, lengths[k]).CopyTo(bytes.AsSpan(k * length));
        }

        return new LabelledTexts(length, bytes, lengths, labels, classes, description);
    }

    /// <summary>The bytes of a text, at most <see cref="Length"/>, without padding.</summary>
    internal ReadOnlySpan<byte> Text(int sample) => _bytes.AsSpan(sample * Length, _lengths[sample]);

    /// <inheritdoc/>
    public int CopyIdentifiers(int sample, Span<int> identifiers)
    {
        ReadOnlySpan<byte> text = Text(sample);
        for (int k = 0; k < text.Length; k++)
        {
            identifiers[k] = text[k];
        }

        identifiers[text.Length..Length].Fill(Padding);
        return text.Length;
    }

    /// <summary>Some of the texts, in the given order.</summary>
    /// <param name="samples">Which, each 0 … N − 1.</param>
    /// <param name="how">How they were chosen, for the description.</param>
    internal LabelledTexts Select(ReadOnlySpan<int> samples, string how)
    {
        byte[] bytes = new byte[(long)samples.Length * Length];
        (int[] lengths, int[] labels) = (new int[samples.Length], new int[samples.Length]);
        for (int k = 0; k < samples.Length; k++)
        {
            Text(samples[k]).CopyTo(bytes.AsSpan(k * Length));
            (lengths[k], labels[k]) = (_lengths[samples[k]], _labels[samples[k]]);
        }

        return new LabelledTexts(Length, bytes, lengths, labels, Classes, $"{Description}, {how}");
    }
}
