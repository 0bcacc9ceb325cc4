using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>Matrix entries as a function of their position: a hash of (stream, index) made uniform with variance 1.</summary>
/// <remarks>
/// benchmarks/peer/content.py forms the same bits, so that both sides of a comparison compute the same thing without sending it. It is no
/// source of random numbers for experiments: those come from <see cref="RandomSequence"/>.
/// </remarks>
internal static class BenchmarkContent
{
    private static readonly double s_scale = Math.Sqrt(12);

    /// <summary>The entry of stream <paramref name="stream"/> at <paramref name="index"/>.</summary>
    public static double Entry(int stream, long index)
    {
        unchecked
        {
            ulong z = ((ulong)(index + 1) + ((ulong)stream << 32)) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            return (((z >> 11) / 9007199254740992.0) - 0.5) * s_scale;
        }
    }

    /// <summary>Fills a matrix, row by row, with the entries of a stream times <paramref name="scale"/>.</summary>
    public static void Fill(in Matrix matrix, int stream, double scale = 1)
    {
        for (int i = 0; i < matrix.Rows; i++)
        {
            Span<double> row = matrix.Row(i);
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = Entry(stream, ((long)i * row.Length) + j) * scale;
            }
        }
    }

    /// <summary>A new matrix of that content.</summary>
    public static Matrix NewMatrix(int stream, int rows, int columns, double scale = 1)
    {
        var matrix = Matrix.Allocate(rows, columns);
        Fill(matrix, stream, scale);
        return matrix;
    }
}
