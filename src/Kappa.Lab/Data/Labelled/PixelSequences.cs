namespace Kappa.Lab.Data.Labelled;

/// <summary>Pictures as sequences of pixels, row by row: the identifier of a pixel is
/// its byte, as the long-range benchmarks feed Pathfinder to token embeddings.</summary>
/// <param name="images">The pictures.</param>
internal sealed class PixelSequences(LabelledImages images) : ILabelledSequences
{
    /// <inheritdoc/>
    public int Count => images.Count;

    /// <summary>Pixels of a picture; there is no padding.</summary>
    public int Length => images.Height * images.Width;

    /// <summary>256.</summary>
    public int Vocabulary => 256;

    /// <inheritdoc/>
    public int Classes => images.Classes;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Labels => images.Labels;

    /// <inheritdoc/>
    public string Description => $"{images.Description}, pixel by pixel";

    /// <inheritdoc/>
    public string Fingerprint => images.Fingerprint;

    /// <inheritdoc/>
    public int CopyIdentifiers(int sample, Span<int> identifiers)
    {
        ReadOnlySpan<byte> pixels = images.Pixels(sample);
        for (int k = 0; k < pixels.Length; k++)
        {
            identifiers[k] = pixels[k];
        }

        return pixels.Length;
    }
}
