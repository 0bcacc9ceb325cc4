namespace Kappa.Lab.Formats;

/// <summary>The row filters of PNG for one byte a pixel: each byte was stored as its
/// difference from a guess made of the bytes left (a), above (b) and above left (c).</summary>
internal static class PngFilters
{
    private const int LastFilter = 4;

    /// <summary>Adds the guesses back and drops the filter byte of each row.</summary>
    /// <param name="rows">height rows of a filter byte and width bytes.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Bytes of a row without the filter byte.</param>
    /// <param name="location">Where they come from, for messages.</param>
    /// <exception cref="BadInputException">A filter byte is none of 0 to 4.</exception>
    internal static byte[] Undo(ReadOnlySpan<byte> rows, int height, int width, string location)
    {
        byte[] pixels = new byte[height * width];
        byte[] above = new byte[width];
        for (int row = 0; row < height; row++)
        {
            int start = row * (width + 1);
            byte filter = rows[start];
            if (filter > LastFilter)
            {
                throw PngChunk.Malformed(location, $"the filter of row {row} must be 0 to {LastFilter} but is {filter}");
            }

            Span<byte> target = pixels.AsSpan(row * width, width);
            rows.Slice(start + 1, width).CopyTo(target);
            UndoRow(filter, target, above);
            target.CopyTo(above);
        }

        return pixels;
    }

    private static void UndoRow(byte filter, Span<byte> row, ReadOnlySpan<byte> above)
    {
        byte left = 0, aboveLeft = 0;
        for (int k = 0; k < row.Length; k++)
        {
            int guess = filter switch
            {
                1 => left,
                2 => above[k],
                3 => (left + above[k]) / 2,
                4 => Paeth(left, above[k], aboveLeft),
                _ => 0,
            };
            row[k] = unchecked((byte)(row[k] + guess));
            (left, aboveLeft) = (row[k], above[k]);
        }
    }

    // The neighbour nearest to a + b − c; ties go to a, then to b.
    private static byte Paeth(byte left, byte above, byte aboveLeft)
    {
        int estimate = left + above - aboveLeft;
        (int a, int b, int c) = (Math.Abs(estimate - left), Math.Abs(estimate - above), Math.Abs(estimate - aboveLeft));
        return a <= b && a <= c ? left : b <= c ? above : aboveLeft;
    }
}
