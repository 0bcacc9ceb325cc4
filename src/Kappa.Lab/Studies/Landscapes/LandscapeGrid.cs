namespace Kappa.Lab.Studies.Landscapes;

/// <summary>Evenly spaced points of a plane: columns along α, rows along β.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
internal sealed class LandscapeGrid
{
    /// <summary>Fewest points along an axis: a second difference needs three.</summary>
    public const int Fewest = 3;

    /// <summary>Most points along an axis; more are a typing error.</summary>
    public const int Most = 2001;

    /// <summary>A grid over [−reach, reach] moved to a middle, on both axes.</summary>
    /// <param name="points">Points along each axis.</param>
    /// <param name="first">Least and largest α.</param>
    /// <param name="second">Least and largest β.</param>
    /// <exception cref="ArgumentException">There are too few or too many points, or a range is empty or not finite.</exception>
    public LandscapeGrid(int points, (double From, double To) first, (double From, double To) second)
    {
        if (points is < Fewest or > Most)
        {
            throw new ArgumentOutOfRangeException(
                nameof(points), $"A grid must have from {Fewest} to {Most} points along an axis but has {points}.");
        }

        First = Spaced(points, first, nameof(first));
        Second = Spaced(points, second, nameof(second));
    }

    /// <summary>α of each column, increasing.</summary>
    public double[] First { get; }

    /// <summary>β of each row, increasing.</summary>
    public double[] Second { get; }

    /// <summary>The distance between neighbouring columns.</summary>
    public double FirstStep => (First[^1] - First[0]) / (First.Length - 1);

    /// <summary>The distance between neighbouring rows.</summary>
    public double SecondStep => (Second[^1] - Second[0]) / (Second.Length - 1);

    /// <summary>The column nearest to the centre α = 0.</summary>
    public int CentreColumn => Nearest(First);

    /// <summary>The row nearest to the centre β = 0.</summary>
    public int CentreRow => Nearest(Second);

    /// <summary>A square around the centre, which is one of its points when their number is odd.</summary>
    public static LandscapeGrid Around(int points, double reach) => new(points, (-reach, reach), (-reach, reach));

    private static int Nearest(double[] values) => Array.IndexOf(values, values.MinBy(Math.Abs));

    // The middle of a symmetric range is exactly zero this way.
    private static double[] Spaced(int points, (double From, double To) range, string name)
    {
        if (!double.IsFinite(range.From) || !double.IsFinite(range.To) || !(range.From < range.To))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"A range must be finite and increase but goes from {range.From} to {range.To}."), name);
        }

        return [.. Enumerable.Range(0, points).Select(k => ((range.From * (points - 1 - k)) + (range.To * k)) / (points - 1))];
    }
}
