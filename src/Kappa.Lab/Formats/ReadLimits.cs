namespace Kappa.Lab.Formats;

/// <summary>How much a reader of array files may take. Every bound is checked before memory of that size is asked for.</summary>
/// <remarks>A file that passes every check costs at most <see cref="MaximumBytes"/> of doubles, its header (bounded by its format and by the file's length) and 128 KiB of buffers. Immutable.</remarks>
public sealed record ReadLimits
{
    private static readonly ReadLimits s_standard = new();
    private static readonly AsyncLocal<ReadLimits?> s_within = new();

    /// <summary>What holds where nothing else is said: the limits of <see cref="Within"/>, or the defaults of the properties.</summary>
    public static ReadLimits Default => s_within.Value ?? s_standard;

    /// <summary>Most bytes that the arrays of one source of data may take in memory, as doubles (8 bytes an element whatever the file stores). Default 1 GiB.</summary>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>Most entries in an archive. Default 1,024.</summary>
    public int MaximumEntries { get; init; } = 1024;

    /// <summary>Most bytes that come out of an archive per byte of the file, beyond a first free mebibyte. Default 200: numbers shrink two- to tenfold, a bomb a thousandfold.</summary>
    public double MaximumExpansion { get; init; } = 200;

    /// <summary>Makes other limits the default of everything that the caller does until it is disposed of: what a command was told with <c>--memory</c> holds for every reader.</summary>
    /// <param name="mebibytes">Most MiB; null for the default.</param>
    public static IDisposable Within(int? mebibytes)
    {
        var scope = new Scope(s_within.Value);
        s_within.Value = mebibytes is { } most ? s_standard with { MaximumBytes = (long)most << 20 } : s_within.Value;
        return scope;
    }

    private sealed class Scope(ReadLimits? before) : IDisposable
    {
        public void Dispose() => s_within.Value = before;
    }
}
