using System.Numerics;

namespace Kappa.Numerics;

/// <summary>Order statistics by selection: what a sort would put at a place, without sorting the rest.</summary>
/// <remarks>
/// C. A. R. Hoare, Algorithm 65: Find, 1961, with the middle of first, central and last value as pivot. About 3 n comparisons; where the
/// parts shrink too slowly the rest is sorted, so that no input costs more than O(n log n). NaN comes before all numbers, as in a sort of
/// the base library.
/// </remarks>
internal static class OrderStatistics
{
    private const int Short = 16;

    /// <summary>The median, the mean of the middle two for an even number; NaN when empty. O(n).</summary>
    /// <param name="values">Come out in another order.</param>
    public static double Median(Span<double> values)
    {
        int missing = NaNFirst(values);
        if (values.IsEmpty || (values.Length - 1) / 2 < missing)
        {
            return double.NaN;
        }

        Span<double> numbers = values[missing..];
        int place = (values.Length / 2) - missing;
        double upper = Select(numbers, place), lower = upper;
        if (values.Length % 2 == 0)
        {
            lower = numbers[0];
            foreach (double number in numbers[1..place])
            {
                lower = number > lower ? number : lower;
            }
        }

        return (lower + upper) / 2;
    }

    // Afterwards nothing before the place is larger than what stands there, and nothing behind it smaller.
    private static double Select(Span<double> values, int place)
    {
        int left = 0, right = values.Length - 1;
        for (int rounds = 2 * BitOperations.Log2((uint)values.Length); right - left >= Short && rounds > 0; rounds--)
        {
            (int below, int above) = Partition(values, left, right);
            if (below < place && place < above)
            {
                return values[place];
            }

            (left, right) = place <= below ? (left, below) : (above, right);
        }

        values[left..(right + 1)].Sort();
        return values[place];
    }

    // Up to the first place values are at most the pivot, from the second on at least; between them they are equal to it.
    private static (int Below, int Above) Partition(Span<double> values, int left, int right)
    {
        double pivot = Middle(values[left], values[left + ((right - left) / 2)], values[right]);
        int i = left, j = right;
        while (i <= j)
        {
            while (values[i] < pivot)
            {
                i++;
            }

            while (values[j] > pivot)
            {
                j--;
            }

            if (i <= j)
            {
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
        }

        return (j, i);
    }

    private static double Middle(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    private static int NaNFirst(Span<double> values)
    {
        int missing = 0;
        for (int k = 0; k < values.Length; k++)
        {
            if (double.IsNaN(values[k]))
            {
                (values[missing], values[k]) = (values[k], values[missing]);
                missing++;
            }
        }

        return missing;
    }
}
