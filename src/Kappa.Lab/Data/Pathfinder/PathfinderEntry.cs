using System.Globalization;
using System.Text;

namespace Kappa.Lab.Data.Pathfinder;

/// <summary>One line of a metadata file.</summary>
/// <param name="Path">Path of the picture inside the folder of its difficulty.</param>
/// <param name="Label">0 or 1.</param>
internal readonly record struct PathfinderEntry(string Path, int Label)
{
    private const int FirstColumns = 4;

    // The first byte of an array file; no UTF-8 text starts with it.
    private const byte NumpyMark = 0x93;

    private static readonly char[] Blanks = [' ', '\t', '\r'];

    /// <summary>Reads the lines of a file.</summary>
    /// <param name="content">Content of the file.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <exception cref="BadInputException">The file is no text, or a line lacks
    /// columns, has another label, or leads out of the folder.</exception>
    internal static List<PathfinderEntry> Parse(ReadOnlySpan<byte> content, string location)
    {
        if (content.Length > 0 && content[0] == NumpyMark)
        {
            throw new BadInputException(
                location,
                "must be text but is an array of numpy (offset 0): the published metadata are lines of text in spite of the name. Write "
                    + "it again: numpy.savetxt(path, numpy.load(path), fmt='%s').");
        }

        TextBytes.Require(content, location);
        List<PathfinderEntry> entries = [];
        int number = 0, offset = 0;
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            string[] columns = line.Split(Blanks, FirstColumns + 1, StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 0)
            {
                entries.Add(ParseLine(columns, $"{location}:{number}", offset));
            }

            offset += Encoding.UTF8.GetByteCount(line) + 1;
        }

        return entries;
    }

    private static PathfinderEntry ParseLine(string[] columns, string location, int offset)
    {
        if (columns.Length < FirstColumns)
        {
            throw new BadInputException(
                location,
                $"must have at least {FirstColumns} columns, folder, file, number and label, but has {columns.Length} (offset {offset}). "
                    + $"Copy the file again.");
        }

        // A path from outside must not lead anywhere but to a picture below its folder.
        (string folder, string file) = (columns[0], columns[1]);
        if (!folder.Split('/').All(IsPlainName) || !IsPlainName(file))
        {
            throw new BadInputException(
                location,
                $"must name a picture below its folder, as in 'imgs/0 sample_0.png', but names '{folder} {file}' (offset {offset}). Copy "
                    + $"the file again.");
        }

        return int.TryParse(columns[3], NumberStyles.None, CultureInfo.InvariantCulture, out int label) && label is 0 or 1
            ? new PathfinderEntry($"{folder}/{file}", label)
            : throw new BadInputException(
                location, $"must have label 0 or 1 in column 4 but has '{columns[3]}' (offset {offset}). Copy the file again.");
    }

    private static bool IsPlainName(string name) => name.Length > 0 && name[0] != '.' && !name.AsSpan().ContainsAny("\\:\0");
}
