using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The token rows of chosen samples.</summary>
internal static class SampleRows
{
    /// <summary>Copies the rows of the samples, one sample after the other.</summary>
    public static void Gather<T>(in Matrix<T> source, ReadOnlySpan<int> samples, int tokens, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < samples.Length; k++)
        {
            source.RowRange(samples[k] * tokens, tokens).CopyTo(target.RowRange(k * tokens, tokens));
        }
    }
}
