using System.Globalization;

namespace Kappa.Lab.Specifications;

/// <summary>Parameters to start from: those that another run ended with or had at one of its steps, or those of a file.</summary>
/// <remarks>
/// <c>RUN</c>, <c>RUN@STEP</c>, or a file <c>.safetensors</c>, <c>.npz</c> or <c>.json</c>. Once it is known what a file holds, <c>#</c>
/// and the beginning of its SHA-256 follow, so that the name of a run says what it starts from. Immutable.
/// </remarks>
public sealed record StartingPoint
{
    /// <summary>Hexadecimal digits of a digest: of two files they are the same with probability 5e-20.</summary>
    internal const int DigestDigits = 16;

    private static readonly string[] Extensions = [".safetensors", ".npz", ".json"];

    private StartingPoint()
    {
    }

    /// <summary>The other run's name, or a prefix of it that no other run has; <see langword="null"/> for a file.</summary>
    public string? Run { get; private init; }

    /// <summary>The step k of the run whose θ_k is meant; <see langword="null"/> for its last.</summary>
    public long? Step { get; private init; }

    /// <summary>The path of a file; <see langword="null"/> for a run.</summary>
    public string? File { get; private init; }

    /// <summary>The first 16 hexadecimal digits of the file's SHA-256; <see langword="null"/> until it is known.</summary>
    public string? Digest { get; private init; }

    /// <summary>The parameters of another run.</summary>
    /// <param name="run">Its name, or a prefix of its name that no other run has.</param>
    /// <param name="step">One of its steps; <see langword="null"/> for its last.</param>
    public static StartingPoint OfRun(string run, long? step = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        return new() { Run = run, Step = step };
    }

    /// <summary>The parameters of a file, each under its name.</summary>
    /// <param name="path">A safetensors or npz file, or a point in JSON.</param>
    /// <param name="digest">The first 16 hexadecimal digits of its SHA-256; <see langword="null"/> takes whatever it holds.</param>
    public static StartingPoint OfFile(string path, string? digest = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new() { File = path, Digest = digest };
    }

    /// <summary>What a text means; <see langword="null"/> for none of the forms.</summary>
    internal static StartingPoint? Read(string text)
    {
        int hash = text.Length - DigestDigits - 1;
        bool hasDigest = hash > 0 && text[hash] == '#' && IsFile(text[..hash]);
        if (hasDigest || IsFile(text))
            return hasDigest ? OfFile(text[..hash], text[(hash + 1)..]) : OfFile(text);
        string[] parts = text.Split('@');
        return parts switch
        {
            [{ Length: > 0 } run] => OfRun(run),
            [{ Length: > 0 } run, var step] when long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long k) =>
                OfRun(run, k),
            _ => null,
        };
    }

    /// <summary>As it is written in a specification, without quotes.</summary>
    public override string ToString() => File is not null ? Digest is null ? File : $"{File}#{Digest}"
        : Step is { } step ? string.Create(CultureInfo.InvariantCulture, $"{Run}@{step}")
        : Run!;

    private static bool IsFile(string text) => Extensions.Any(extension => text.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
