using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Checks and copies of stacked token rows.</summary>
internal static class TokenRows
{
    /// <summary>n, when X is [N·n, width] and Y [N·n, outputs], or [N, outputs] where a sample has one output row.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static int Require(in Matrix inputs, in Matrix targets, int samples, int width, int outputs, bool perToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        if (inputs.Columns != width || inputs.Rows == 0 || inputs.Rows % samples != 0)
        {
            throw new ArgumentException(
                $"X must be [N·n, d] with N = {samples}, n at least 1 and d = {width} but is {inputs}.", nameof(inputs));
        }

        int rows = perToken ? inputs.Rows : samples;
        return targets.Rows == rows && targets.Columns == outputs
            ? inputs.Rows / samples
            : throw new ArgumentException($"Y must be [{rows}, {outputs}] but is {targets}.", nameof(targets));
    }

    /// <summary>Copies the rows of the samples, one sample after the other.</summary>
    public static void Gather<T>(in Matrix<T> source, ReadOnlySpan<int> samples, int tokens, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < samples.Length; k++)
        {
            source.RowRange(samples[k] * tokens, tokens).CopyTo(target.RowRange(k * tokens, tokens));
        }
    }

    /// <summary>A contiguous copy.</summary>
    public static Matrix Copy(in Matrix source)
    {
        Matrix copy = Matrix.Allocate(source.Rows, source.Columns);
        source.CopyTo(copy);
        return copy;
    }
}
