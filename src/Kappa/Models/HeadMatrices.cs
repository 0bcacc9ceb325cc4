using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Which derivatives of attention are wanted.</summary>
internal readonly record struct HeadTraining(bool Query, bool Key, bool Value)
{
    /// <summary>Whether anything upstream of the weights S is wanted.</summary>
    public bool NeedsWeights => Query || Key;
}

/// <summary>Queries, keys and values of a head, [g·n, d_k], [g·n, d_k] and [g·n, d_v], or their derivatives.</summary>
internal readonly record struct HeadMatrices<T>(Matrix<T> Query, Matrix<T> Key, Matrix<T> Value)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The rows of one sample.</summary>
    public HeadMatrices<T> Sample(int sample, int tokens) =>
        new(Part(Query, sample, tokens), Part(Key, sample, tokens), Part(Value, sample, tokens));

    private static Matrix<T> Part(in Matrix<T> matrix, int sample, int tokens) =>
        matrix.Rows == 0 ? matrix : matrix.RowRange(sample * tokens, tokens);
}
