namespace Kappa.Lab.Formats;

/// <summary>How much a reader of array files may take. Every bound is checked before memory of that size is asked for.</summary>
/// <remarks>A file that passes every check costs at most <see cref="MaximumBytes"/> of doubles, its header (bounded by its format and by the file's length) and 128 KiB of buffers. Immutable.</remarks>
public sealed record ReadLimits
{
    /// <summary>The defaults.</summary>
    public static ReadLimits Default { get; } = new();

    /// <summary>Most bytes that the arrays of one file may take in memory, as doubles (8 bytes an element whatever the file stores). Default 2 GiB.</summary>
    public long MaximumBytes { get; init; } = 1L << 31;

    /// <summary>Most entries in an archive. Default 1,024.</summary>
    public int MaximumEntries { get; init; } = 1024;

    /// <summary>Most bytes that come out of an archive per byte of the file, beyond a first free mebibyte. Default 200: numbers shrink two- to tenfold, a bomb a thousandfold.</summary>
    public double MaximumExpansion { get; init; } = 200;
}
