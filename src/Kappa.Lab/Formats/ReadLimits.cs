using System.Globalization;

namespace Kappa.Lab.Formats;

/// <summary>How much a reader of array files may take. Every bound is checked before memory of that size is asked for.</summary>
/// <remarks>A file that passes every check costs at most <see cref="MaximumBytes"/> of doubles, its
/// header (bounded by its format and by the file's length) and 128 KiB of buffers. Immutable.</remarks>
public sealed record ReadLimits
{
    private static readonly ReadLimits s_standard = new();

    /// <summary>What holds where nothing else is said: the defaults of the properties, or what
    /// <see cref="MemoryLimit.Within"/> allows, whatever the ratio of expansion: whoever names a size means it.</summary>
    public static ReadLimits Default =>
        MemoryLimit.Given is { } most ? s_standard with { MaximumBytes = most, MaximumExpansion = double.PositiveInfinity } : s_standard;

    /// <summary>Most bytes that the arrays of one source of data may take in memory, as
    /// doubles (8 bytes an element whatever the file stores). Default 1 GiB.</summary>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>Most entries in an archive. Default 1,024.</summary>
    public int MaximumEntries { get; init; } = 1024;

    /// <summary>Most bytes that come out of an archive per byte of the file, beyond a first free
    /// mebibyte. Default 200: numbers shrink two- to tenfold, a bomb a thousandfold.</summary>
    public double MaximumExpansion { get; init; } = 200;

    /// <summary>The bounds on expanded bytes as words of a message: <c>at most 1073741824 bytes and 200-fold</c>.</summary>
    internal string ExpansionWords =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"at most {Math.Min(MaximumBytes, Array.MaxLength)} "
                + $"bytes{(double.IsFinite(MaximumExpansion) ? $" and {MaximumExpansion}-fold" : "")}");
}
