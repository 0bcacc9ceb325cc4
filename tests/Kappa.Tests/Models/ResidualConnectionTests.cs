using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

public sealed class ResidualConnectionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0.5)]
    public void Single_precision_agrees_with_scalar_arithmetic(double coefficient)
    {
        // ρ = ½ and small integers: exact in both precisions.
        Matrix<float> skip = Matrix<float>.Allocate(3, 7), branch = Matrix<float>.Allocate(3, 7), output = Matrix<float>.Allocate(3, 7);
        for (int i = 0; i < 21; i++)
        {
            (skip.Span[i], branch.Span[i]) = (i - 10, 3 * i);
        }

        skip.Span[4] = coefficient == 0 ? float.NaN : 4;
        float[] expected = [
            .. Enumerable.Range(0, 21).Select(i => branch.Span[i] + (coefficient == 0 ? 0 : (float)coefficient * skip.Span[i]))];
        ResidualConnection.Apply(coefficient, skip, branch, output);
        Assert.Equal(expected, output.Span.ToArray());
        ResidualConnection.Apply(coefficient, skip, branch, branch);
        Assert.Equal(expected, branch.Span.ToArray());
    }
}
