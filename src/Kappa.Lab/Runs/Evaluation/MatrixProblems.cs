using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What can be wrong with a set of named matrices, in words.</summary>
internal static class MatrixProblems
{
    private const int MostNamed = 6;

    /// <summary>What is wrong with a shape, or null.</summary>
    /// <param name="found">The lengths of the axes found.</param>
    /// <param name="rows">Rows there must be.</param>
    /// <param name="columns">Columns there must be.</param>
    /// <param name="axes">Their letters, for example <c>[d, m]</c>; may be empty.</param>
    public static string? WrongShape(int[] found, int rows, int columns, string axes)
    {
        if (found is [var height, var width] && height == rows && width == columns)
            return null;
        bool isTransposed = found is [var a, var b] && a == columns && b == rows;
        string hint = isTransposed ? " It is transposed: weights are stored [d_in, d_out], as used in X W." : "";
        return $"must be {(axes.Length > 0 ? $"{axes} = " : "")}[{rows}, {columns}] but is {NdArray.Describe(found)}.{hint}";
    }

    /// <summary>That matrices are missing.</summary>
    public static string Missing(IReadOnlyList<string> names) =>
        $"must hold {string.Join(", ", names.Take(MostNamed))}{(names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "")} "
            + $"but {(names.Count == 1 ? "does not. Add it." : "holds none of them. Add them.")}";

    /// <summary>The first number that is not finite, as its indices, and how many there are; null when all are finite.</summary>
    public static (string Indices, double Value, int Count)? NonFinite(NdArray array)
    {
        int first = Array.FindIndex(array.Data, value => !double.IsFinite(value));
        if (first < 0)
            return null;
        string indices = "";
        long rest = first;
        for (int axis = array.Rank - 1; axis >= 0; axis--)
        {
            indices = $"[{rest % array.Shape[axis]}]{indices}";
            rest /= array.Shape[axis];
        }

        return (indices, array.Data[first], array.Data.Count(value => !double.IsFinite(value)));
    }
}
