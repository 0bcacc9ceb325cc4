using System.Reflection;
using System.Security.Cryptography;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data;

/// <summary>The bytes of one or more text files, one after the other.</summary>
/// <remarks>Every file must be UTF-8 text: binary files and other encodings are refused,
/// because a mistake in the path would otherwise train on noise. Immutable.</remarks>
internal sealed class TextCorpus
{
    private const string ResourcePrefix = "corpus/";

    private readonly byte[] _bytes;

    private TextCorpus(string name, int files, byte[] bytes)
    {
        Name = name;
        Files = files;
        _bytes = bytes;
        Hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>The path it was read from, or that it is the built-in one.</summary>
    public string Name { get; }

    /// <summary>What lies in the folder and was not read, such as <c>1 empty file</c>; empty when there is nothing.</summary>
    public string LeftOut { get; private init; } = "";

    /// <summary>Number of files.</summary>
    public int Files { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>SHA-256 of <see cref="Bytes"/> in lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The built-in corpus: the project's own theory pages, in ordinal order of their names.</summary>
    public static TextCorpus BuiltIn()
    {
        Assembly assembly = typeof(TextCorpus).Assembly;
        string[] names = [
            .. assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)];
        using MemoryStream bytes = new();
        foreach (string name in names)
        {
            using Stream resource = assembly.GetManifestResourceStream(name)!;
            resource.CopyTo(bytes);
        }

        return new TextCorpus("built-in corpus", names.Length, bytes.ToArray());
    }

    /// <summary>Reads a text file, or every file under a folder in the ordinal order of their relative paths.</summary>
    /// <param name="path">A file or a folder. Of a folder, the folders below are searched too; links to files are
    /// files. Hidden files are passed over, and what cannot be read is counted in <see cref="LeftOut"/>.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A file is missing, unreadable, binary, not
    /// UTF-8 or empty, a folder has no files, or the limit is exceeded.</exception>
    public static TextCorpus Load(string path, ReadLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ReadLimits.Default;
        FolderListing files = Directory.Exists(path) ? FolderListing.Under(path) : new([path], "");
        using MemoryStream bytes = new();
        foreach (string file in files.Paths)
        {
            Append(bytes, file, limits);
        }

        return new TextCorpus(path, files.Paths.Length, bytes.ToArray()) { LeftOut = files.LeftOut };
    }

    private static void Append(MemoryStream bytes, string file, ReadLimits limits)
    {
        using FileStream stream = InputFile.Open(file, isText: true);
        long most = Math.Min(limits.MaximumBytes, Array.MaxLength) - bytes.Length;
        if (stream.Length > most)
        {
            throw new BadInputException(
                file,
                $"must have at most {most} bytes, what is left of the limit for a corpus, but has {stream.Length}. Choose less text or "
                    + $"raise the limit.");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        TextBytes.Require(content, file);
        bytes.Write(content);
    }
}
