using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>‖F − Y‖² and E = F − Y (R.4), in double precision whatever that of F.</summary>
/// <remarks>The sum runs in eight lanes in a fixed order, row after row.</remarks>
internal static class SquaredError
{
    /// <summary>‖F − Y‖².</summary>
    /// <param name="output">F [r, d_out].</param>
    /// <param name="targets">Y [r, d_out].</param>
    public static double Of<T>(in Matrix<T> output, in Matrix targets)
        where T : unmanaged, IFloatingPointIeee754<T> => Of(output, targets, default);

    /// <summary>‖F − Y‖² and E = F − Y.</summary>
    /// <param name="output">F [r, d_out].</param>
    /// <param name="targets">Y [r, d_out].</param>
    /// <param name="residual">E [r, d_out], overwritten unless it is empty.</param>
    public static double Of<T>(in Matrix<T> output, in Matrix targets, in Matrix residual)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<double> lanes = Vector512<double>.Zero;
        double rest = 0;
        if (output.IsContiguous && output.Columns % Vector512<double>.Count == 0)
        {
            // Rows of whole vectors are one long row.
            AddRow(output.Span, targets.Span, residual.Rows == 0 ? [] : residual.Span, ref lanes, ref rest);
            return Vector512.Sum(lanes);
        }

        for (int row = 0; row < output.Rows; row++)
        {
            AddRow(output.Row(row), targets.Row(row), residual.Rows == 0 ? [] : residual.Row(row), ref lanes, ref rest);
        }

        return Vector512.Sum(lanes) + rest;
    }

    /// <summary>E in the precision of a pass: itself in double, in single its
    /// rounded copy in the memory of <paramref name="target"/>.</summary>
    public static Matrix<T> InPrecision<T>(in Matrix residual, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (residual is Matrix<T> same)
        {
            return same;
        }

        Precisions.Narrow(residual, target);
        return target;
    }

    private static void AddRow<T>(
        ReadOnlySpan<T> output, ReadOnlySpan<double> targets, Span<double> residual, ref Vector512<double> lanes, ref double rest)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T f = ref MemoryMarshal.GetReference(output);
        ref double y = ref MemoryMarshal.GetReference(targets);
        ref double e = ref MemoryMarshal.GetReference(residual);
        Vector512<double> sum = lanes;
        int index = 0;
        for (; index <= output.Length - Vector512<double>.Count; index += Vector512<double>.Count)
        {
            Vector512<double> difference = Precisions.Load(ref f, index) - Vector512.LoadUnsafe(ref y, (nuint)index);
            sum = Vector512.MultiplyAddEstimate(difference, difference, sum);
            if (residual.Length > 0)
            {
                difference.StoreUnsafe(ref e, (nuint)index);
            }
        }

        lanes = sum;
        for (; index < output.Length; index++)
        {
            double difference = double.CreateTruncating(output[index]) - targets[index];
            rest += difference * difference;
            if (residual.Length > 0)
            {
                residual[index] = difference;
            }
        }
    }
}
