using System.Text;
using System.Text.Unicode;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A point of any Transformer as one JSON file that any program can write: config, trained,
/// inputs, targets, parameters; weights are stored [d_in, d_out], as used in X W.</summary>
/// <remarks>
/// The format is described in docs/guide/evaluate.md. Everything is checked and all problems are reported together: syntax, unknown and
/// doubled keys, nesting, lengths, numbers that are not finite, names and shapes of matrices. Memory is bounded by 16 bytes a byte of the
/// file (one-digit numbers; usually less than one), and that by <see cref="LargestFile"/>. Stateless and thread-safe.
/// </remarks>
public static class PointFile
{
    /// <summary>Longest file that is read, 128 MiB: some six million numbers
    /// of full precision. Larger points come as safetensors.</summary>
    public const long LargestFile = 1L << 27;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads of a pass; they change the time and nothing else.</param>
    /// <exception cref="BadInputException">The file cannot be opened. What is wrong in it is a value.</exception>
    public static PointReading Read(string path, int threads = 1)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, path, threads);
    }

    /// <summary>Reads a stream from its position to its end.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="location">What the file is called in messages; its last part
    /// without extension is the name of a point that does not name itself.</param>
    /// <param name="threads">Threads of a pass; they change the time and nothing else.</param>
    public static PointReading Read(Stream stream, string location, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(location);
        var problems = new ProblemList(OneLine(location));
        if (ReadText(stream, problems) is not { } text)
        {
            return PointReading.Of(null, problems);
        }

        PointReading reading = TransformerPointFile.Read(text, problems, threads);
        return reading.Point is not null || problems.Count > 0
            ? reading
            : PointReading.Of(
                new PointParser(text, problems).Parse() is { } document ? new PointAssembly(document, problems).Assemble(threads) : null,
                problems)
                with
            { ExpectedLoss = reading.ExpectedLoss };
    }

    private static byte[]? ReadText(Stream stream, ProblemList problems)
    {
        long length = stream.Length - stream.Position;
        if (length > LargestFile)
        {
            problems.Add(
                "",
                $"must have at most {LargestFile} bytes but has {length}. Write the weights as .safetensors and the data as .npz, and "
                    + $"give a specification: kappa evaluate WEIGHTS SPECIFICATION.");
            return null;
        }

        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        byte[] text = bytes.AsSpan().StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        if (!Utf8.IsValid(text))
        {
            problems.Add("", "must be JSON in UTF-8 but is not text. A file of weights must be called .safetensors.");
            return null;
        }

        NonFiniteWords.Replace(text);
        return text;
    }

    private static string OneLine(string location)
    {
        var line = new StringBuilder(location.Length);
        foreach (char letter in location)
            _ = line.Append(char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter);
        return line.ToString();
    }
}
