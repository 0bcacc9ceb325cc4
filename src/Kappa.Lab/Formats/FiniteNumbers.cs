namespace Kappa.Lab.Formats;

/// <summary>Finds numbers that are infinite or not a number.</summary>
internal static class FiniteNumbers
{
    /// <summary>Where the first one is that is not finite; −1 when all are.</summary>
    internal static int FirstOther(ReadOnlySpan<double> numbers)
    {
        for (int k = 0; k < numbers.Length; k++)
        {
            if (!double.IsFinite(numbers[k]))
            {
                return k;
            }
        }

        return -1;
    }

    /// <summary>How many are not finite.</summary>
    internal static int CountOthers(ReadOnlySpan<double> numbers)
    {
        int count = 0;
        foreach (double number in numbers)
        {
            count += double.IsFinite(number) ? 0 : 1;
        }

        return count;
    }
}
