namespace Kappa.Lab.Formats;

/// <summary>A row-major (C order) array of doubles of any rank.</summary>
/// <remarks>Holds the given arrays and does not copy them. Readers convert every stored type to double exactly or refuse.</remarks>
public sealed class NdArray
{
    /// <summary>Most axes a reader accepts; numpy's own limit.</summary>
    internal const int MaximumRank = 64;

    /// <summary>An array over <paramref name="data"/>.</summary>
    /// <param name="shape">Lengths of the axes, none negative; empty for a scalar.</param>
    /// <param name="data">Elements, the last axis fastest; as many as the product of the lengths.</param>
    /// <exception cref="ArgumentException">A length is negative or the number of elements is not the product.</exception>
    public NdArray(int[] shape, double[] data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        if (CountElements(shape) != data.Length)
        {
            throw new ArgumentException(
                $"The shape {Describe(shape)} must have as many elements as the data, {data.Length}.", nameof(shape));
        }

        Shape = shape;
        Data = data;
    }

    /// <summary>Lengths of the axes.</summary>
    public int[] Shape { get; }

    /// <summary>Elements, the last axis fastest.</summary>
    public double[] Data { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => Shape.Length;

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => Describe(Shape);

    /// <summary>The product of the lengths, or −1 if a length is negative or the product exceeds 2⁶³ − 1.</summary>
    internal static long CountElements(ReadOnlySpan<int> shape)
    {
        // A zero anywhere makes the product zero, also where the other lengths alone would overflow.
        if (shape.Contains(0))
        {
            return shape.ContainsAnyInRange(int.MinValue, -1) ? -1 : 0;
        }

        long count = 1;
        foreach (int length in shape)
        {
            if (length < 0 || count > long.MaxValue / length)
            {
                return -1;
            }

            count *= length;
        }

        return count;
    }

    internal static string Describe(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
