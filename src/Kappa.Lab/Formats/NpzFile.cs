using System.IO.Compression;

namespace Kappa.Lab.Formats;

/// <summary>numpy's archive of named arrays (<c>.npz</c>): a zip of <c>name.npy</c> members, stored or deflated.</summary>
/// <remarks>Number of members, expansion and total size are bounded before and while anything is
/// decompressed (<see cref="ReadLimits"/>); checksums are verified. Stateless and thread-safe.</remarks>
public static class NpzFile
{
    private const string Extension = ".npy";
    private const long FreeExpansionBytes = 1 << 20;

    // The zip format has no earlier time; a fixed one makes equal arrays equal files.
    private static readonly DateTimeOffset Timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads the arrays called <paramref name="names"/>, or all.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="names">Wanted arrays without the extension; <c>null</c> or empty for all. Only these are decompressed.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The archive cannot be read, is malformed
    /// or damaged, lacks a wanted array, or exceeds the limits.</exception>
    public static IReadOnlyDictionary<string, NdArray> Read(string path, IReadOnlyList<string>? names = null, ReadLimits? limits = null)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, path, names, limits);
    }

    /// <summary>Reads the arrays called <paramref name="names"/>, or all, from a stream.</summary>
    /// <param name="stream">The archive, a stream that can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="names">Wanted arrays without the extension; <c>null</c> or empty for all.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">As for a file.</exception>
    public static IReadOnlyDictionary<string, NdArray> Read(
        Stream stream, string location, IReadOnlyList<string>? names = null, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ReadEach(stream, location, names, limits ?? ReadLimits.Default, NpyFile.Read, array => array.Data.LongLength);
    }

    /// <summary>Reads members by a reader of the caller, the limit being that of all together.</summary>
    /// <param name="stream">The archive, a stream that can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="names">Wanted arrays without the extension; <c>null</c> or empty for all.</param>
    /// <param name="limits">How much it may take.</param>
    /// <param name="read">Reads one member: its content, bytes, location and the limits that are left.</param>
    /// <param name="elements">Number of elements of what was read.</param>
    internal static Dictionary<string, T> ReadEach<T>(
        Stream stream, string location, IReadOnlyList<string>? names, ReadLimits limits, Func<Stream, long, string, ReadLimits, T> read,
        Func<T, long> elements)
    {
        ZipDirectory directory = ZipDirectory.Read(stream, location, limits.MaximumEntries);
        List<ZipMember> wanted = Select(directory.Members, names ?? [], location);
        CheckExpansion(wanted, stream.Length, location, limits);
        Dictionary<string, T> arrays = new(StringComparer.Ordinal);
        long left = limits.MaximumBytes;
        foreach (ZipMember member in wanted)
        {
            using Stream content = directory.Open(member);
            T array = read(content, member.Length, $"{location}/{Shown.Of(member.Name)}", limits with { MaximumBytes = left });
            ((ZipMemberStream)content).VerifyEnd();
            left -= elements(array) * sizeof(double);
            arrays.Add(NameOf(member), array);
        }

        return arrays;
    }

    /// <summary>Writes arrays as float64, deflated; the file is replaced as a whole, and equal arrays give equal bytes.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="arrays">Names without the extension, and arrays, in the order to write.</param>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NdArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        AtomicFile.Write(path, stream =>
        {
            using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach ((string name, NdArray array) in arrays)
            {
                ZipArchiveEntry entry = archive.CreateEntry(name + Extension, CompressionLevel.Fastest);
                entry.LastWriteTime = Timestamp;
                using Stream content = entry.Open();
                NpyFile.Write(content, array.Shape, array.Data);
            }
        });
    }

    private static List<ZipMember> Select(IReadOnlyList<ZipMember> members, IReadOnlyList<string> names, string location)
    {
        List<ZipMember> arrays = [.. members.Where(member => member.Name.EndsWith(Extension, StringComparison.Ordinal))];
        if (names.Count == 0)
        {
            return arrays;
        }

        return [.. names.Select(name => arrays.Find(member => NameOf(member) == name)
            ?? throw new BadInputException(
                location, $"must contain the array '{name}' but contains {Listed(arrays)}. Name it so: numpy.savez(path, {name}=...)."))];
    }

    private static void CheckExpansion(List<ZipMember> wanted, long fileLength, string location, ReadLimits limits)
    {
        long total = wanted.Sum(member => member.Length);
        if (total - FreeExpansionBytes > limits.MaximumExpansion * fileLength)
        {
            throw new BadInputException(
                location,
                $"must expand at most {limits.MaximumExpansion}-fold but {fileLength} bytes claim to be {total}. If that is right, allow "
                    + $"as much: --memory {MemoryLimit.Mebibytes(total)} or more (8 bytes a number); or store the arrays with "
                    + $"numpy.savez, uncompressed.");
        }
    }

    private static string NameOf(ZipMember member) => member.Name[..^Extension.Length];

    // A hostile archive lists a thousand names; ten are enough to see the mistake.
    private static string Listed(List<ZipMember> arrays) => arrays.Count == 0
        ? "no array"
        : string.Join(", ", arrays.Take(10).Select(member => $"'{Shown.Of(NameOf(member))}'"))
            + (arrays.Count > 10 ? $" and {arrays.Count - 10} more" : "");
}
