using System.Numerics.Tensors;

namespace Kappa.Models;

/// <summary>The connection around a branch: output = ρ·skip + branch (R.2, R.3).</summary>
internal static class ResidualConnection
{
    /// <summary>output ← ρ·skip + branch; output may be the memory of branch. With ρ = 0 the skip is not read, so that NaN there does not spread.</summary>
    /// <param name="coefficient">ρ.</param>
    /// <param name="skip">What goes around [M, d], contiguous.</param>
    /// <param name="branch">What goes through [M, d], contiguous.</param>
    /// <param name="output">[M, d], contiguous.</param>
    public static void Apply(double coefficient, in Matrix skip, in Matrix branch, in Matrix output)
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
            TensorPrimitives.MultiplyAdd(skip.Span, coefficient, branch.Span, output.Span);
        }
    }
}
