using System.Security.Cryptography;
using System.Text;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>The name of a run: 12 hexadecimal digits that identify the experiment, perhaps after a name given by the user.</summary>
public static class RunName
{
    /// <summary>Version of the numerics: raised whenever the same specification
    /// gives other numbers, so that old and new runs have different names.</summary>
    public const int NumericsVersion = 2;

    private const int Digits = 12;
    private const int LongestLabel = 64;
    private const int LongestName = LongestLabel + 1 + Digits;

    /// <summary>SHA-256, in hexadecimal, of the resolved specification, the numerics
    /// version and the fingerprint of the data read from outside.</summary>
    /// <param name="specification">Resolved or not: both give the same identity.</param>
    /// <param name="dataFingerprint">Fingerprint of external files;
    /// <see langword="null"/> when the specification alone decides the data.</param>
    public static string Identity(ExperimentSpecification specification, string? dataFingerprint = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        string text =
            $"{SpecificationWriter.Write(specification.Resolve())}numerics: {NumericsVersion}\ndata: {dataFingerprint ?? "none"}\n";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The first 12 digits of the identity, after <c>label-</c> if there is a
    /// label. Among 1000 runs two experiments share them with probability 2e-9.</summary>
    /// <param name="specification">Resolved or not.</param>
    /// <param name="dataFingerprint">Fingerprint of external files.</param>
    /// <param name="label">A name given by the user: 1 to 64 letters, digits,
    /// dots, underscores or hyphens, the first a letter or digit.</param>
    /// <exception cref="BadInputException">The label contains something else.</exception>
    public static string Of(ExperimentSpecification specification, string? dataFingerprint = null, string? label = null)
    {
        string digits = Identity(specification, dataFingerprint)[..Digits];
        if (label is null)
            return digits;
        return CheckText(label, LongestLabel) is { } must
            ? throw new BadInputException("run name", $"{must} but is '{Shown.Of(label)}'.")
            : $"{label}-{digits}";
    }

    /// <summary>Whether a name ends in digits of another experiment or another
    /// version of the numerics. A name without digits says nothing.</summary>
    /// <param name="name">Of a run folder.</param>
    /// <param name="specification">Resolved or not.</param>
    /// <param name="dataFingerprint">Fingerprint of external files.</param>
    public static bool IsOfAnother(string name, ExperimentSpecification specification, string? dataFingerprint)
    {
        ArgumentNullException.ThrowIfNull(name);
        string digits = name[(name.LastIndexOf('-') + 1)..];
        return digits.Length == Digits && digits.All(char.IsAsciiHexDigitLower) && digits != Of(specification, dataFingerprint);
    }

    /// <summary>What a name of a run, or a prefix of one, violates: it becomes a folder's name, so it must not leave its folder.</summary>
    internal static string? Check(string name) => CheckText(name, LongestName);

    private static string? CheckText(string name, int longest) =>
        name.Length >= 1 && name.Length <= longest && char.IsAsciiLetterOrDigit(name[0])
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')
            ? null
            : $"must have 1 to {longest} letters, digits, dots, underscores or hyphens and begin with a letter or digit";
}
