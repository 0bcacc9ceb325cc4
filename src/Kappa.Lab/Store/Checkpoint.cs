using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>A saved state: named tensors, bit for bit, and named texts and
/// integers, of a stated kind and version, in one safetensors file.</summary>
/// <remarks>
/// Build one with the Add methods and <see cref="Save"/> it; <see cref="Load"/> gives it back or says on one line why not. A SHA-256 over
/// names, shapes and bits is stored and checked, so a damaged file is never taken up silently. A tensor is held, not copied, until it is
/// saved. Not thread-safe while it is being built.
/// </remarks>
internal sealed class Checkpoint
{
    private const string KindKey = "kappa.kind";
    private const string VersionKey = "kappa.version";
    private const string HashKey = "kappa.sha256";

    private readonly List<NamedTensor> _tensors = [];
    private readonly SortedDictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly string _location;

    /// <summary>An empty state.</summary>
    /// <param name="kind">What is saved, for example <c>descent-state</c>.</param>
    /// <param name="version">Version of what it consists of, at least 1.</param>
    public Checkpoint(string kind, int version)
        : this(kind, version, "checkpoint")
    {
    }

    private Checkpoint(string kind, int version, string location)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Kind = kind;
        Version = version;
        _location = location;
    }

    /// <summary>What is saved.</summary>
    public string Kind { get; }

    /// <summary>Version of what it consists of.</summary>
    public int Version { get; }

    /// <summary>The tensors, in the order in which they were added.</summary>
    public IReadOnlyList<NamedTensor> Tensors => _tensors;

    /// <summary>Texts and integers by name.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">A name not used yet.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <param name="data">Elements, the last axis fastest; held, not copied.</param>
    /// <exception cref="ArgumentException">The name is taken or the sizes contradict.</exception>
    public void AddTensor(string name, int[] shape, double[] data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_tensors.Exists(tensor => tensor.Name == name))
        {
            throw new ArgumentException($"A tensor '{name}' is there already; names must differ.", nameof(name));
        }

        _tensors.Add(new NamedTensor(name, new NdArray(shape, data)));
    }

    /// <summary>Adds one number, every bit of it.</summary>
    /// <param name="name">A name not used yet by a tensor.</param>
    /// <param name="value">Any double, NaN and infinities too.</param>
    public void AddNumber(string name, double value) => AddTensor(name, [], [value]);

    /// <summary>Adds an integer.</summary>
    /// <param name="name">A name not used yet by a text or integer.</param>
    /// <param name="value">Any integer.</param>
    public void AddInteger(string name, long value) => AddText(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a text.</summary>
    /// <param name="name">A name not used yet by a text or integer, without the prefix <c>kappa.</c>.</param>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    public void AddText(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (name.StartsWith("kappa.", StringComparison.Ordinal) || !_texts.TryAdd(name, value))
        {
            throw new ArgumentException($"A text '{name}' is there already or reserved; names must differ.", nameof(name));
        }
    }

    /// <summary>The elements of a tensor that must have the given shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <exception cref="BadInputException">There is no such tensor, or it has another shape.</exception>
    public double[] GetTensor(string name, params ReadOnlySpan<int> shape)
    {
        NdArray value = (_tensors.Find(tensor => tensor.Name == name) ?? throw Missing("tensor", name)).Value;
        return shape.SequenceEqual(value.Shape)
            ? value.Data
            : throw new BadInputException(
                _location,
                $"tensor '{name}' must have shape {NdArray.Describe(shape)} but has {value}. The checkpoint belongs to another "
                    + $"specification: start anew or use that one.");
    }

    /// <summary>A number.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public double GetNumber(string name) => GetTensor(name)[0];

    /// <summary>A text.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public string GetText(string name) => _texts.TryGetValue(name, out string? value) ? value : throw Missing("text", name);

    /// <summary>An integer.</summary>
    /// <exception cref="BadInputException">There is none of that name, or it is no integer.</exception>
    public long GetInteger(string name) =>
        long.TryParse(GetText(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
        ? value
        : throw new BadInputException(
            _location, $"'{name}' must be an integer but is '{GetText(name)}'. The checkpoint is of another version: start anew.");

    /// <summary>Saves the state; the file is replaced as a whole, and equal states give equal bytes.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="BadInputException">The file cannot be written; what was there before is unchanged.</exception>
    public void Save(string path)
    {
        Dictionary<string, string> metadata = new(_texts, StringComparer.Ordinal)
        {
            [KindKey] = Kind,
            [VersionKey] = Version.ToString(CultureInfo.InvariantCulture),
            [HashKey] = ComputeHash(),
        };
        SafetensorsFile.Write(path, new SafetensorsContent(_tensors, metadata));
    }

    /// <summary>Loads a state of the given kind and version.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What must have been saved.</param>
    /// <param name="version">The version it must have.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The file cannot be read, is damaged, or is of another kind or version.</exception>
    public static Checkpoint Load(string path, string kind, int version, ReadLimits? limits = null)
    {
        SafetensorsContent content = SafetensorsFile.Read(path, limits);
        string foundKind = content.Metadata.GetValueOrDefault(KindKey, "");
        string foundVersion = content.Metadata.GetValueOrDefault(VersionKey, "");
        if (foundKind != kind || foundVersion != version.ToString(CultureInfo.InvariantCulture))
        {
            throw new BadInputException(
                path,
                $"must be a checkpoint '{kind}' of version {version} but is "
                    + $"{(foundKind.Length == 0 ? "another safetensors file" : $"'{foundKind}' of version {foundVersion}")}. Use the "
                    + $"program that wrote it, or start anew.");
        }

        Checkpoint checkpoint = new(foundKind, version, path);
        checkpoint._tensors.AddRange(content.Tensors);
        foreach ((string name, string text) in content.Metadata.Where(pair => pair.Key is not (KindKey or VersionKey or HashKey)))
        {
            checkpoint._texts.Add(name, text);
        }

        string hash = checkpoint.ComputeHash();
        return hash == content.Metadata.GetValueOrDefault(HashKey)
            ? checkpoint
            : throw new BadInputException(
                path,
                $"is damaged: its SHA-256 must be {content.Metadata.GetValueOrDefault(HashKey, "stored")} but is {hash}. Use an older "
                    + $"checkpoint or start anew.");
    }

    private BadInputException Missing(string what, string name) =>
        new(_location, $"must contain a {what} '{name}' but does not. The checkpoint is of another version: start anew.");

    // Every variable part is preceded by its length, so that different states never give the same bytes to hash.
    private string ComputeHash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendText(hash, Kind);
        AppendInteger(hash, Version);
        AppendInteger(hash, _tensors.Count);
        foreach (NamedTensor tensor in _tensors)
        {
            AppendText(hash, tensor.Name);
            AppendInteger(hash, tensor.Value.Rank);
            foreach (int length in tensor.Value.Shape)
            {
                AppendInteger(hash, length);
            }

            DoubleBytes.Append(hash, tensor.Value.Data);
        }

        foreach ((string name, string text) in _texts)
        {
            AppendText(hash, name);
            AppendText(hash, text);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        AppendInteger(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendInteger(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
