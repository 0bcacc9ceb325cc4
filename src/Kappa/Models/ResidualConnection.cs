using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The connection around a branch: output = ρ·skip + branch (R.2, R.3).</summary>
internal static class ResidualConnection
{
    /// <summary>output ← ρ·skip + branch; output may be the memory of branch. With
    /// ρ = 0 the skip is not read, so that NaN there does not spread.</summary>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    /// <param name="coefficient">ρ, rounded to T.</param>
    /// <param name="skip">What goes around [M, d], contiguous.</param>
    /// <param name="branch">What goes through [M, d], contiguous.</param>
    /// <param name="output">[M, d], contiguous.</param>
    public static void Apply<T>(double coefficient, in Matrix<T> skip, in Matrix<T> branch, in Matrix<T> output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (coefficient == 0)
        {
            branch.Span.CopyTo(output.Span);
        }
        else if (coefficient == 1)
        {
            TensorPrimitives.Add(skip.Span, branch.Span, output.Span);
        }
        else
        {
            TensorPrimitives.MultiplyAdd(skip.Span, T.CreateTruncating(coefficient), branch.Span, output.Span);
        }
    }
}
